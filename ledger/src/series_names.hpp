#pragma once

#include "database.hpp"
#include <curfew/ledger/records.hpp>

namespace curfew::ledger {

/// The series in columns `first` to `first + 6` of a row: surface, name, outcome, cause, reason,
/// error, limit_name. `ledger_corrupt` for a name that no enumeration has.
[[nodiscard]] result<series> read_series(const statement& from, int first);

}  // namespace curfew::ledger
