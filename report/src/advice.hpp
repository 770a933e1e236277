#pragma once

#include <curfew/report/explanation.hpp>

#include <string>
#include <vector>

namespace curfew::report {

/// What to do about an operation, most helpful first; empty where nothing is wrong. Rules over what
/// the ledger knows, not guesses: where the time went, how long its like usually take, what the
/// backend did, and the remedy of its error.
[[nodiscard]] std::vector<std::string> advice_for(const explanation& of);

/// The stage that took most, of those over half of the time.
[[nodiscard]] std::optional<stage> dominant_stage(const ledger::kept_operation& of);

}  // namespace curfew::report
