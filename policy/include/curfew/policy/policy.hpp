#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/core/event.hpp>
#include <curfew/policy/condition.hpp>
#include <curfew/policy/failure_kind.hpp>
#include <curfew/policy/service_url.hpp>
#include <curfew/policy/values.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::policy {

// The whole of curfew.toml as plain values. What stands here as an initialiser *is* the built-in
// default: the table of keys (key.hpp) reads it from a `policy{}`, so a default is written once.
// What each key means, its range and how it is written: docs/policy.md, generated from that table.
//
// Types: `duration` is a time, std::uint64_t a size in bytes, std::uint32_t a count, double a
// fraction, std::optional what can be "off" (there is no number that means "no limit").
//
// A snapshot is made by load() (load.hpp), is validated as a whole, never changes, and is shared as
// `std::shared_ptr<const policy>`; a reload makes a new one. Any thread may read it.

enum class severity : std::uint8_t { debug, info, warning, error };
enum class log_shape : std::uint8_t { text, json };
enum class balancing : std::uint8_t { round_robin, least_loaded };
/// Observe: what it would cut is counted, and not cut.
enum class adaptive_mode : std::uint8_t { off, observe, on };
enum class urgency : std::uint8_t { info, warning, critical };
/// What a signal is read from; none: it is told from outside.
enum class sensor : std::uint8_t {
    none,
    memory,
    cpu,
    psi_cpu,
    psi_memory,
    psi_io,
    loop_lag,
    connect_latency,
    pool_wait
};

/// [server]: the listeners and the process.
struct server_policy {
    address listen{"127.0.0.1", 8080};
    address admin{"127.0.0.1", 9090};
    std::string admin_token;               ///< empty: none asked for; then `admin` is loopback
    std::vector<std::string> admin_hosts;  ///< lower case; beside those of loopback
    std::uint32_t workers = 1;
    std::uint32_t connections_max = 10'000;
    severity log_level = severity::warning;
    log_shape log_format = log_shape::text;
    std::string health_path;  ///< empty: health is answered by the admin listener only
    std::vector<network> trusted_proxies;
    duration drain_delay{};  ///< not ready any more, and serving on
    duration drain = std::chrono::seconds{10};
};

/// [request]: the time a request has.
struct request_policy {
    duration timeout = std::chrono::seconds{30};  ///< arrival to response headers
    duration body_idle = std::chrono::seconds{30};
    duration stream_idle = std::chrono::hours{1};  ///< of event streams
    duration slow = std::chrono::seconds{1};
    adaptive_mode adaptive = adaptive_mode::off;
    duration adaptive_floor = std::chrono::milliseconds{500};
    double adaptive_false_timeouts = 0.001;  ///< of all requests
};

/// [http]: what a client may send, and how slowly.
struct http_policy {
    duration header_timeout = std::chrono::seconds{10};  ///< first byte to whole head, absolute
    duration keep_alive = std::chrono::seconds{75};
    duration write_idle = std::chrono::seconds{30};
    std::uint64_t header_bytes = 32 * 1024;
    std::uint32_t header_count = 100;
    std::uint64_t target_bytes = 8 * 1024;
    std::optional<std::uint64_t> body_bytes;  ///< off: bodies are streamed without a cap
    std::optional<std::uint64_t> body_buffer = 64 * 1024;        ///< received before admission
    std::optional<std::uint64_t> response_buffer = 1024 * 1024;  ///< read ahead of a slow client
    std::optional<std::uint64_t> body_rate = 256;                ///< least bytes a second of a body
};

/// [gateway]: the caps over all upstreams.
struct gateway_policy {
    std::uint32_t in_flight = 1'000;
    std::uint32_t queue = 100;  ///< waiting requests a route
    bool observe = false;
    bool retry = true;
    std::uint32_t routes_max = 256;
    duration abandoned_age = std::chrono::minutes{10};
};

/// [limiter]: the adaptive limit of each upstream.
struct limiter_policy {
    std::uint32_t initial = 10;
    std::uint32_t floor = 1;
    std::uint32_t ceiling = 1'000;
    double route_share = 0.5;
    double tolerance = 2.0;  ///< a latency beyond baseline x tolerance lowers the limit
};

