#include "words.hpp"
#include <curfew/core/rfc3339.hpp>
#include <curfew/load/figures.hpp>
#include <curfew/policy/duration_text.hpp>
#include <curfew/report/limit_advice.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace curfew::report {
namespace {

using load::count_figure;
using load::time_figure;
using policy::duration_figure;
using statistics::advice_reason;

constexpr std::size_t shown = 50;

std::string minute_text(ledger::wall_time at) {
    return rfc3339(at).substr(0, 16) + 'Z';
}

std::string number(const char* format, double value) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), format, value);
    return text.data();
}

std::string percent(double share) {
    return number(share == 0 || share >= 0.1 ? "%.0f %%" : "%.2f %%", share * 100);
}

/// "P99", "P96.7": a thin history has a lower one.
std::string quantile_name(double q) {
    return std::abs(q * 100 - std::round(q * 100)) < 1e-9 ? number("P%.0f", q * 100)
                                                          : number("P%.1f", q * 100);
}

std::string limit_text(const std::optional<duration>& limit) {
    return limit ? duration_figure(*limit) : "no limit known";
}

/// "only 40m of history", "calls in only 2 hours of 1d6h".
std::string shortness(const seen_history& of) {
    if (of.clock_hours < seen_history::clock_hours_least) {
        return "only " + duration_figure(of.length) + " of history, and a limit is lowered by " +
               std::to_string(seen_history::clock_hours_least) + "h of it or more";
    }
    return "calls in only " + std::to_string(of.hours_with_calls) + " of " +
           std::to_string(of.clock_hours) + " hours, and a limit is lowered by " +
           std::to_string(seen_history::hours_with_calls_least) + " of them or more";
}

std::string decision(const advised_limit& of) {
    const auto& advice = of.advice;
    const auto before = of.in_force ? of.in_force : of.ran_under;
    if (of.mostly_bodies()) {
        return "nothing is advised: " + percent(of.body_share) +
               " of its time is relaying bodies, which `request.timeout` does not end";
    }
    if (of.held_by_contention()) {
        return limit_text(before) + " stays: " + duration_figure(advice.limit) +
               " would do in calm times, but too many that waited in the queue would have timed "
               "out";
    }
    if (of.held_by_young_history()) {
        return limit_text(before) + " stays, not lowered to " + duration_figure(advice.limit) +
               ": " + shortness(of.seen);
    }
    const std::string change = limit_text(before) + " -> " + duration_figure(advice.limit);
    switch (advice.reason) {
        case advice_reason::cold_start:
            return limit_text(before) + " stays: too few calls to advise on";
        case advice_reason::cut_short:
            return before && advice.limit == *before
                       ? limit_text(before) +
                             " stays, though too many calls were cut to see how "
                             "long they need"
                       : change + ", raised: too many calls were cut to see how long they need";
        case advice_reason::kept:
            return limit_text(before) + " is right within a fifth";
        case advice_reason::raised:
            return change + ", raised";
        case advice_reason::lowered:
            return change + ", lowered";
        case advice_reason::proposed:
            return duration_figure(advice.limit) + " is proposed";
    }
    return {};
}

std::string quantile_text(const statistics::quantile_estimate& of) {
    std::string text =
        quantile_name(of.q) + " of " + count_figure(of.completed + of.cut) + " calls ";
    text += of.value ? time_figure(*of.value) : "at least " + time_figure(of.at_least);
    if (of.lower || of.upper) {
        text += " (95 %: " + (of.lower ? time_figure(*of.lower) : std::string{"unknown"}) + " to " +
                (of.upper ? time_figure(*of.upper) : std::string{"unknown"}) + ')';
    }
    return text;
}

std::string evidence(const advised_limit& of) {
    const auto& calm = of.advice.calm;
    std::string text = "    " + quantile_text(calm.quantile);
    text += "; " + count_figure(calm.quantile.cut) + " cut by a limit, " + count_figure(calm.hung) +
            " hung";
    text += of.cut_by_callers == 0
                ? ""
                : " (of all cut ones " + count_figure(of.cut_by_callers) + " by their caller's)";
    text += of.advice.at_floor ? "; at the least limit" : "";
    return text + (of.advice.at_cap ? "; at the greatest limit\n" : "\n");
}

