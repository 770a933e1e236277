#include "key.hpp"
#include <curfew/core/expects.hpp>
#include <curfew/policy/stretch.hpp>

#include <algorithm>
#include <cmath>

namespace curfew::policy {

namespace {

constexpr double factor_least = 0.1;

double value_of(std::span<const signal_value> pressure, std::string_view name) {
    const auto found = std::ranges::find(pressure, name, &signal_value::name);
    return found == pressure.end() ? 0 : found->value;
}

duration times(duration base, double factor, const between<duration>& allowed) {
    if (factor == 1) return base;
    // The longest range is 10 years, and 10 times that is within what is counted.
    const auto exact = static_cast<long double>(base.count()) * static_cast<long double>(factor);
    return std::clamp(duration{std::llround(exact)}, allowed.low, allowed.high);
}

}  // namespace

bool is_stretchable(std::string_view key) noexcept {
    const auto* which = find_key(key);
    if (which == nullptr || which->is_named()) return false;
    static const policy fresh;
    return std::holds_alternative<duration*>(*place_in(fresh, {which, {}}));
}

stretched_limit stretch_limit(
    const policy& of, std::string_view key, std::span<const signal_value> pressure
) {
    for (const auto& [name, value] : pressure) {
        expects(value >= 0 && value <= 1, "the value of a signal is from 0 to 1");
        expects(
            std::ranges::count(pressure, name, &signal_value::name) == 1, "a signal is told once"
        );
    }
    const auto* which = find_key(key);
    expects(which != nullptr && !which->is_named(), "a key of the policy itself is stretched");
    const auto place = *place_in(of, {which, {}});
    const auto* base = std::get_if<duration*>(&place);
    expects(base != nullptr, "a time is stretched");

    stretched_limit made{.key = std::string{key}, .base = **base, .pressure = {}};
    for (const auto& signal : of.signals) {
        const auto found = std::ranges::find(signal.stretched, key, &stretch::key);
        const auto value = value_of(pressure, signal.name);
        if (found == signal.stretched.end() || value == 0) continue;
        made.factor *= 1 + (found->multiplier - 1) * value;
        made.pressure.push_back({signal.name, value, found->multiplier});
    }
    made.is_capped = made.factor > of.pressure.multiplier_max;
    made.factor = std::clamp(made.factor, factor_least, of.pressure.multiplier_max);
    made.effective = times(made.base, made.factor, std::get<between<duration>>(which->allowed));
    return made;
}

std::vector<stretched_limit> stretched_limits(
    const policy& of, std::span<const signal_value> pressure
) {
    std::vector<stretched_limit> all;
    for (const auto& which : keys()) {
        const bool is_stretched = std::ranges::any_of(of.signals, [&](const auto& signal) {
            const auto found = std::ranges::find(signal.stretched, which.path, &stretch::key);
            return found != signal.stretched.end() && value_of(pressure, signal.name) > 0;
        });
        if (is_stretched) all.push_back(stretch_limit(of, which.path, pressure));
    }
    return all;
}

policy stretched(const policy& of, std::span<const signal_value> pressure) {
    policy made = of;
    for (const auto& limit : stretched_limits(of, pressure)) {
        const auto stretch = [&](const key& which, std::string_view name) {
            const auto place = *place_in(made, {&which, name});
            auto& value = **std::get_if<duration*>(&place);
            if (value == limit.base) value = limit.effective;
        };
        stretch(*find_key(limit.key), {});
        for (const auto& which : keys()) {
            if (which.inherits != limit.key) continue;
            for (const auto& route : made.routes) {
                stretch(which, route.name);
            }
        }
    }
    for (auto& check : made.checks) {
        if (check.type == check_type::postgres && !check.is_timeout_said) {
            check.timeout = made.database.initialization;
        }
    }
    return made;
}

}  // namespace curfew::policy
