#pragma once

#include <cstddef>
#include <span>

namespace curfew::statistics {

/// Where to split `values` so that the energy distance between the sides is largest, weighted by
/// their lengths: Q of Matteson and James (arXiv 1306.4933, equation 6) with alpha = 1. Looks at
/// splits from `first` to `last`, with 2 <= first <= last <= size - 2; the earliest among equals.
/// Quadratic time: the three sums of distances follow from one split to the next.
[[nodiscard]] std::size_t energy_split(
    std::span<const double> values, std::size_t first, std::size_t last
) noexcept;

}  // namespace curfew::statistics
