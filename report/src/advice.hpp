#pragma once

#include <curfew/report/explanation.hpp>

#include <string>
#include <vector>

namespace curfew::report {

/// What to do about an operation, most helpful first; empty where nothing is wrong or nothing is
/// known. Rules over what the ledger knows, not guesses: how it ended, where the time went if time
/// mattered, how long its like usually take, what the backend and the policy did. Each sentence
/// names a key, a command or what was observed of this very operation.
[[nodiscard]] std::vector<std::string> advice_for(const explanation& of);

}  // namespace curfew::report
