#pragma once

#include <curfew/admin/json_writer.hpp>
#include <curfew/core/clock.hpp>
#include <curfew/core/failure.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the admin listener streams (`/-/events`) and `curfew watch` draws, as plain data on both
/// sides of the wire.
namespace curfew::admin {

/// Times and counts are those of the state's window.
struct live_route {
    std::string name;
    std::string upstream;
    double rate = 0;             ///< requests that ended, a second, since the state before
    std::uint64_t requests = 0;  ///< that ended, refused ones included
    std::uint64_t timeouts = 0;
    std::uint64_t failures = 0;
    std::uint64_t refused = 0;    ///< by a guard of ours
    std::optional<duration> p50;  ///< nothing: none ended
    std::optional<duration> p95;
    std::optional<duration> p99;
    std::uint32_t in_flight = 0;
    std::optional<std::uint32_t> limit;  ///< what it may hold of its upstream now
    std::uint32_t queued = 0;
    std::uint32_t hanging = 0;
    std::uint32_t abandoned = 0;
    std::string breaker;  ///< "closed", "open", "half_open"
    std::optional<duration> retry_after;
    std::string adaptive{};        ///< "observe", "on"; empty: off
    std::string adaptive_state{};  ///< "cold", "live", "widened"; empty: off
    std::optional<duration> adaptive_limit{};
};

struct live_upstream {
    std::string name;
    bool up = true;
    std::uint32_t limit = 0;
    std::uint32_t in_flight = 0;
    std::uint32_t queued = 0;
    std::uint32_t abandoned = 0;
};

/// What runs now.
struct live_call {
    std::string route;
    std::string method;
    std::string stage;
    std::uint32_t attempt = 0;  ///< 0: none yet
    duration age{};
    duration in_stage{};
    std::optional<duration> left;  ///< nothing: it has no deadline
    bool hanging = false;
    bool abandoned = false;
    std::string trace_id;
};

struct live_backend {
    std::string state;
    std::uint64_t restarts = 0;
    std::string last_exit;
};

struct live_ledger {
    std::string state;  ///< "off", "opening", "storing", "failing", "stopped"
    std::string trouble;
};

/// A sign that the environment struggles.
struct live_pressure {
    std::string name;
    double value = 0;  ///< above 0, to 1
};

/// One process at one moment.
struct live_state {
    std::string version;
    std::string timestamp;  ///< RFC 3339, for display
    std::string status;     ///< "healthy", "degraded", "unhealthy"
    std::string problem;    ///< the first of what degrades it, and how many more; empty: nothing
    duration uptime{};
    bool ready = false;
    bool draining = false;
    bool observe = false;
    double memory_percent = 0;
    double cpu_percent = 0;
    std::uint64_t resident_bytes = 0;
    std::uint32_t in_flight = 0;
    std::uint32_t in_flight_limit = 0;
    std::uint32_t queued = 0;
    std::uint32_t connections = 0;
    double rate = 0;           ///< of all requests, as of a route
    double bad_rate = 0;       ///< of those that timed out, failed or were refused
    duration window{};         ///< how far back the times and counts of routes go
    bool since_start = false;  ///< they are those of the whole run
    std::optional<live_backend> backend;
    live_ledger ledger;
    std::vector<live_pressure> pressure;  ///< those above 0
    std::vector<live_upstream> upstreams;
    std::vector<live_route> routes;
    std::uint64_t calls_count = 0;  ///< what runs now, in all
    std::vector<live_call> calls;   ///< the nearest deadlines among them
};

/// An operation that ended notably: it timed out, failed, was refused, or came near its limit.
struct live_end {
    std::string timestamp;
    std::string surface;
    std::string name;
    std::string outcome;
    std::string cause;
    std::string reason;  ///< of a refusal; empty: none
    std::string error;   ///< an id of docs/errors.md; empty: none
    std::string limit_name;
    std::optional<duration> limit;
    duration took{};
    bool near_miss = false;
    std::string said;  ///< of what the backend did: a sentence, such as where it hangs
    std::string trace_id;
};

/// What a reader could not be sent in time.
struct live_missed {
    std::uint64_t states = 0;
    std::uint64_t ends = 0;
};

/// Bounds of what is read: more is a broken stream.
inline constexpr std::size_t live_routes_max = 4096;
inline constexpr std::size_t live_calls_max = 1000;

/// One JSON object.
void write(json_writer& out, const live_state& state);
void write(json_writer& out, const live_end& end);
void write(json_writer& out, const live_missed& missed);

/// The calls alone, and how many there are: `/-/requests.json`.
[[nodiscard]] std::string render_calls(const live_state& state);

[[nodiscard]] std::string to_json(const auto& what) {
    json_writer out;
    write(out, what);
    return std::move(out).take();
}

/// What `write` wrote. Members that are missing keep their defaults, unknown ones are dropped, so
/// that neighbouring versions understand each other. Nothing for what is no such object, or over
/// its bounds.
[[nodiscard]] std::optional<live_state> read_state(std::string_view json);
[[nodiscard]] std::optional<live_end> read_end(std::string_view json);
[[nodiscard]] std::optional<live_missed> read_missed(std::string_view json);

}  // namespace curfew::admin
