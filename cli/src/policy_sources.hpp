#pragma once

#include "table.hpp"
#include <curfew/policy/load.hpp>

#include <expected>
#include <string>

namespace curfew::cli {

/// Everything the policy of this invocation is made from: the file (--config, else the first
/// curfew.toml upward, else none), the environment (--env, CURFEW_ENV), the CURFEW_* variables, and
/// the flags that set keys; a command behind `--` sets `backend.command`. `file`: the one that was
/// found before, for a reload: then it is that one or a problem.
[[nodiscard]] std::expected<policy::sources, policy::problem> policy_sources(
    const invocation& line, const std::string& file = {}
);

}  // namespace curfew::cli
