#include "levels.hpp"

#include "ranks.hpp"
#include <curfew/statistics/distributions.hpp>
#include <curfew/statistics/series.hpp>

#include <algorithm>
#include <cmath>

namespace curfew::statistics {

namespace {

constexpr double most_correlation = 0.99;

struct two_levels {
    moments left;
    moments right;

    two_levels(std::span<const double> values, std::size_t split) noexcept {
        for (std::size_t i = 0; i < values.size(); ++i) {
            (i < split ? left : right).add(values[i]);
        }
    }

    [[nodiscard]] double t() const noexcept {
        const auto before = static_cast<double>(left.count);
        const auto after = static_cast<double>(right.count);
        const double variance = (left.squares + right.squares) / (before + after - 2);
        const double difference = right.mean - left.mean;
        return difference == 0 ? 0 : difference / std::sqrt(variance * (1 / before + 1 / after));
    }
};

struct line {
    double mean = 0;
    double middle = 0;
    double slope = 0;

    explicit line(std::span<const double> values) noexcept {
        moments all;
        for (const double value : values) {
            all.add(value);
        }
        const auto count = static_cast<double>(values.size());
        mean = all.mean;
        middle = (count - 1) / 2;
        for (std::size_t i = 0; i < values.size(); ++i) {
            slope += (static_cast<double>(i) - middle) * (values[i] - mean);
        }
        slope /= count * (count * count - 1) / 12;
    }

    [[nodiscard]] double at(std::size_t index) const noexcept {
        return mean + slope * (static_cast<double>(index) - middle);
    }
};

struct residuals {
    double squares = 0;
    double neighbours = 0;
    double last = 0;

    void add(double residual) noexcept {
        squares += residual * residual;
        neighbours += residual * last;
        last = residual;
    }
};

// What is left of ranks is at least 1/4 where anything is: below that only rounding is left.
double correlation(const residuals& left_over, double count) noexcept {
    if (left_over.squares < 0.1) {
        return 0;
    }
    const double raw = left_over.neighbours / left_over.squares;
    return std::clamp(raw + 2 * (1 + 4 * raw) / count, 0.0, most_correlation);
}

}  // namespace

level_change compare_levels(std::span<const double> values, std::size_t split) {
    const std::vector<double> ranks = midranks(values);
    const two_levels flat{ranks, split};
    const line sloped{ranks};
    residuals around_levels;
    residuals around_line;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        around_levels.add(ranks[i] - (i < split ? flat.left : flat.right).mean);
        around_line.add(ranks[i] - sloped.at(i));
    }
    level_change found;
    found.is_line = around_line.squares < around_levels.squares;
    const auto count = static_cast<double>(values.size());
    const double r = correlation(found.is_line ? around_line : around_levels, count);
    const double inflation = (1 + r) / (1 - r);
    const double t = two_levels{normal_scores(scrambled_ranks(values)), split}.t();
    found.plain_p = student_t_two_sided(t, count - 2);
    found.p = student_t_two_sided(t / std::sqrt(inflation), std::max(count / inflation - 2, 1.0));
    return found;
}

}  // namespace curfew::statistics
