#pragma once

#include <curfew/admin/health.hpp>
#include <curfew/admin/metrics.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace curfew::admin {

/// One answer, ready to be sent.
struct page {
    int status = 200;
    std::string_view content_type;  ///< static storage
    std::string body;
};

/// Where pages are drawn from.
struct facts {
    const gateway::snapshot& now;
    const process_sample& process;
    wall_time at;
};

/// The page at `target` (path and perhaps a query, which is ignored); nothing if there is none.
///
/// | path | status | |
/// |---|---|---|
/// | /-/health | 200; 503 when unhealthy | JSON |
/// | /-/health/live | 200 | JSON |
/// | /-/health/ready | 200; 503 when not ready | JSON |
/// | /-/metrics | 200 | Prometheus text 0.0.4 |
/// | /-/metrics.json | 200 | JSON |
[[nodiscard]] std::optional<page> page_for(std::string_view target, const facts& known);

}  // namespace curfew::admin
