#pragma once

#include <curfew/admin/metrics_format.hpp>
#include <curfew/alerts/status.hpp>
#include <curfew/gateway/snapshot.hpp>
#include <curfew/ledger/ledger.hpp>
#include <curfew/process/process_sampler.hpp>

#include <string>

namespace curfew::admin {

/// `/-/metrics`. Families begin with `curfew_`, but for the
/// conventional `process_cpu_seconds_total` and `process_resident_memory_bytes`; times are in
/// `_seconds`, counters end in `_total`. Bounded: 15 `le` bounds from 1 ms to 60 s, and some 60
/// lines a route. A counter by reason or cause appears with its first count.
///
/// Where a ledger is kept, `curfew_ledger_*`: whether it can be written, its size, what waits, and
/// what became of operations. Where there are alerts, `curfew_alert_*`: what fires, what has no
/// data, what is silenced, and what became of notices.
///
/// A sample is in a bucket only if it surely took no longer than `le` (histogram::count_at_most),
/// so a service level computed from it is never too good, by at most 3.125 % of the bound.
[[nodiscard]] std::string render_metrics(
    const gateway::snapshot& now,
    const process::process_sample& process,
    const ledger::status* ledger = nullptr,
    const alerts::status* alerting = nullptr,
    metrics_format format = metrics_format::prometheus
);

/// `/-/metrics.json`: `endpoints.{route}` with `request_count`, `avg_time` and `max_time` in
/// seconds over all requests, `p50_time`, `p95_time`, `p99_time` (upper bounds, 3.125 % at most
/// above the truth), the same for the upstream's part, and counts of how requests ended;
/// when observing, also of what would have been refused or would have waited.
[[nodiscard]] std::string render_metrics_json(const gateway::snapshot& now);

}  // namespace curfew::admin
