#include "ranks.hpp"

#include <curfew/statistics/distributions.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace curfew::statistics {

namespace {

// The finaliser of splitmix64 (G. Steele, D. Lea and C. Flood, 2014).
std::uint64_t scramble(std::uint64_t bits) noexcept {
    bits += 0x9e3779b97f4a7c15;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    return bits ^ (bits >> 31);
}

}  // namespace

std::vector<double> midranks(std::span<const double> values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t index) { return values[index]; });
    std::vector<double> ranks(values.size());
    for (std::size_t from = 0; from < order.size();) {
        std::size_t to = from + 1;
        while (to < order.size() && values[order[to]] == values[order[from]]) {
            ++to;
        }
        const double shared = static_cast<double>(from + to + 1) / 2;
        for (; from < to; ++from) {
            ranks[order[from]] = shared;
        }
    }
    return ranks;
}

std::vector<double> scrambled_ranks(std::span<const double> values, std::uint64_t salt) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t index) {
        return std::pair{values[index], scramble(index ^ scramble(salt))};
    });
    std::vector<double> ranks(values.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        ranks[order[i]] = static_cast<double>(i + 1);
    }
    return ranks;
}

std::vector<double> normal_scores(std::span<const double> ranks) {
    std::vector<double> scores(ranks.size());
    const double steps = static_cast<double>(ranks.size()) + 1;
    std::ranges::transform(ranks, scores.begin(), [steps](double rank) {
        return normal_quantile(rank / steps);
    });
    return scores;
}

}  // namespace curfew::statistics
