#pragma once

#include <curfew/admin/health.hpp>
#include <curfew/admin/metrics.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace curfew::admin {

/// What the admin listener calls itself in each answer (Server), by which our own verbs know it
/// from a backend that answers anything.
inline constexpr std::string_view server_name = "curfew-admin";

/// One answer, ready to be sent.
struct page {
    int status = 200;
    std::string_view content_type;  ///< static storage
    std::string body;
};

/// The pages there are.
enum class view : std::uint8_t { health, live, ready, metrics, metrics_json, brief };

/// What lives at `target` (path and perhaps a query, which is ignored); nothing if there is none.
[[nodiscard]] std::optional<view> view_at(std::string_view target) noexcept;

/// What of the facts a page is drawn from, so that nobody gathers more: the process and the whole
/// snapshot; of the snapshot only `ready`, `draining` and `backend`; or nothing at all.
enum class needs : std::uint8_t { everything, state, nothing };

[[nodiscard]] needs needs_of(view page) noexcept;

/// Where pages are drawn from.
struct facts {
    const gateway::snapshot& now;
    const process::process_sample& process;
    wall_time at;
    const ledger::status* ledger = nullptr;    ///< null: none is kept
    const alerts::status* alerting = nullptr;  ///< null: there are no alerts
    metrics_format format = metrics_format::prometheus;
};

/// | path | status | |
/// |---|---|---|
/// | /-/health | 200; 503 when unhealthy | JSON |
/// | /-/health/live | 200 | JSON |
/// | /-/health/ready | 200; 503 when not ready | JSON |
/// | /-/metrics | 200 | Prometheus text, or OpenMetrics |
/// | /-/metrics.json | 200 | JSON |
///
/// `brief` has no path here: it is what `server.health_path` answers on the main listener, the
/// status of `/-/health` without a name or an address.
[[nodiscard]] page draw(view what, const facts& known);

/// The page at `target`; nothing if there is none.
[[nodiscard]] std::optional<page> page_for(std::string_view target, const facts& known);

}  // namespace curfew::admin
