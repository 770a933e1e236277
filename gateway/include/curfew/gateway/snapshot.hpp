#pragma once

#include <curfew/core/adaptive_timeout.hpp>
#include <curfew/core/breaker.hpp>
#include <curfew/core/clock.hpp>
#include <curfew/gateway/live_requests.hpp>
#include <curfew/gateway/numbers.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The gateway at one moment, as plain data: what health, metrics and the live views are drawn
/// from. Copied out by the gateway, then owned by the reader: no locks, no references back.
namespace curfew::gateway {

struct endpoint_snapshot {
    std::string address;          ///< "127.0.0.1:8000"
    bool healthy = true;          ///< false: passed over just now, by one worker at least
    std::uint32_t in_flight = 0;  ///< requests being served by it
    std::uint32_t idle = 0;       ///< kept-alive connections at rest
    std::uint64_t connects = 0;   ///< connections opened so far
    std::uint64_t connect_failures = 0;
    std::uint64_t rests = 0;  ///< how often a worker set it aside for what it did to requests
    std::string_view why{};   ///< it is passed over (static storage); empty while it is healthy
    bool reachable = true;    ///< takes connections
};

struct upstream_snapshot {
    std::string name;
    std::uint32_t limit = 0;        ///< the adaptive limit now
    std::uint32_t in_flight = 0;    ///< places held, abandoned ones included
    std::uint32_t abandoned = 0;    ///< places held by work whose answer was given up
    std::uint32_t gave_way = 0;     ///< of in_flight: have no place while they wait for a client
    std::uint32_t left_behind = 0;  ///< likewise: hang at an endpoint that rests
    std::uint32_t detached = 0;     ///< event streams: counted in the total, not in the limit
    std::uint32_t route_cap = 0;    ///< how many of the places one route may hold now
    std::uint32_t queued = 0;       ///< waiters of all its routes
    bool up = true;  ///< false: the backend is down, or no endpoint takes connections
    std::string_view limit_reason;  ///< why the limit changed last (static storage)
    bool retired = false;           ///< the policy in force names it no more
    std::vector<endpoint_snapshot> endpoints;
};

struct adaptive_snapshot {
    bool cuts = false;  ///< false: it only says what it would cut
    adaptive_timeout_status told;
};

struct route_snapshot {
    std::string name;      ///< "GET /users/{id}", or the name given in the policy
    std::string upstream;  ///< name of its upstream
    breaker_state breaker = breaker_state::closed;
    duration retry_after{};            ///< until the next probe; zero unless open
    std::uint64_t breaker_opened = 0;  ///< times the breaker has opened
    bool held_back = false;  ///< it is open because the route's requests brought the backend down
    bool suspect = false;    ///< they may: one request of all such routes is let in at a time
    std::uint64_t times_held_back = 0;
    std::uint32_t in_flight = 0;  ///< places held, abandoned ones included
    std::uint32_t abandoned = 0;
    std::uint32_t hanging = 0;  ///< in flight far beyond the usual time
    std::uint32_t queued = 0;
    bool retired = false;           ///< the policy in force has it no more
    std::optional<duration> usual;  ///< the usual time (p95); nothing while too little is known
    std::optional<adaptive_snapshot> adaptive;  ///< nothing: it is off
    route_numbers numbers;
    /// What would have been refused, were this not an observing gateway (index: shed_reason).
    std::array<std::uint64_t, reason_count> would_refuse{};
    std::uint64_t would_refuse_by_breaker = 0;
    std::uint64_t would_queue = 0;
};

/// The supervised backend; `state` is empty where Curfew does not run one.
struct backend_snapshot {
    std::string state;  ///< "starting", "ready", "restarting", "crash_loop", "stopped"
    std::uint64_t restarts = 0;
    std::string last_exit;  ///< "exit status 1", "hung"; empty: never ended
    std::int64_t pid = 0;   ///< 0: not running
};

struct access_log_snapshot {
    std::uint64_t taken = 0;    ///< requests that were to have a line: each is one of the two, soon
    std::uint64_t written = 0;  ///< lines
    std::uint64_t dropped = 0;  ///< lines that found no room, or could not be written
};

/// A sign that the environment struggles (curfew::pressure_signal).
struct pressure_snapshot {
    std::string name;
    double value = 0;                    ///< 0 to 1; as it works on limits
    double told = 0;                     ///< what was told last; a value falls only after a while
    std::optional<duration> expires{};   ///< told from outside, and good for so long
    std::vector<std::string> stretches;  ///< "database.connection x1.5"
};

/// A check of the start that fails still.
struct startup_failure {
    std::string check;
    std::string kind;   ///< "database_timeout"
    std::string found;  ///< one sentence
};

/// How the start was, where there are checks of it.
struct startup_snapshot {
    bool degraded = false;  ///< it started although checks failed, and some fail still
    bool bypassed = false;  ///< it started although checks failed
    bool told = false;      ///< because somebody told so, and not by the rules
    std::string reason;     ///< of the decision, one sentence
    std::vector<startup_failure> failing;
};

/// The policy in force.
struct policy_snapshot {
    std::uint32_t generation = 1;            ///< 1: that of the start; one more with each reload,
                                             ///< and when pressure makes a limit another
    duration since{};                        ///< it has been in force for so long
    std::uint64_t reloads = 0;               ///< that put one in force
    std::uint64_t refused = 0;               ///< reloads that did not
    std::size_t earlier_in_use = 0;          ///< held by requests that began under them
    std::optional<duration> last_refused{};  ///< so long ago, and nothing better since
    std::string why_refused;                 ///< one sentence with its place
};

struct snapshot {
    std::string version;
    duration uptime{};
    bool ready = false;  ///< what /-/health/ready answers
    bool draining = false;
    bool observe = false;
    std::uint32_t in_flight = 0;  ///< requests admitted and not over, all routes
    std::uint32_t in_flight_cap = 0;
    std::uint32_t queued = 0;
    std::uint64_t requests = 0;  ///< ended so far, refused ones included
    std::uint64_t refused = 0;
    std::uint32_t connections = 0;      ///< client connections open now
    std::size_t connections_limit = 0;  ///< at most so many; beyond it those at rest are let go
    bool connections_crowded = false;   ///< the limit has kept somebody out in the last 10 s
    std::uint64_t connections_accepted = 0;
    std::uint64_t connections_let_go = 0;  ///< closed at rest, to make room for new ones
    std::uint64_t bad_requests = 0;  ///< refused before a route was known (400, 408, 431, ...)
    std::vector<upstream_snapshot> upstreams;
    std::vector<route_snapshot> routes;  ///< in the order of their first use
    backend_snapshot backend;
    std::optional<access_log_snapshot> access_log;  ///< nothing: none is kept
    live_requests live;  ///< what has not ended; only where it was asked for
    policy_snapshot policy;
    std::optional<startup_snapshot> startup;  ///< nothing: the start has no checks
    std::vector<pressure_snapshot> pressure;  ///< every signal, in the order of the policy
};

}  // namespace curfew::gateway
