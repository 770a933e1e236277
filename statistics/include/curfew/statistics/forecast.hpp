#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/statistics/series.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace curfew::statistics {

enum class forecast_method : std::uint8_t {
    trend,  ///< a robust straight line
    last,   ///< the last value stays
};

struct value_range {
    double lower = 0;
    double upper = 0;

    friend bool operator==(const value_range&, const value_range&) noexcept = default;
};

struct prediction {
    duration at{};
    double value = 0;

    /// Where the value will lie with 80 % and 95 % chance. None: the series is too short to say so
    /// (4 and 19 tested forecasts are needed).
    std::optional<value_range> likely{};
    std::optional<value_range> nearly_sure{};

    friend bool operator==(const prediction&, const prediction&) = default;
};

struct forecast {
    forecast_method method = forecast_method::last;
    double slope_a_second = 0;  ///< of the trend; 0 where the last value stays
    std::vector<prediction> next{};
};

/// Fewer points have no forecast (`next` is empty). Of more than `most_forecast_points`, the last
/// ones are used.
inline constexpr std::size_t fewest_forecast_points = 8;
inline constexpr std::size_t most_forecast_points = 200;

/// The next `steps` values, at the series' median distance; at most a quarter as many as points.
/// Nothing is predicted below `least` (0 for durations and rates).
///
/// The line is Theil's and Sen's (H. Theil, 1950; P. K. Sen, 1968): the median of all slopes, and
/// of the residuals, so 29 % of outliers do not move it. The interval supposes no distribution: the
/// series itself is forecast again from each of its earlier points, and the errors that really
/// occurred that many steps ahead, ranked as in conformal prediction (the ceil(share (n + 1))-th of
/// n; V. Vovk, A. Gammerman and G. Shafer, 2005), are the width. So correlation, outliers and the
/// doubt about the slope are in it. The method is the one of the two that erred less there: a line
/// suits steady change, the last value suits a random walk.
///
/// It knows no seasons and no future: a change of level makes its intervals wide, not right. Give
/// it the points since the last change point.
///
/// Errors: as check_series. At most 7 million steps, some 10 ms. Thread rule: any thread.
[[nodiscard]] result<forecast> forecast_next(
    std::span<const point> series,
    std::size_t steps,
    double least = -std::numeric_limits<double>::infinity()
);

}  // namespace curfew::statistics
