#pragma once

#include "postgres_link.hpp"
#include <curfew/clients/pg/target.hpp>

#include <string>
#include <vector>

namespace curfew::ledger {

/// One numeric address for each place of `where` that is named, the one whose turn it is, within
/// `limit`: waited for here, because libpq's own look-up knows no deadline.
[[nodiscard]] pg::answer<std::vector<std::string>> look_up(
    const pg::target& where, duration limit, const postgres_waiting& how
);

}  // namespace curfew::ledger
