#pragma once

#include "table.hpp"
#include <curfew/policy/load.hpp>

#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace curfew::cli {

/// Everything the policy of this invocation is made from: the file (--config, else the first
/// curfew.toml upward, else none), the environment (--env, CURFEW_ENV), the CURFEW_* variables, and
/// the flags that set keys; a command behind `--` sets `backend.command`. `file`: the one that was
/// found before, for a reload: then it is that one or a problem.
[[nodiscard]] std::expected<policy::sources, policy::problem> policy_sources(
    const invocation& line, const std::string& file = {}
);

/// The policy of a verb that needs of it only where something is, which `flag` says too (empty: no
/// flag does): with that flag, a file that does not validate is passed over, so that a half-edited
/// one keeps nobody from looking. An exit code after the complaints.
[[nodiscard]] std::expected<std::shared_ptr<const policy::policy>, int> policy_or_flag(
    const invocation& line, std::string_view flag
);

}  // namespace curfew::cli
