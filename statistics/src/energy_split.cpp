#include "energy_split.hpp"

#include <cmath>

namespace curfew::statistics {

namespace {

double distances(double value, std::span<const double> others) noexcept {
    double sum = 0;
    for (const double other : others) {
        sum += std::abs(value - other);
    }
    return sum;
}

double pairs(double count) noexcept {
    return count * (count - 1) / 2;
}

}  // namespace

std::size_t energy_split(
    std::span<const double> values, std::size_t first, std::size_t last
) noexcept {
    double within_left = 0;
    double within_right = 0;
    double between = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        within_right += distances(values[i], values.subspan(i + 1));
    }
    std::size_t best = first;
    double best_score = -1;
    for (std::size_t split = 1; split <= last; ++split) {
        const double moved = values[split - 1];
        const double to_left = distances(moved, values.first(split - 1));
        const double to_right = distances(moved, values.subspan(split));
        within_left += to_left;
        within_right -= to_right;
        between += to_right - to_left;
        if (split < first) {
            continue;
        }
        const auto left = static_cast<double>(split);
        const auto right = static_cast<double>(values.size() - split);
        const double energy =
            2 * between / (left * right) - within_left / pairs(left) - within_right / pairs(right);
        const double score = left * right / (left + right) * energy;
        if (score > best_score) {
            best_score = score;
            best = split;
        }
    }
    return best;
}

}  // namespace curfew::statistics
