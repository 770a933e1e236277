#include "trend_series.hpp"

#include <algorithm>
#include <chrono>

namespace curfew::report {
namespace {

using statistics::change_point;

constexpr double fewest_beyond = 10;

double seconds_of(duration length) noexcept {
    return std::chrono::duration<double>{length}.count();
}

bool carries(std::uint64_t count, double q, double beyond) noexcept {
    return static_cast<double>(count) * (1 - q) >= beyond - 1e-9;
}

std::optional<double> value_of(
    const trend_slot& slot, measure what, double seconds, std::optional<std::size_t> quantile
) {
    if (what == measure::rate) {
        return static_cast<double>(slot.ended) / seconds;
    }
    if (what == measure::timeout_rate) {
        const auto tried = slot.completed + slot.timed_out;
        return tried < fewest_in_slot
                   ? std::nullopt
                   : std::optional{
                         static_cast<double>(slot.timed_out) / static_cast<double>(tried)
                     };
    }
    if (!quantile || !carries(slot.completed, trend_quantiles[*quantile], fewest_beyond / 2)) {
        return std::nullopt;
    }
    return seconds_of(slot.took[*quantile]);
}

}  // namespace

std::optional<std::size_t> quantile_of(const std::vector<trend_slot>& slots) {
    std::vector<std::uint64_t> counts;
    for (const auto& each : slots) {
        if (each.completed > 0) {
            counts.push_back(each.completed);
        }
    }
    if (counts.empty()) {
        return std::nullopt;
    }
    const auto middle = counts.begin() + static_cast<std::ptrdiff_t>(counts.size() / 2);
    std::ranges::nth_element(counts, middle);
    for (std::size_t i = trend_quantiles.size(); i > 0; --i) {
        if (carries(*middle, trend_quantiles[i - 1], fewest_beyond)) {
            return i - 1;
        }
    }
    return std::nullopt;
}

trend_series series_of(
    const operation_trend& of,
    measure what,
    const std::vector<double>& seconds,
    duration slot_length
) {
    trend_series made;
    for (std::size_t i = 0; i < of.slots.size(); ++i) {
        // A slot of which little is known yet would say much about all of it.
        if (seconds[i] * 2 < seconds_of(slot_length)) {
            continue;
        }
        if (const auto value = value_of(of.slots[i], what, seconds[i], of.quantile)) {
            made.points.push_back({slot_length * static_cast<duration::rep>(i), *value});
            made.slots.push_back(i);
        }
    }
    return made;
}

std::vector<change_point> changes_in(const trend_series& series) {
    if (series.points.size() < fewest_trend_slots) {
        return {};
    }
    auto found = statistics::find_change_points(series.points, {.max_p_value = trend_p_value});
    if (!found) {
        return {};
    }
    for (auto& each : *found) {
        each.index = series.slots[each.index];
    }
    return *std::move(found);
}

}  // namespace curfew::report
