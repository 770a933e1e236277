#include "sparkline.hpp"
#include "trend_series.hpp"
#include "words.hpp"
#include <curfew/core/rfc3339.hpp>
#include <curfew/load/figures.hpp>
#include <curfew/policy/duration_text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <tuple>
#include <utility>

namespace curfew::report {
namespace {

using load::count_figure;
using load::time_figure;

constexpr std::size_t columns = 48;
constexpr std::size_t changes_shown = 30;
constexpr std::size_t marks_shown = 20;

std::string minute_text(ledger::wall_time at) {
    return rfc3339(at).substr(0, 16) + 'Z';
}

std::string number(const char* format, double value) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), format, value);
    return text.data();
}

std::string figure(measure what, double value) {
    switch (what) {
        case measure::rate:
            return number(value < 10 ? "%.2f/s" : "%.0f/s", value);
        case measure::timeout_rate:
            return number(value == 0 || value >= 0.1 ? "%.0f %%" : "%.2f %%", value * 100);
        case measure::latency:
            return time_figure(duration{static_cast<duration::rep>(value * 1e9)});
    }
    return {};
}

std::string name_of(const operation_trend& of) {
    return of.name.empty() ? "all operations" : clean(of.name);
}

std::string name_of(measure what, const operation_trend& of) {
    if (what == measure::latency) {
        return of.quantile ? number("P%.0f", trend_quantiles[*of.quantile] * 100) : "latency";
    }
    return what == measure::rate ? "rate" : "timed out";
}

std::string head(const trend& of) {
    std::string text = "operations from " + minute_text(of.from) + " to " + minute_text(of.to) +
                       ", in slots of " + policy::format_duration(of.slot_length) + ", ledger " +
                       of.path + "\n  ";
    if (of.all.count == 0) {
        return text + "none was recorded in that time\n";
    }
    const auto known = std::ranges::count_if(of.seconds, [](double s) { return s > 0; });
    text += count_figure(of.all.count) + " operations in " + std::to_string(known) + " of " +
            std::to_string(of.seconds.size()) + " slots";
    text += static_cast<std::size_t>(known) < of.seconds.size()
                ? "; nobody recorded in the others\n"
                : "\n";
    for (const auto& sentence : of.lacking) {
        text += "  " + sentence + '\n';
    }
    return text;
}

std::string row(const operation_trend& of, measure what, const trend& in) {
    const auto series = series_of(of, what, in.seconds, in.slot_length);
    if (series.points.empty()) {
        return "";
    }
    std::vector<std::optional<double>> values(of.slots.size());
    double least = series.points.front().value;
    double most = least;
    for (std::size_t i = 0; i < series.points.size(); ++i) {
        values[series.slots[i]] = series.points[i].value;
        least = std::min(least, series.points[i].value);
        most = std::max(most, series.points[i].value);
    }
    std::string name = name_of(what, of);
    name.resize(std::max<std::size_t>(name.size(), 10), ' ');
    const std::string last = figure(what, series.points.back().value);
    return "  " + name + ' ' + sparkline(values, columns) + "  " + figure(what, least) + " to " +
           figure(what, most) + ", last " + last + '\n';
}

std::string rows(const operation_trend& of, const trend& in) {
    std::string text = '\n' + name_of(of);
    text += of.name.empty() ? "" : " (" + count_figure(of.count) + ')';
    return text + '\n' + row(of, measure::rate, in) + row(of, measure::timeout_rate, in) +
           row(of, measure::latency, in);
}

std::string probability(double p) {
    return p < 0.0001 ? "p < 0.0001" : number("p = %.4f", p);
}

std::string deploy_text(const trend_change& of) {
    if (!of.deploy) {
        return "";
    }
    const auto& [what, before] = *of.deploy;
    if (before < duration::zero()) {
        const std::string at = " in that slot, at " + rfc3339(what.at).substr(11, 5) + 'Z';
        return what.is_reload ? "; the policy was changed" + at + " (" + clean(what.text) + ')'
                              : "; \"" + clean(what.text) + "\" was deployed" + at;
    }
    const auto whole = std::chrono::floor<std::chrono::minutes>(before);
    return "; it began " +
           (whole.count() == 0 ? std::string{"with"} : policy::format_duration(whole) + " after") +
           (what.is_reload ? " the change of the policy (" + clean(what.text) + ')'
                           : " the deploy of \"" + clean(what.text) + '"');
}

std::string change_text(const operation_trend& in, const trend_change& of) {
    const auto& point = of.point;
    std::string text = "  " + minute_text(of.at) + "  " + name_of(in) + ": " + name_of(of.of, in) +
                       (point.after > point.before ? " rose" : " fell");
    text += " from " + figure(of.of, point.before) + " to " + figure(of.of, point.after);
    text += std::isfinite(point.change) ? number(" (%+.0f %%", point.change * 100) + ", " : " (";
    text += probability(point.p_value) + ')';
    text += point.shape == statistics::change_shape::drift ? ", gradually" : "";
    return text + deploy_text(of) + '\n';
}

