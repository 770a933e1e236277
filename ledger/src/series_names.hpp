#pragma once

#include "row.hpp"
#include <curfew/core/failure.hpp>
#include <curfew/ledger/records.hpp>

namespace curfew::ledger {

/// The series in columns `first` to `first + 6` of a row: surface, name, outcome, cause, reason,
/// error, limit_name. A name that no enumeration has is one of a newer Curfew, `ledger_newer`; what
/// looks like no name at all is `ledger_corrupt`.
[[nodiscard]] result<series> read_series(const row& from, int first);

}  // namespace curfew::ledger
