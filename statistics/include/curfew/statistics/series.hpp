#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/core/failure.hpp>

#include <cstddef>
#include <span>

namespace curfew::statistics {

/// One value of a series. `at` counts from any fixed origin; a series is ordered by it.
struct point {
    duration at{};
    double value = 0;

    friend bool operator==(const point&, const point&) noexcept = default;
};

/// errc::bad_usage, with its index as the detail, for the first value that is not finite or stands
/// earlier than the one before it.
[[nodiscard]] result<> check_series(std::span<const point> series) noexcept;

/// Mean and sample variance (the sum of squares over count - 1; 0 for fewer than two), one pass
/// (B. P. Welford, 1962).
struct moments {
    std::size_t count = 0;
    double mean = 0;
    double squares = 0;  ///< the sum of squared distances from the mean

    void add(double value) noexcept;

    [[nodiscard]] double variance() const noexcept;
};

/// The middle of the values, or the mean of the two middle ones; 0 when empty. Reorders them.
[[nodiscard]] double median_in_place(std::span<double> values) noexcept;

}  // namespace curfew::statistics
