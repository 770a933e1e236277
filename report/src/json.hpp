#pragma once

#include <curfew/ledger/records.hpp>
#include <curfew/policy/json_text.hpp>
#include <curfew/report/policy_history.hpp>

namespace curfew::report {

/// To the microsecond.
[[nodiscard]] double milliseconds(duration length) noexcept;

/// Members that every operation has: surface, name, outcome, cause, reason, error, started,
/// took_ms, trace_id.
void write_identity(policy::json_text& to, const ledger::kept_operation& what);

/// One object: at, file, changed, applied.
void write_reload(policy::json_text& to, const policy_reload& of);

}  // namespace curfew::report
