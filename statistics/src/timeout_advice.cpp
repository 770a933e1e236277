#include <curfew/core/expects.hpp>
#include <curfew/statistics/timeout_advice.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace curfew::statistics {

namespace {

constexpr std::uint64_t hung_to_finished = 10;

// One history with its cut calls sorted into slow and hung.
struct sorted_history {
    histogram completed;
    std::vector<cut_calls> slow;
    std::uint64_t slow_count = 0;
    std::uint64_t hung_count = 0;

    [[nodiscard]] std::uint64_t telling() const noexcept { return completed.count() + slow_count; }
};

bool has_hung(const histogram& completed, const cut_calls& cut) noexcept {
    const std::uint64_t finished_late =
        completed.count_at_most(cut.limit) - completed.count_at_most(cut.limit / 2);
    return cut.count / hung_to_finished >= finished_late;
}

sorted_history sort_out(const call_history& history, std::uint64_t min_calls) {
    sorted_history sorted;
    if (history.completed != nullptr) {
        sorted.completed = *history.completed;
    }
    const bool comparable = sorted.completed.count() >= min_calls;
    for (const cut_calls& each : history.cut) {
        if (comparable && has_hung(sorted.completed, each)) {
            sorted.hung_count += each.count;
        } else {
            sorted.slow.push_back(each);
            sorted.slow_count += each.count;
        }
    }
    return sorted;
}

advice_evidence weigh(const sorted_history& history, const advice_rules& rules) {
    const auto calls = static_cast<double>(std::max<std::uint64_t>(history.telling(), 2));
    const double q = std::min(rules.q, (calls - 1) / calls);
    return {
        estimate_quantile(history.completed, q, rules.confidence, history.slow),
        history.hung_count,
    };
}

advice_replay replay(const sorted_history& history, const advice_rules& rules, duration limit) {
    advice_replay found;
    found.calls = history.telling() + history.hung_count;
    found.false_timeouts = history.completed.count() - history.completed.count_at_most(limit);
    for (const cut_calls& each : history.slow) {
        (each.limit < limit ? found.unknown : found.false_timeouts) += each.count;
    }
    if (found.calls > 0) {
        found.rate = static_cast<double>(found.false_timeouts) / static_cast<double>(found.calls);
    }
    found.interval = wilson_interval(found.false_timeouts, found.calls, rules.confidence);
    return found;
}

duration times(duration length, double factor) noexcept {
    const double product = static_cast<double>(length.count()) * factor;
    return product < 9e18 ? duration{static_cast<duration::rep>(product)} : duration::max();
}

// Up to two significant digits: what a person would write into the policy.
duration rounded_up(duration exact) noexcept {
    duration::rep unit = 1;
    while (exact.count() / unit >= 100) {
        unit *= 10;
    }
    const duration::rep rest = exact.count() % unit;
    return rest == 0
               ? exact
               : duration{exact.count() - rest} + std::min(duration{unit}, duration::max() - exact);
}

struct wish {
    duration limit;
    bool cut_short;
};

wish wanted(const quantile_estimate& quantile, const advice_input& input) noexcept {
    const advice_rules& rules = input.rules;
    if (!quantile.value) {
        const duration longer = times(quantile.at_least, rules.thin_margin);
        return {std::max(longer, input.current.value_or(duration::zero())), true};
    }
    const duration roomy = times(*quantile.value, quantile.thin ? rules.thin_margin : rules.margin);
    // Too few calls to bound it from above never lower a limit.
    const duration unbounded = input.current.value_or(rules.cold_start);
    return {std::max(roomy, quantile.upper.value_or(unbounded)), false};
}

bool is_close(duration a, duration current, double hysteresis) noexcept {
    const auto distance = static_cast<double>((a - current).count());
    return std::abs(distance) <= hysteresis * static_cast<double>(current.count());
}

void decide(timeout_advice& advice, const advice_input& input) noexcept {
    const advice_rules& rules = input.rules;
    const wish wished = wanted(advice.calm.quantile, input);
    const duration exact = rounded_up(std::min(wished.limit, rules.cap));
    advice.at_floor = exact < rules.floor;
    advice.at_cap = wished.limit > rules.cap;
    advice.limit = std::clamp(exact, rules.floor, rules.cap);
    const std::optional<duration> current = input.current;
    const bool is_allowed = current && *current >= rules.floor && *current <= rules.cap;
    if (wished.cut_short) {
        advice.reason = advice_reason::cut_short;
    } else if (is_allowed && is_close(advice.limit, *current, rules.hysteresis)) {
        advice.reason = advice_reason::kept;
        advice.limit = *current;
    } else if (current) {
        advice.reason = advice.limit > *current ? advice_reason::raised : advice_reason::lowered;
    } else {
        advice.reason = advice_reason::proposed;
    }
}

std::optional<double> pressure_factor(
    const timeout_advice& advice, const advice_rules& rules
) noexcept {
    const quantile_estimate& calm = advice.calm.quantile;
    const quantile_estimate& pressed = advice.pressed.quantile;
    const bool known = calm.value && pressed.value && *calm.value > duration::zero() &&
                       calm.completed + calm.cut >= rules.min_calls &&
                       pressed.completed + pressed.cut >= rules.min_calls;
    if (!known) {
        return std::nullopt;
    }
    return std::max(
        1.0, static_cast<double>(pressed.value->count()) / static_cast<double>(calm.value->count())
    );
}

}  // namespace

bool is_valid(const advice_rules& rules) noexcept {
    return rules.q >= 0.5 && rules.q <= 0.99999 && rules.margin >= 1 && rules.margin <= 10 &&
           rules.thin_margin >= 1 && rules.thin_margin <= 10 && rules.confidence >= 0.5 &&
           rules.confidence <= 0.9999 && rules.hysteresis >= 0 && rules.hysteresis <= 1 &&
           rules.floor > duration::zero() && rules.floor <= rules.cap &&
           rules.cold_start > duration::zero() && rules.min_calls >= 2;
}

std::string_view to_string(advice_reason reason) noexcept {
    switch (reason) {
        case advice_reason::cold_start:
            return "cold_start";
        case advice_reason::cut_short:
            return "cut_short";
        case advice_reason::kept:
            return "kept";
        case advice_reason::raised:
            return "raised";
        case advice_reason::lowered:
            return "lowered";
        case advice_reason::proposed:
            return "proposed";
    }
    return "unknown";
}

timeout_advice advise_timeout(const advice_input& input) {
    const advice_rules& rules = input.rules;
    expects(is_valid(rules), "the rules of an advice are valid");
    const sorted_history calm = sort_out(input.calm, rules.min_calls);
    const sorted_history pressed = sort_out(input.pressed, rules.min_calls);
    timeout_advice advice;
    advice.calm = weigh(calm, rules);
    advice.pressed = weigh(pressed, rules);
    if (calm.telling() >= rules.min_calls) {
        decide(advice, input);
    } else {
        advice.limit = input.current.value_or(rules.cold_start);
    }
    advice.calm_replay = replay(calm, rules, advice.limit);
    advice.pressed_replay = replay(pressed, rules, advice.limit);
    advice.pressure_factor = pressure_factor(advice, rules);
    return advice;
}

}  // namespace curfew::statistics
