#pragma once

#include <curfew/clients/pg/target.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace curfew::pg {

/// The numeric addresses of each place of a target that `is_named()`, in its order, as a look-up
/// found them. None: that name leads nowhere.
using found_addresses = std::span<const std::vector<std::string>>;

/// In how many ways they can be tried, one address of each place at a time, so that none that does
/// not answer uses up the time of the others. 0 where no place of the target is left.
[[nodiscard]] std::size_t ways(const target& where, found_addresses all) noexcept;

/// The addresses of one of these ways, for `session::connect`. A place that has fewer is tried
/// with its last one again; one that has none is left out.
[[nodiscard]] std::vector<std::string> way(found_addresses all, std::size_t which);

}  // namespace curfew::pg
