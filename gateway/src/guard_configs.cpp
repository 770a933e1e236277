#include "guard_configs.hpp"

#include <algorithm>
#include <cmath>

namespace curfew::gateway {

namespace {

std::uint32_t percent(double fraction) noexcept {
    return static_cast<std::uint32_t>(std::lround(fraction * 100));
}

}  // namespace

limiter_config limiter_of(const policy::limiter_policy& from) noexcept {
    limiter_config made;
    made.start = from.initial;
    made.floor = from.floor;
    made.ceiling = from.ceiling;
    made.route_share_percent = percent(from.route_share);
    made.tolerance_percent = percent(from.tolerance);
    return made;
}

breaker_config breaker_of(const policy::breaker_policy& from, duration slow) noexcept {
    breaker_config made;
    made.consecutive_failures = from.consecutive_failures;
    made.reset = from.reset;
    made.reset_max = std::max(made.reset_max, from.reset);
    made.reset_min = std::min(made.reset_min, from.reset);
    made.window.span = from.window;
    made.failure_rate = {percent(from.failure_rate.value_or(0)), from.min_calls};
    made.slow_rate = {percent(from.slow_rate.value_or(0)), from.min_calls};
    made.slow_after = slow;
    made.probes = from.half_open_permits;
    made.probe_results = from.half_open_permits;
    made.probe_lease = from.probe_lease;
    return made;
}

adaptive_timeout_config adaptive_timeout_of(const policy::route_limits& from) noexcept {
    adaptive_timeout_config made;
    made.ceiling = from.timeout;
    made.floor = std::min(from.adaptive_floor, from.timeout);
    made.false_timeouts = from.adaptive_false_timeouts;
    return made;
}

}  // namespace curfew::gateway
