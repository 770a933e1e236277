#include <curfew/policy/policy.hpp>

#include <algorithm>

namespace curfew::policy {

route_limits policy::default_limits() const {
    return {
        .timeout = request.timeout,
        .body_idle = request.body_idle,
        .in_flight = gateway.in_flight,
        .queue = gateway.queue,
        .retry = gateway.retry,
        .adaptive = request.adaptive,
        .adaptive_floor = request.adaptive_floor,
        .adaptive_false_timeouts = request.adaptive_false_timeouts,
        .breaker = breaker,
    };
}

const upstream_policy* policy::find_upstream(std::string_view name) const noexcept {
    const auto found = std::ranges::find(upstreams, name, &upstream_policy::name);
    return found == upstreams.end() ? nullptr : &*found;
}

const kind_policy* policy::find_kind(std::string_view name) const noexcept {
    const auto found = std::ranges::find(kinds, name, &kind_policy::name);
    return found == kinds.end() ? nullptr : &*found;
}

}  // namespace curfew::policy
