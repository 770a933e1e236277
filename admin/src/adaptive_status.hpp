#pragma once

#include "exposition.hpp"
#include <curfew/admin/json_writer.hpp>
#include <curfew/gateway/snapshot.hpp>

#include <string_view>

namespace curfew::admin {

/// `observe` or `on`: of a limit that is not off.
[[nodiscard]] std::string_view adaptive_mode_of(const gateway::adaptive_snapshot& what) noexcept;

/// The member `adaptive` of a route in `/-/health`; nothing where it is off.
void write_adaptive(json_writer& out, const gateway::route_snapshot& route);

/// Its families in `/-/metrics`, with the routes that have it; none where no route has.
void write_adaptive(exposition& out, const gateway::snapshot& now);

}  // namespace curfew::admin
