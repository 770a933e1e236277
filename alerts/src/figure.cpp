#include <curfew/alerts/figure.hpp>

#include <algorithm>
#include <limits>

namespace curfew::alerts {

namespace {

using policy::measure;
using policy::metric;
using policy::relation;

constexpr std::uint64_t million = 1'000'000;

bool holds(std::uint64_t value, relation how, std::uint64_t bound) noexcept {
    switch (how) {
        case relation::over:
            return value > bound;
        case relation::at_least:
            return value >= bound;
        case relation::under:
            return value < bound;
        case relation::at_most:
            return value <= bound;
    }
    return false;
}

bool is_from_below(relation how) noexcept {
    return how == relation::under || how == relation::at_most;
}

reading read(bool over, bool clear) noexcept {
    return over ? reading::over : clear ? reading::clear : reading::between;
}

/// Millionths of the calls above which a quantile is over its value.
std::uint64_t tail_of(metric which) noexcept {
    switch (which) {
        case metric::p50:
            return 500'000;
        case metric::p90:
            return 100'000;
        case metric::p95:
            return 50'000;
        default:
            return 10'000;
    }
}

/// How it ended says something of the operation.
bool ran(const sample& what) noexcept {
    return !what.refused && what.ended != outcome::ignored && what.ended != outcome::cancelled;
}

/// Of what ran.
bool speaks_for(metric which, const sample& what) noexcept {
    const bool timed_out = what.ended == outcome::timeout;
    const bool failed = what.ended == outcome::failure;
    switch (which) {
        case metric::timeout_rate:
            return timed_out;
        case metric::failure_rate:
            return failed;
        case metric::error_rate:
            return timed_out || failed;
        case metric::near_miss_rate:
            return what.near_miss;
        default:
            return false;
    }
}

std::string percent(std::int64_t millionths) {
    const std::int64_t hundredths = (millionths + 50) / 100;
    std::string text = std::to_string(hundredths / 100);
    const std::string part = std::to_string(100 + hundredths % 100).substr(1);
    return text + '.' + part + '%';
}

std::string calls_in(std::uint64_t calls, duration time) {
    return std::to_string(calls) + (calls == 1 ? " call in " : " calls in ") +
           policy::format_duration(time);
}

std::string refused_too(const figure& what) {
    const std::uint64_t refused = what.calls - what.of;
    return refused == 0 ? std::string{} : " (and " + std::to_string(refused) + " were refused)";
}

}  // namespace

window::counts counts_of(const policy::alert_policy& rule, const sample& what) noexcept {
    const auto& due = rule.due;
    const auto measured = policy::measure_of(due.what);
    if (measured == measure::rate) {
        return {1, 1, 0, 0};
    }
    const bool inclusive = due.how == relation::at_least;
    const auto beyond = [&](std::int64_t bound) -> std::uint64_t {
        return what.took.count() > bound || (inclusive && what.took.count() == bound) ? 1 : 0;
    };
    if (what.refused) {
        const bool of_refusals = due.what == metric::refusal_rate || due.what == metric::error_rate;
        return of_refusals ? window::counts{1, 1, 1, 1} : window::counts{1, 0, 0, 0};
    }
    if (measured == measure::time) {
        const bool left = what.ended == outcome::cancelled && beyond(due.value) != 0;
        return ran(what) || left ? window::counts{1, 1, beyond(due.value), beyond(rule.clear_at)}
                                 : window::counts{};
    }
    const std::uint64_t speaks = speaks_for(due.what, what) ? 1 : 0;
    return ran(what) ? window::counts{1, 1, speaks, speaks} : window::counts{};
}

figure figure_of(
    const policy::alert_policy& rule, const window::counts& counted, duration covered, bool whole
) noexcept {
    const auto& due = rule.due;
    const auto bound = static_cast<std::uint64_t>(due.value);
    const auto clear_at = static_cast<std::uint64_t>(rule.clear_at);
    const std::uint64_t calls = counted.calls;
    figure made{reading::no_data, calls, counted.of, 0};
    switch (policy::measure_of(due.what)) {
        case measure::share:
        case measure::time: {
            const bool is_share = policy::measure_of(due.what) == measure::share;
            const std::uint64_t at = is_share ? bound : tail_of(due.what);
            const std::uint64_t end = is_share ? clear_at : tail_of(due.what);
            if (made.of > 0) {
                made.value = static_cast<std::int64_t>(counted.over * million / made.of);
            }
            if (calls >= rule.min_calls) {
                const auto how = is_share ? due.how : relation::over;
                const bool over = holds(counted.over * million, how, at * made.of);
                const bool clear = counted.unclear * million <= end * made.of;
                made.is = made.of == 0 ? reading::held : read(over, clear);
            }
            return made;
        }
        case measure::rate: {
            const double a_second =
                static_cast<double>(calls) * 1e15 /
                static_cast<double>(std::max<duration::rep>(covered.count(), 1));
            const auto rate = static_cast<std::uint64_t>(std::min(a_second, 1e18));
            made.value = static_cast<std::int64_t>(rate);
            if (whole) {
                const bool clear = is_from_below(due.how) ? rate >= clear_at : rate <= clear_at;
                made.is = read(holds(rate, due.how, bound), clear);
            }
            return made;
        }
        case measure::count:
        case measure::nothing:
            made.value = static_cast<std::int64_t>(calls);
            made.is = read(holds(calls, due.how, bound), calls <= clear_at);
            return made;
    }
    return made;
}

std::string describe(const policy::alert_policy& rule, const figure& what) {
    const duration time = window_of(rule);
    switch (policy::measure_of(rule.due.what)) {
        case measure::share:
        case measure::time:
            if (what.is == reading::no_data) {
                return calls_in(what.calls, time) + ", of " + std::to_string(rule.min_calls) +
                       " it takes";
            }
            if (what.is == reading::held) {
                return "all of " + calls_in(what.calls, time) + " were refused";
            }
            if (policy::measure_of(rule.due.what) == measure::time) {
                const auto bound = policy::duration_figure(duration{rule.due.value});
                const bool inclusive = rule.due.how == relation::at_least;
                return percent(what.value) + " of " + calls_in(what.of, time) + " took " +
                       (inclusive ? "" : "over ") + bound + (inclusive ? " or more" : "") +
                       refused_too(what);
            }
            return percent(what.value) + " of " + calls_in(what.of, time) + refused_too(what);
        case measure::rate: {
            const std::string hundredths =
                std::to_string(100 + what.value / 10'000 % 100).substr(1);
            return std::to_string(what.value / 1'000'000) + '.' + hundredths + "/s (" +
                   calls_in(what.calls, time) + ')';
        }
        case measure::count:
            return std::to_string(what.value) + " in " + policy::format_duration(time);
        case measure::nothing:
            return what.value != 0 ? "the ledger cannot be written" : "the ledger is written";
    }
    return {};
}

duration window_of(const policy::alert_policy& rule) noexcept {
    const bool counts = policy::measure_of(rule.due.what) == measure::count;
    return counts ? rule.due.lasting : rule.window;
}

patience patience_of(const policy::alert_policy& rule) noexcept {
    const bool counts = policy::measure_of(rule.due.what) == measure::count;
    return {counts ? duration::zero() : rule.due.lasting, rule.clear_for, rule.repeat};
}

}  // namespace curfew::alerts
