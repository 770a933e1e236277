#include <curfew/core/expects.hpp>
#include <curfew/gateway/balancer.hpp>

#include <algorithm>

namespace curfew::gateway {

balancer::balancer(policy::balancing how, std::size_t endpoints)
    : how_{how}, endpoints_(endpoints) {
    expects(endpoints > 0, "an upstream has an endpoint");
}

/// Whether `a` is to be preferred to `b`, which comes earlier in turn.
bool balancer::better(const endpoint& a, const endpoint& b, time_point now) const noexcept {
    const bool a_rests = a.rests_until > now;
    const bool b_rests = b.rests_until > now;
    if (a_rests && b_rests) return a.rests_until < b.rests_until;
    if (a_rests || b_rests) return b_rests;
    return how_ == policy::balancing::least_loaded && a.in_flight < b.in_flight;
}

std::size_t balancer::pick(time_point now) noexcept {
    auto best = turn_;
    for (std::size_t i = 1; i < size(); ++i) {
        const auto candidate = turn_ + i < size() ? turn_ + i : turn_ + i - size();
        if (better(endpoints_[candidate], endpoints_[best], now)) best = candidate;
    }
    turn_ = best + 1 < size() ? best + 1 : 0;
    return best;
}

void balancer::started(std::size_t endpoint) noexcept {
    ++endpoints_[endpoint].in_flight;
}

void balancer::ended(std::size_t endpoint) noexcept {
    --endpoints_[endpoint].in_flight;
}

void balancer::connected(std::size_t endpoint) noexcept {
    auto& one = endpoints_[endpoint];
    ++one.connects;
    one.failures_in_a_row = 0;
    one.rests_until = time_point::min();
}

void balancer::connect_failed(std::size_t endpoint, time_point now) noexcept {
    constexpr std::uint32_t doublings = 10;
    auto& one = endpoints_[endpoint];
    ++one.connect_failures;
    const auto rest = first_rest * (1U << std::min(one.failures_in_a_row, doublings));
    one.rests_until = add_saturated(now, std::min(rest, longest_rest));
    ++one.failures_in_a_row;
}

balancer::status balancer::describe(std::size_t endpoint, time_point now) const noexcept {
    const auto& one = endpoints_[endpoint];
    return {
        .resting = one.rests_until > now,
        .in_flight = one.in_flight,
        .connects = one.connects,
        .connect_failures = one.connect_failures,
    };
}

}  // namespace curfew::gateway