/// [breaker]: one for each (upstream, route).
struct breaker_policy {
    std::uint32_t consecutive_failures = 5;
    duration reset = std::chrono::seconds{60};
    std::optional<double> failure_rate;
    std::optional<double> slow_rate;
    duration window = std::chrono::seconds{60};
    std::uint32_t min_calls = 20;
    std::uint32_t half_open_permits = 1;
    duration probe_lease = std::chrono::seconds{30};

    friend bool operator==(const breaker_policy&, const breaker_policy&) = default;
};

/// [upstream.NAME]: a group of equal backends.
struct upstream_policy {
    std::string name;
    std::vector<http_url> urls;  ///< at least one
    balancing balance = balancing::round_robin;
    duration connect_timeout = std::chrono::seconds{5};
    duration idle_timeout = std::chrono::seconds{60};
    duration max_age = std::chrono::hours{1};
    std::uint32_t idle_max = 1'000;  ///< idle connections kept, for each endpoint and worker

    friend bool operator==(const upstream_policy&, const upstream_policy&) = default;
};

/// The limits one route works under. What a [[route]] leaves out is inherited.
struct route_limits {
    duration timeout{};
    duration body_idle{};
    std::uint32_t in_flight = 0;
    std::uint32_t queue = 0;
    bool retry = true;
    adaptive_mode adaptive = adaptive_mode::off;
    duration adaptive_floor{};
    double adaptive_false_timeouts = 0;
    breaker_policy breaker;

    friend bool operator==(const route_limits&, const route_limits&) = default;
};

/// The key that gave a route each limit: its own ("route.reports.timeout"), or the one that it
/// inherited from.
struct route_limit_keys {
    std::string timeout = "request.timeout";
    std::string body_idle = "request.body_idle";
    std::string in_flight = "gateway.in_flight";
    std::string queue = "gateway.queue";
    std::string adaptive = "request.adaptive";
    std::string reset = "breaker.reset";

    friend bool operator==(const route_limit_keys&, const route_limit_keys&) = default;
};

/// [[route]]: in the order of the file. The most specific match serves a request: a named host
/// before any host, then the longer path, then named methods before any method.
struct route_policy {
    std::string name;                  ///< unique; "GET,HEAD example.org/path" where none is given
    std::string host;                  ///< lower case, without a port; empty: any
    std::string path = "/";            ///< a prefix of whole segments
    std::vector<std::string> methods;  ///< empty: any
    std::string upstream;              ///< a name in `upstreams`
    route_limits limits;               ///< complete: inherited values are filled in
    route_limit_keys keys;             ///< complete: who gave each of them
};

/// [backend]: the command that Curfew starts and keeps running. No command: none is supervised.
struct backend_policy {
    std::vector<std::string> command;
    std::string ready_path;  ///< empty: ready when the upstream accepts a connection
    duration ready_timeout = std::chrono::seconds{30};
    std::string live_path;  ///< empty: a connection, or a HEAD of `/` (http_probe)
    duration live_interval = std::chrono::seconds{5};
    duration live_timeout = std::chrono::seconds{2};
    std::uint32_t live_failures = 3;
    duration grace = std::chrono::seconds{5};
    duration backoff_min = std::chrono::milliseconds{200};
    duration backoff_max = std::chrono::seconds{30};
    std::uint32_t crash_limit = 5;
    duration crash_window = std::chrono::minutes{1};
    bool prefix_output = true;
    bool stacks_on_timeout = true;  ///< at most once a minute
};

/// [access_log]: a line for each request, or for a part of them.
struct access_log_policy {
    std::string destination = "off";  ///< "off", "stderr" or a path
    double sample = 1;                ///< of plain successes; what was none is always told

    [[nodiscard]] bool enabled() const noexcept { return destination != "off"; }
};

