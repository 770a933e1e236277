#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace curfew::statistics {

/// The rank of each value, 1 for the least; equal ones share the mean of their ranks.
[[nodiscard]] std::vector<double> midranks(std::span<const double> values);

/// The same, but equal values stand in a scrambled order that is always the same: so the ranks of
/// like-distributed values are a random permutation even where most of them are zero, and what is
/// known of permutations holds. Another `salt` is another order.
[[nodiscard]] std::vector<double> scrambled_ranks(
    std::span<const double> values, std::uint64_t salt = 0
);

/// The normal quantile of rank / (n + 1) (B. L. van der Waerden, 1952): whatever the values' own
/// distribution, these are spread as normal ones are, so an outlier weighs no more than the largest
/// of as many normal values would.
[[nodiscard]] std::vector<double> normal_scores(std::span<const double> ranks);

}  // namespace curfew::statistics
