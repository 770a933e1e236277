#pragma once

#include <curfew/alerts/status.hpp>
#include <curfew/core/rfc3339.hpp>
#include <curfew/gateway/snapshot.hpp>
#include <curfew/ledger/ledger.hpp>
#include <curfew/process/process_sampler.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace curfew::admin {

enum class health : std::uint8_t {
    healthy,    ///< serving, and nothing is wrong
    degraded,   ///< serving, but see `problems`
    unhealthy,  ///< not ready: starting, draining, or the backend is gone
};

/// `healthy`, `degraded`, `unhealthy`.
[[nodiscard]] std::string_view to_string(health state) noexcept;

/// Degraded by: an upstream that is down, an endpoint that is skipped, a breaker that is not
/// closed, work that was abandoned or hangs, a check of the start that fails still, a backend that
/// is not ready, a ledger that cannot be written, an alert that fires and is not silenced, a sink
/// that alerts do not reach. `ledger`: null where none is kept; `alerting`: null where there are no
/// alerts.
[[nodiscard]] health health_of(
    const gateway::snapshot& now,
    const ledger::status* ledger = nullptr,
    const alerts::status* alerting = nullptr
);

/// What degrades it, a sentence each: the order is that of `/-/health`.
[[nodiscard]] std::vector<std::string> problems_of(
    const gateway::snapshot& now,
    const ledger::status* ledger = nullptr,
    const alerts::status* alerting = nullptr
);

/// Wall time, for display only.
using wall_time = std::chrono::system_clock::time_point;

/// `/-/health` as JSON: `status`, `timestamp`, `memory_percent`, `cpu_percent`, `problems` (a
/// sentence each, at most 32 and then how many more), the gateway's totals, and by name the
/// `upstreams` and the `routes`, each of these with its breaker's `state` (closed, open,
/// half_open), `in_flight`, `queued` and `limit` (what it may hold of its upstream now), and when
/// observing `would_queue`, how many requests would have waited; `adaptive` where it has such a
/// limit
/// (`mode`, `state`, `limit_ms`, its samples, and what it has cut, or would have). `ledger`: its
/// `state` (off where none is kept, opening, storing, failing, stopped), and where one is kept its
/// path, size, trouble and what became of operations. Where there are alerts, `alerts` and
/// `alert_sinks` by name.
[[nodiscard]] std::string render_health(
    const gateway::snapshot& now,
    const process::process_sample& process,
    wall_time at,
    const ledger::status* ledger = nullptr,
    const alerts::status* alerting = nullptr
);

/// What strangers may know: `status` and `timestamp` as above.
[[nodiscard]] std::string render_brief(
    const gateway::snapshot& now,
    wall_time at,
    const ledger::status* ledger = nullptr,
    const alerts::status* alerting = nullptr
);

/// `/-/health/live`: `{"status":"alive"}`. Whoever can answer this is alive.
[[nodiscard]] std::string render_live();

/// `/-/health/ready`: `{"status":"ready"}`, or `not_ready` with a `reason` (draining, backend, or
/// starting).
[[nodiscard]] std::string render_ready(const gateway::snapshot& now);

}  // namespace curfew::admin
