#include "trend_lacks.hpp"
#include "trend_series.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

namespace curfew::report {
namespace {

using statistics::change_point;

constexpr std::array measures{measure::timeout_rate, measure::latency, measure::rate};
constexpr std::size_t longest_lag = 3;

/// A deploy so many slots before a change may have made it: a change is found within three of its
/// place.
constexpr int slots_after_deploy = 3;

struct searched {
    operation_trend* in = nullptr;
    measure of = measure::rate;
    std::vector<change_point> found;
    double least = 1;  ///< p-value
};

std::optional<deploy_beside> deploy_beside_change(const trend& of, ledger::wall_time at) {
    std::optional<deploy_beside> nearest;
    for (const auto& each : of.marks) {
        const bool near =
            each.at >= at - of.slot_length * slots_after_deploy && each.at < at + of.slot_length;
        if (near &&
            (!nearest || std::chrono::abs(at - each.at) <= std::chrono::abs(nearest->before))) {
            nearest = deploy_beside{each, at - each.at};
        }
    }
    return nearest;
}

/// Benjamini and Hochberg: the largest k such that the k-th least p-value is at most k / m of the
/// level; every p-value up to that one stands out.
double bound_of(const std::vector<searched>& all) {
    std::vector<double> least;
    for (const auto& each : all) {
        least.push_back(each.least);
    }
    std::ranges::sort(least);
    double bound = -1;
    for (std::size_t k = 0; k < least.size(); ++k) {
        const double allowed =
            trend_p_value * static_cast<double>(k + 1) / static_cast<double>(least.size());
        bound = least[k] <= allowed ? allowed : bound;
    }
    return bound;
}

void find_changes(trend& of) {
    std::vector<searched> all;
    const auto search = [&](operation_trend& in) {
        in.quantile = quantile_of(in.slots);
        for (const auto what : measures) {
            const auto series = series_of(in, what, of.seconds, of.slot_length);
            of.fullest_series = std::max(of.fullest_series, series.points.size());
            if (series.points.size() < fewest_trend_slots) {
                continue;
            }
            searched& made = all.emplace_back(searched{&in, what, changes_in(series)});
            for (const auto& each : made.found) {
                made.least = std::min(made.least, each.p_value);
            }
        }
    };
    search(of.all);
    if (of.operations.size() > 1) {
        std::ranges::for_each(of.operations, search);
    } else if (!of.operations.empty()) {
        of.operations.front().quantile = of.all.quantile;
    }
    of.series_searched = all.size();
    const double bound = bound_of(all);
    for (const auto& each : all) {
        for (const auto& point : each.found) {
            if (point.p_value <= bound) {
                const auto at = of.from + of.slot_length * static_cast<duration::rep>(point.index);
                each.in->changes.push_back({each.of, point, at, deploy_beside_change(of, at)});
            }
        }
    }
    const auto by_time = [](operation_trend& in) {
        std::ranges::sort(in.changes, {}, [](const auto& each) {
            return std::pair{each.at, each.of};
        });
    };
    by_time(of.all);
    std::ranges::for_each(of.operations, by_time);
    if (of.operations.size() == 1) {
        of.operations.front().changes = of.all.changes;
    }
}

void look_ahead(operation_trend& in, const trend& of) {
    for (const auto what : measures) {
        auto series = series_of(in, what, of.seconds, of.slot_length);
        std::size_t from = 0;
        for (const auto& change : in.changes) {
            from = change.of == what ? change.point.index : from;
        }
        const auto begin = std::ranges::lower_bound(series.slots, from) - series.slots.begin();
        const std::span<const statistics::point> since =
            std::span{series.points}.subspan(static_cast<std::size_t>(begin));
        const bool any = std::ranges::any_of(since, [](const auto& p) { return p.value != 0; });
        if (!any) {
            continue;
        }
        const auto steps = std::max<std::size_t>(1, since.size() / 4);
        auto next = statistics::forecast_next(since, steps, 0);
        if (next && !next->next.empty()) {
            const auto at = of.from + since.front().at;
            in.outlooks.push_back({what, at, *std::move(next)});
        }
    }
}

/// Pairs of values of the slots in which both are known.
struct pairs {
    std::vector<double> cause;
    std::vector<double> effect;
};

pairs pair_up(const trend_series& cause, const trend_series& effect) {
    pairs made;
    std::size_t i = 0;
    for (std::size_t j = 0; j < effect.slots.size(); ++j) {
        while (i < cause.slots.size() && cause.slots[i] < effect.slots[j]) {
            ++i;
        }
        if (i < cause.slots.size() && cause.slots[i] == effect.slots[j]) {
            made.cause.push_back(cause.points[i].value);
            made.effect.push_back(effect.points[j].value);
        }
    }
    return made;
}

trend_series queue_series(const trend& of) {
    trend_series made;
    for (std::size_t i = 0; i < of.all.slots.size(); ++i) {
        if (of.all.slots[i].completed > 0) {
            const std::chrono::duration<double> queued{of.all.slots[i].queued};
            made.points.push_back({of.slot_length * static_cast<duration::rep>(i), queued.count()});
            made.slots.push_back(i);
        }
    }
    return made;
}

trend_series pressure_of(const trend& of, const pressure_series& signal) {
    trend_series made;
    for (std::size_t i = 0; i < signal.means.size(); ++i) {
        if (of.seconds[i] > 0) {
            made.points.push_back({of.slot_length * static_cast<duration::rep>(i), signal.means[i]}
            );
            made.slots.push_back(i);
        }
    }
    return made;
}

void find_relations(trend& of) {
    const auto rate = series_of(of.all, measure::rate, of.seconds, of.slot_length);
    const auto timeouts = series_of(of.all, measure::timeout_rate, of.seconds, of.slot_length);
    const auto latency = series_of(of.all, measure::latency, of.seconds, of.slot_length);
    const auto queue = queue_series(of);
    const auto compare =
        [&](const std::string& name, const auto& cause, measure what, const auto& effect) {
            const pairs both = pair_up(cause, effect);
            const auto found = statistics::correlate(both.cause, both.effect, longest_lag);
            if (found) {
                of.relations.push_back({name, to_string(what), *found});
            }
        };
    compare("rate", rate, measure::timeout_rate, timeouts);
    compare("queue", queue, measure::timeout_rate, timeouts);
    compare("rate", rate, measure::latency, latency);
    compare("queue", queue, measure::latency, latency);
    for (const auto& each : of.pressure) {
        const auto pressure = pressure_of(of, each);
        compare("pressure " + each.signal, pressure, measure::timeout_rate, timeouts);
        compare("pressure " + each.signal, pressure, measure::latency, latency);
    }
    const double bound =
        trend_p_value / static_cast<double>(std::max<std::size_t>(1, of.relations.size()));
    for (auto& each : of.relations) {
        each.clear =
            each.found.basis == statistics::correlation_basis::known && each.found.p_value <= bound;
    }
}

}  // namespace

std::string_view to_string(measure what) noexcept {
    switch (what) {
        case measure::rate:
            return "rate";
        case measure::timeout_rate:
            return "timeout_rate";
        case measure::latency:
            return "latency";
    }
    return "";
}

void interpret(trend& of) {
    find_changes(of);
    look_ahead(of.all, of);
    for (std::size_t i = 0; i < std::min(of.operations.size(), trend_operations_shown); ++i) {
        look_ahead(of.operations[i], of);
    }
    find_relations(of);
    of.lacking = find_lacks(of);
}

}  // namespace curfew::report
