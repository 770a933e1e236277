#pragma once

#include "exposition.hpp"
#include <curfew/admin/json_writer.hpp>
#include <curfew/gateway/snapshot.hpp>

#include <string>
#include <vector>

namespace curfew::admin {

/// What fails still of the checks of the start, a sentence each.
[[nodiscard]] std::vector<std::string> startup_problems(const gateway::snapshot& now);

/// The member `startup` of `/-/health`; nothing where the start has no checks.
void write_startup(json_writer& out, const gateway::snapshot& now);

/// Its families in `/-/metrics`; none where the start has no checks.
void write_startup(exposition& out, const gateway::snapshot& now);

}  // namespace curfew::admin
