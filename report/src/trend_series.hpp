#pragma once

#include <curfew/report/trend.hpp>
#include <curfew/statistics/series.hpp>

#include <cstddef>
#include <vector>

namespace curfew::report {

/// One measure of one operation as points, and which slot each is of: slots without enough to say
/// are left out.
struct trend_series {
    std::vector<statistics::point> points;
    std::vector<std::size_t> slots;
};

/// A share of fewer operations than this in a slot says nothing.
inline constexpr std::uint64_t fewest_in_slot = 10;

/// Completed in a usual slot, so that it carries a P50: ten exceed it.
inline constexpr std::uint64_t fewest_for_latency = 20;

/// The highest quantile that slots like these carry, by the median of their counts.
[[nodiscard]] std::optional<std::size_t> quantile_of(const std::vector<trend_slot>& slots);

/// `seconds` is as long as the slots of `of`.
[[nodiscard]] trend_series series_of(
    const operation_trend& of,
    measure what,
    const std::vector<double>& seconds,
    duration slot_length
);

/// Its changes, with the slot as index. Nothing where there are too few points.
[[nodiscard]] std::vector<statistics::change_point> changes_in(const trend_series& series);

}  // namespace curfew::report