std::string changes(const trend& of) {
    std::vector<std::pair<const operation_trend*, const trend_change*>> all;
    const auto add = [&](const operation_trend& in) {
        for (const auto& each : in.changes) {
            all.emplace_back(&in, &each);
        }
    };
    if (of.operations.size() != 1) {
        add(of.all);
    }
    std::ranges::for_each(of.operations, add);
    std::ranges::sort(all, {}, [](const auto& each) {
        return std::tuple{each.second->at, name_of(*each.first), each.second->of};
    });
    std::string text = "\nwhat changed\n";
    if (of.series_searched == 0) {
        return text + "  not known yet: it takes " + std::to_string(fewest_trend_slots) +
               " slots with enough in them, and " + std::to_string(of.fullest_series) + " of " +
               std::to_string(of.seconds.size()) + " have that\n";
    }
    const std::size_t first = all.size() - std::min(all.size(), changes_shown);
    text += first > 0 ? "  " + std::to_string(first) + " earlier ones\n" : "";
    for (std::size_t i = first; i < all.size(); ++i) {
        text += change_text(*all[i].first, *all[i].second);
    }
    return text + (all.empty() ? "  nothing" : "  searched:") + " in " +
           std::to_string(of.series_searched) + " series (rate, timeouts and a quantile of each " +
           "operation); chance alone shows any change in 1 of 100 such trends\n";
}

std::string effect_name(const trend_relation& of, const trend& in) {
    return of.effect == to_string(measure::latency) ? name_of(measure::latency, in.all)
                                                    : "the timeout rate";
}

std::string cause_name(const trend_relation& of) {
    return of.cause == "rate"    ? "the rate"
           : of.cause == "queue" ? "the time in the queue"
                                 : clean(of.cause);
}

std::string relations(const trend& of) {
    std::string told;
    std::string silent;
    for (const auto& each : of.relations) {
        const std::string pair = effect_name(each, of) + " with " + cause_name(each);
        const std::string pairs = " (" + std::to_string(each.found.pairs) + " slots, ";
        if (each.clear) {
            told += "  " + pair + ": rank correlation " + number("%+.2f", each.found.rank) +
                    (each.found.lag == 0
                         ? ""
                         : ", " +
                               policy::format_duration(
                                   of.slot_length * static_cast<duration::rep>(each.found.lag)
                               ) +
                               " later") +
                    pairs + probability(each.found.p_value) + ")\n";
        } else {
            const char* why =
                each.found.basis == statistics::correlation_basis::too_few    ? " (too few slots)"
                : each.found.basis == statistics::correlation_basis::constant ? " (one is constant)"
                                                                              : " (no clear link)";
            silent += (silent.empty() ? "" : ", ") + pair + why;
        }
    }
    std::string text = "\nwhat moved together (over all operations; not what caused what)\n" + told;
    text += silent.empty() ? "" : "  not: " + silent + '\n';
    return of.pressure.empty() ? text + "  no pressure signal was up, so none was compared\n"
                               : text;
}

std::string outlook_text(const operation_trend& in, const trend_outlook& of) {
    const auto& last = of.next.next.back();
    const std::string name = name_of(of.of, in);
    std::string text = "  " + name_of(in) + ": " + name + ' ' + figure(of.of, last.value);
    const auto range = [&](const std::optional<statistics::value_range>& of_it,
                           const char* chance) {
        const double upper =
            of.of == measure::timeout_rate ? std::min(1.0, of_it->upper) : of_it->upper;
        return std::string{" ("} + chance + ": " + figure(of.of, of_it->lower) + " to " +
               figure(of.of, upper) + ')';
    };
    text += last.nearly_sure ? range(last.nearly_sure, "95 %")
            : last.likely    ? range(last.likely, "80 %")
                             : " (too short a time to say how surely)";
    return text + ", from the time since " + minute_text(of.since) + '\n';
}

std::string outlooks(const trend& of) {
    std::string text;
    const auto add = [&](const operation_trend& in) {
        for (const auto& each : in.outlooks) {
            const auto& last = each.next.next.back();
            if (last.value == 0 && (!last.nearly_sure || last.nearly_sure->upper == 0)) {
                continue;
            }
            const auto ahead = of.slot_length * static_cast<duration::rep>(each.next.next.size());
            std::string line = outlook_text(in, each);
            text += line.insert(2, "in " + policy::format_duration(ahead) + ", ");
        }
    };
    if (of.operations.size() != 1) {
        add(of.all);
    }
    std::ranges::for_each(of.operations, add);
    return text.empty() ? "" : "\nwhat comes next, if nothing changes\n" + text;
}

std::string markers(const trend& of, bool reloads) {
    std::vector<const trend_marker*> all;
    for (const auto& each : of.marks) {
        if (each.is_reload == reloads) {
            all.push_back(&each);
        }
    }
    std::string text;
    const std::size_t first = all.size() - std::min(all.size(), marks_shown);
    for (std::size_t i = first; i < all.size(); ++i) {
        text += "  " + rfc3339(all[i]->at) + ' ' + clean(all[i]->text) + '\n';
    }
    const std::string title = reloads ? "\nchanges of the policy, by reloads\n" : "\ndeploys\n";
    return text.empty() ? "" : title + text;
}

}  // namespace

std::string to_text(const trend& of) {
    std::string text = head(of);
    if (of.all.count == 0) {
        return text + markers(of, false) + markers(of, true);
    }
    if (of.operations.size() != 1) {
        text += rows(of.all, of);
    }
    const auto shown = std::min(of.operations.size(), trend_operations_shown);
    for (std::size_t i = 0; i < shown; ++i) {
        text += rows(of.operations[i], of);
    }
    if (of.operations.size() > shown) {
        text += "\nand " + std::to_string(of.operations.size() - shown) +
                " more operations (--json tells all)\n";
    }
    return text + changes(of) + relations(of) + outlooks(of) + markers(of, false) +
           markers(of, true);
}

}  // namespace curfew::report