std::string replay_text(const statistics::advice_replay& of, const char* which) {
    std::string text = count_figure(of.false_timeouts) + " of " + count_figure(of.calls) + which +
                       " = " + percent(of.rate) + " (95 %: " + percent(of.interval.lower) + " to " +
                       percent(of.interval.upper) + ')';
    return text + (of.unknown == 0 ? "" : ", of " + count_figure(of.unknown) + " nobody knows");
}

std::string history(const advised_limit& of) {
    std::string text = "    history since " + minute_text(of.since);
    text += ", calls over " + duration_figure(of.seen.length) + ", in " +
            count_figure(of.seen.hours_with_calls) +
            (of.seen.hours_with_calls == 1 ? " hour of the clock" : " hours of the clock");
    const auto told = [](const trend_change& change) {
        const bool rose = change.point.after > change.point.before;
        return std::string{change.of == measure::latency ? "its latency" : "its timeout rate"} +
               (rose ? " rose" : " fell");
    };
    text += of.cut_at ? ", when " + told(*of.cut_at) : "";
    if (of.recent) {
        text += "; at " + minute_text(of.recent->at) + ' ' + told(*of.recent) +
                ", too young to build on alone";
    }
    return text + '\n';
}

std::string operation(const advised_limit& of) {
    std::string text = '\n' + clean(of.name) + '\n' + "  " + decision(of) + '\n';
    if (of.advice.calm.quantile.completed + of.advice.calm.quantile.cut + of.advice.calm.hung > 0) {
        text += evidence(of);
    }
    if (of.advice.reason != advice_reason::cold_start && !of.mostly_bodies()) {
        text += "    with " + duration_figure(of.advice.limit) +
                " these would have timed out though they need not: " +
                replay_text(of.advice.calm_replay, "") + '\n';
    }
    if (of.advice.pressed_replay.calls > 0) {
        text += "    kept apart, made while most of the time was waiting in the queue: " +
                replay_text(of.advice.pressed_replay, "");
        text += of.advice.pressure_factor
                    ? ", " + number("%.1f", *of.advice.pressure_factor) + " times as long\n"
                    : "\n";
    }
    if (of.body_share >= 0.1 && !of.mostly_bodies()) {
        text += "    " + percent(of.body_share) +
                " of its time is relaying bodies, which the limit "
                "does not end: the advice is the longer for it\n";
    }
    if (of.in_force && of.ran_under && *of.in_force != *of.ran_under) {
        text += "    it last timed out under " + duration_figure(*of.ran_under) + ", not " +
                duration_figure(*of.in_force) + '\n';
    }
    if (of.key.empty() && (!of.in_force || of.where != surface::http)) {
        text += of.where == surface::http ? "    the policy has no route of that name now\n"
                                          : "    the policy has no key for its limit\n";
    }
    return text + history(of);
}

std::string shared(const limit_advice& of) {
    if (!of.shared) {
        return "";
    }
    const auto& [in_force, limit, decided_by, seen, too_low] = *of.shared;
    std::string text =
        "\nrequest.timeout, which all of them share (the file declares no [[route]])\n  ";
    text += limit == in_force ? duration_figure(in_force) + " stays"
                              : duration_figure(in_force) + " -> " + duration_figure(limit);
    if (too_low) {
        return text + ", not lowered to " + duration_figure(*too_low) + ": " + shortness(seen) +
               '\n';
    }
    return text + ": as long as `" + clean(decided_by) + "` needs, the slowest of them\n";
}

}  // namespace

std::string to_text(const limit_advice& of) {
    std::string text = "limits from history, " + minute_text(of.when.from) + " to " +
                       minute_text(of.when.to) + ", ledger " + of.path + '\n';
    if (of.operations.empty()) {
        return text + "  no call was recorded in that time\n";
    }
    for (std::size_t i = 0; i < std::min(of.operations.size(), shown); ++i) {
        text += operation(of.operations[i]);
    }
    if (of.operations.size() > shown) {
        text += "\nand " + std::to_string(of.operations.size() - shown) +
                " more operations (--json tells all)\n";
    }
    return text + shared(of);
}

std::string to_text(const written_advice& of) {
    std::string text;
    for (const auto& line : of.edited.lines) {
        const std::string place = of.file + ':' + std::to_string(line.line) + ": ";
        text += line.before ? place + "- " + clean(*line.before) + '\n' : "";
        text += place + "+ " + clean(line.after) + '\n';
    }
    return text;
}

}  // namespace curfew::report
