#pragma once

#include <curfew/gateway/snapshot.hpp>

#include <string>
#include <vector>

namespace curfew::admin {

/// A name for each route, in order: clean (clean_text.hpp) and no two alike, since neither JSON
/// members nor label sets may repeat. A second "GET /a" (of another host, say) is "GET /a #2".
[[nodiscard]] std::vector<std::string> route_names(const gateway::snapshot& now);

}  // namespace curfew::admin