/// [ledger]: the durable record of operations.
struct ledger_policy {
    bool enabled = true;
    std::string path;   ///< empty: `curfew/ledger.db` in the XDG state directory
    std::string store;  ///< a file or the URL of a database, a secret; empty: `path`
    std::uint64_t spool_max = 256ULL * 1024 * 1024;
    std::uint64_t size_max = 1024ULL * 1024 * 1024;
    duration keep_rows = std::chrono::days{14};
    duration keep_minutes = std::chrono::days{90};
    std::uint32_t success_rows = 2;  ///< a second, of each process
};

/// [[alert]]: a condition, when it is told, and to whom.
struct alert_policy {
    std::string name;  ///< unique
    std::string when;  ///< as it was written; `due` is what it means
    surface where = surface::http;
    std::string operation;  ///< empty: the whole surface; "GET /*": each that matches, by itself
    urgency severity = urgency::warning;
    duration window = std::chrono::minutes{1};
    std::uint32_t min_calls = 20;
    std::string clear;  ///< empty: four fifths of the value, or five quarters for < and <=
    duration clear_for = std::chrono::minutes{1};
    std::optional<duration> repeat;
    std::vector<std::string> sinks;  ///< empty: all there are
    bool silent = false;

    condition due;              ///< complete: read from `when`
    std::int64_t clear_at = 0;  ///< complete: of the measure of `due`
};

/// [sink.NAME]: where alerts are sent.
struct sink_policy {
    std::string name;
    std::string webhook;  ///< "http://HOST[:PORT][/PATH]"; empty: it is a command
    std::vector<std::string> command;
    std::string token;  ///< empty: none is sent
    duration timeout = std::chrono::seconds{10};
    std::uint32_t retries = 2;

    friend bool operator==(const sink_policy&, const sink_policy&) = default;
};

/// [database]: the limits of Curfew's own work with a database (preflight, pool, monitor). The
/// first two are those of development; staging and production have others.
struct database_policy {
    duration initialization = std::chrono::seconds{30};  ///< until it can be worked with
    duration connection = std::chrono::seconds{20};      ///< one connect, within it
    duration acquire = std::chrono::seconds{10};         ///< of a connection, from a pool
    duration query = std::chrono::seconds{30};
    duration transaction = std::chrono::seconds{60};
    duration idle = std::chrono::seconds{30};  ///< of a transaction that does nothing
    double timeout_rate = 0.01;  ///< of a monitored database, the share that may be no success

    friend bool operator==(const database_policy&, const database_policy&) = default;
};

/// What a signal does to a limit: at a value of 1 it is so many times as long.
struct stretch {
    std::string key;  ///< of a time of the policy itself: "database.connection"
    double multiplier = 1;

    friend bool operator==(const stretch&, const stretch&) = default;
};

/// [signal.NAME]: a pressure from 0 to 1, and the limits that it stretches (stretch.hpp). A value
/// rises at once; it falls when it has been lower for all of `hold`.
struct signal_policy {
    std::string name;
    sensor source = sensor::none;
    std::string begins;  ///< the reading at which the value is 0: "80%", "10ms"
    std::string full;    ///< the reading at which the value is 1
    duration hold = std::chrono::seconds{10};
    std::vector<std::string> stretches;  ///< as they were written: "database.connection x1.5"
    bool allow_shrink = false;           ///< multipliers below 1

    std::int64_t begins_at = 0;      ///< complete, with a sensor: of a share in millionths, of a
    std::int64_t full_at = 0;        ///< time in nanoseconds; begins_at is less
    std::vector<stretch> stretched;  ///< complete: read from `stretches`
};

/// What is looked at when the service starts.
enum class check_type : std::uint8_t {
    none,
    tcp,
    tls,
    http,
    postgres,
    redis,
    nats,
    command,
    disk,
    memory,
    clock,
};

/// "postgres"
[[nodiscard]] std::string_view to_string(check_type type) noexcept;

