#pragma once

#include <curfew/report/explanation.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace curfew::report {

/// The policy that an operation began under: which reload put it in force, if one did, what it set,
/// and what came after it.
struct policy_then {
    std::vector<ledger::kept_operation> rows;  ///< "loaded" first, then each key that was set
    std::optional<policy_reload> by;           ///< nothing: it was that of the start
    std::optional<policy_reload> next;         ///< the first change of the day after it began
};

[[nodiscard]] result<policy_then> find_policy_then(
    ledger::reader& from, const ledger::kept_operation& what, const ledger::instance& in
);

/// Who said the value of the limit that ended it. Nothing where none did, where the limit is no
/// key of the policy, and where what the policy said was not recorded.
[[nodiscard]] std::optional<limit_source> find_source(
    const ledger::kept_operation& what, const policy_then& then
);

/// Whether the name of a limit is a key of the policy: callers' fields and limits of the machine
/// are not.
[[nodiscard]] bool is_policy_key(std::string_view name);

}  // namespace curfew::report
