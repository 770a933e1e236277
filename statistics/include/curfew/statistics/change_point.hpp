#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/statistics/series.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace curfew::statistics {

struct change_point_options {
    /// The chance that a series without any change shows one: the p-value of a point is corrected
    /// for the places searched, and points above this are dropped.
    double max_p_value = 0.01;

    /// The least relative change, in either direction: 0.1 is 10 %.
    double min_change = 0.1;

    /// Points searched at a time, 20..1000, windows overlapping by half. A change smaller than the
    /// noise needs a window that shows enough of both sides.
    std::size_t window = 50;

    friend bool operator==(const change_point_options&, const change_point_options&) = default;
};

enum class change_shape : unsigned char {
    step,   ///< one level, then another
    drift,  ///< a line through both sides explains them better than two levels do
};

/// Where the series changed, and how sure that is.
struct change_point {
    std::size_t index = 0;  ///< the first point of the new level
    duration at{};          ///< its time
    change_shape shape = change_shape::step;

    /// Means from the change before (or the beginning) to this one, and from here to the next (or
    /// the end), of the 500 nearest points at most, without the highest and the lowest tenth (at
    /// least one point) of each.
    double before = 0;
    double after = 0;

    /// after / before - 1; infinite when `before` is zero.
    double change = 0;

    /// The chance to see as clear a change anywhere in a series of this length that has none.
    double p_value = 1;

    friend bool operator==(const change_point&, const change_point&) = default;
};

/// The longest series looked at; a longer one is errc::bad_usage.
inline constexpr std::size_t most_series_points = 100'000;

/// A level is at least this many points long, the first and the last too: no change is told at the
/// very edge of a series, where one odd point looks like a new level. Shorter series than twice
/// this have none.
inline constexpr std::size_t shortest_level = 5;

/// Finds where the level of a series changed. Deterministic.
///
/// E-divisive (D. Matteson and N. James, arXiv 1306.4933): each window is split where the energy
/// distance between its sides is largest, then its parts likewise, with Student's t-test instead of
/// permutations, and the weak points of all windows are merged from the weakest up (M. Fleming et
/// al., "Hunter", arXiv 2301.03034). What differs, so that alarms can be believed:
/// - Spikes and skew: all of it works on normal scores, the normal quantiles of ranks (B. L. van
/// der
///   Waerden, 1952). So only the order of the values matters, taking logarithms changes nothing,
///   and one to three odd points in a row, however odd, are no level.
/// - Autocorrelation: the test counts the effective number of points, n (1 - r) / (1 + r) with r
///   the correlation of neighbouring residuals, corrected for its bias in short series.
/// - The search: p-values are multiplied by the number of points (Bonferroni), because the best of
///   many places always looks good.
/// - Drift: a ramp is found as one or several points of shape `drift`.
///
/// False alarms in 1 000 series without change, 100 points each: white noise, heavy tails (down to
/// Cauchy's), skew and sparse counts at most 5; AR(1) noise with coefficient 0.5, 11. In 24 points
/// it cannot be told well how far noise wanders: 3 for white noise, 30 at 0.5, 61 at 0.8. A step of
/// 3 deviations 10 points before the end is found 99 times of 100 in white noise, and nearly always
/// within 3 points of its place. The price: where neighbours agree strongly (0.5: a quarter of such
/// steps) and for counts that are mostly zero, it takes longer or larger changes; longer intervals
/// help there.
///
/// The tests see at most 500 points on each side, so time grows with n * window: some 0.1 ms for
/// 100 points and 3 ms for 1 000 (statistics_bench). Memory for a few times the series. Errors:
/// errc::bad_usage, with the index of a value that is not finite or out of order, or with -1 for a
/// series that is too long or options out of range. Thread rule: any thread.
[[nodiscard]] result<std::vector<change_point>> find_change_points(
    std::span<const point> series, const change_point_options& options = {}
);

}  // namespace curfew::statistics