/// [check.NAME]: something that must be there before the service starts.
struct check_policy {
    std::string name;
    check_type type = check_type::none;
    std::string target;                ///< of the network: a URL, or HOST:PORT; disk: a path
    std::vector<std::string> command;  ///< of the type `command`
    duration timeout = std::chrono::seconds{5};  ///< one attempt
    std::uint32_t status = 0;                    ///< http; 0: any below 400
    std::string query = "SELECT 1";              ///< postgres
    std::string expects;                         ///< postgres: the first value of its first row
    std::optional<duration> replication_lag;     ///< postgres: of a replica, at most
    std::uint32_t connections_free = 0;          ///< postgres: at least
    std::uint64_t free = 64ULL * 1024 * 1024;    ///< disk, memory: at least
    duration valid_for{};                        ///< tls, https: the certificate, from now on
    std::string ca_file;                         ///< tls, https; empty: those of the system

    service_url where;             ///< complete: read from `target`
    bool is_timeout_said = false;  ///< complete: false with postgres: `database` has its limits

    friend bool operator==(const check_policy&, const check_policy&) = default;
};

/// [startup]: what is checked before the service starts, and when it starts all the same.
struct startup_policy {
    duration budget = std::chrono::minutes{2};    ///< all checks together
    duration recheck = std::chrono::seconds{10};  ///< of what failed, after a degraded start
    bool bypass = false;                          ///< staging: true
    std::vector<std::string> bypass_kinds{
        "database_timeout", "vpc_connector", "cloud_sql_capacity"
    };
    std::uint32_t bypass_failures = 3;

    std::vector<failure_kind> passed_over;  ///< complete: read from `bypass_kinds`
};

/// What a run counts as that its limit ended.
enum class timeout_verdict : std::uint8_t { fail, pass };

/// What it means that a command left processes behind. They are ended in any case.
enum class leak_rule : std::uint8_t { ignore, warn, fail };

/// [kind.NAME]: how long commands of a kind may run, and what follows when they do not keep to it.
struct kind_policy {
    std::string name;
    std::vector<std::string> command;             ///< what runs where none is given
    duration timeout = std::chrono::minutes{30};  ///< from exec on, without times of suspension
    std::optional<duration> warn;                 ///< when it is told that it runs for long
    duration grace = std::chrono::seconds{5};     ///< from the first signal to SIGKILL
    std::uint32_t retries = 0;                    ///< further attempts after one that failed
    timeout_verdict on_timeout = timeout_verdict::fail;
    leak_rule leak = leak_rule::warn;

    friend bool operator==(const kind_policy&, const kind_policy&) = default;
};

/// [pressure]: what holds for all signals.
struct pressure_policy {
    double multiplier_max = 3;  ///< all signals together stretch a limit at most so far
    duration lease_max = std::chrono::hours{24};  ///< of a signal that is told from outside
    std::optional<double> memory_shed = 0.8;      ///< of the memory there is, in use
    duration interval = std::chrono::seconds{1};  ///< from one look at the sensors to the next
};

struct policy {
    std::string environment = "development";
    server_policy server;
    request_policy request;
    http_policy http;
    gateway_policy gateway;
    limiter_policy limiter;
    breaker_policy breaker;
    backend_policy backend;
    ledger_policy ledger;
    access_log_policy access_log;
    database_policy database;
    pressure_policy pressure;
    startup_policy startup;
    std::vector<upstream_policy> upstreams;  ///< in the order of the file; names are unique
    std::vector<alert_policy> alerts;        ///< in the order of the file; names are unique
    std::vector<sink_policy> sinks;          ///< likewise
    std::vector<signal_policy> signals;      ///< the built-in ones, then those of the file
    std::vector<check_policy> checks;        ///< in the order of the file; names are unique
    std::vector<kind_policy> kinds;          ///< the built-in ones, then those of the file
    std::vector<route_policy> routes;        ///< empty: the gateway derives them from the traffic

    /// The limits of a route that the file does not name.
    [[nodiscard]] route_limits default_limits() const;

    [[nodiscard]] const upstream_policy* find_upstream(std::string_view name) const noexcept;
    [[nodiscard]] const kind_policy* find_kind(std::string_view name) const noexcept;
};

}  // namespace curfew::policy
