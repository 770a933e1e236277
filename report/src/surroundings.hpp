#pragma once

#include <curfew/report/explanation.hpp>

namespace curfew::report {

/// How the same operation went around it, and how the others did: one pass over an hour's minutes.
[[nodiscard]] result<surroundings> look_around(
    ledger::reader& from, const ledger::kept_operation& what
);

}  // namespace curfew::report
