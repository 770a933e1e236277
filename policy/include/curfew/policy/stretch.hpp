#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/policy/policy.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::policy {

/// How much of a signal ([signal.NAME]) there is: from 0, nothing, to 1.
struct signal_value {
    std::string_view name;
    double value = 0;
};

/// What one signal has to do with a limit.
struct contribution {
    std::string signal;
    double value = 0;       ///< more than 0
    double multiplier = 1;  ///< of the policy: at a value of 1
};

/// A limit under pressure.
struct stretched_limit {
    std::string key;
    duration base{};       ///< what the policy says
    duration effective{};  ///< what holds: base x factor, within the range of the key
    double factor = 1;
    bool is_capped = false;  ///< `pressure.multiplier_max` is less than what the signals ask for
    std::vector<contribution> pressure;  ///< in the order of the policy's signals
};

/// What a limit is while these signals are up. Each signal that stretches it makes it
/// 1 + (multiplier - 1) x value times as long; the factor is their product, at most
/// `pressure.multiplier_max` and at least 0.1. The result is rounded to the nanosecond and stays in
/// the range of its key. A signal that the policy does not have changes nothing.
///
/// `key` is that of a time of the policy itself ("database.connection"), each name stands there
/// once, and values are from 0 to 1; all else, NaN too, is the caller's bug. Pure.
[[nodiscard]] stretched_limit stretch_limit(
    const policy& of, std::string_view key, std::span<const signal_value> pressure
);

/// Whether it is a time of the policy itself.
[[nodiscard]] bool is_stretchable(std::string_view key) noexcept;

/// Every limit that one of these signals stretches, in the order of docs/policy.md.
[[nodiscard]] std::vector<stretched_limit> stretched_limits(
    const policy& of, std::span<const signal_value> pressure
);

/// The policy as it is under this pressure: each of these limits is what it is now, and so is what
/// a route has inherited from one (where its value is the same).
[[nodiscard]] policy stretched(const policy& of, std::span<const signal_value> pressure);

}  // namespace curfew::policy
