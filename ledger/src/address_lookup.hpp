#pragma once

#include "postgres_link.hpp"
#include <curfew/clients/pg/target.hpp>

#include <string>
#include <vector>

namespace curfew::ledger {

/// The numeric addresses of each place of `where` that is named, within `limit`: waited for here,
/// because libpq's own look-up knows no deadline. One of several names that does not resolve has
/// none; if no place is left, it is an error.
[[nodiscard]] pg::answer<std::vector<std::vector<std::string>>> look_up(
    const pg::target& where, duration limit, const postgres_waiting& how
);

}  // namespace curfew::ledger
