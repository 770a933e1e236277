#include "trend_lacks.hpp"

#include "trend_series.hpp"
#include <curfew/load/figures.hpp>
#include <curfew/policy/duration_text.hpp>

#include <algorithm>

namespace curfew::report {
namespace {

using load::count_figure;
using policy::format_duration;

constexpr auto shortest_slot = std::chrono::minutes{1};

bool has(const trend& of, measure what) {
    return !series_of(of.all, what, of.seconds, of.slot_length).points.empty();
}

std::string no_slot(const trend& of) {
    const std::chrono::duration<double> longest{std::ranges::max(of.seconds)};
    std::string text = "no figures yet: they take a slot of which half was recorded, and of " +
                       format_duration(of.slot_length) + " at most " +
                       format_duration(std::chrono::floor<std::chrono::seconds>(longest)) + " were";
    return text + (of.slot_length > shortest_slot ? "; `curfew trend --hours 1` has shorter slots"
                                                  : "; ask again in a minute");
}

std::uint64_t usual_completed(const trend& of) {
    std::vector<std::uint64_t> counts;
    for (const auto& each : of.all.slots) {
        if (each.completed > 0) {
            counts.push_back(each.completed);
        }
    }
    if (counts.empty()) {
        return 0;
    }
    const auto middle = counts.begin() + static_cast<std::ptrdiff_t>(counts.size() / 2);
    std::ranges::nth_element(counts, middle);
    return *middle;
}

}  // namespace

std::vector<std::string> find_lacks(const trend& of) {
    if (of.all.count == 0) {
        return {};
    }
    if (!has(of, measure::rate)) {
        return {no_slot(of)};
    }
    std::vector<std::string> all;
    const std::string slot = " slot of " + format_duration(of.slot_length);
    if (!has(of, measure::timeout_rate)) {
        std::uint64_t most = 0;
        for (const auto& each : of.all.slots) {
            most = std::max(most, each.completed + each.timed_out);
        }
        all.push_back(
            "no timeout rate yet: it takes " + count_figure(fewest_in_slot) + " operations in a" +
            slot + ", and the fullest has " + count_figure(most)
        );
    }
    if (!has(of, measure::latency)) {
        all.push_back(
            "no latency yet: it takes " + count_figure(fewest_for_latency) +
            " completed operations in a usual" + slot + ", and there are " +
            count_figure(usual_completed(of))
        );
    }
    return all;
}

}  // namespace curfew::report
