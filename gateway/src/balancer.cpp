#include <curfew/core/expects.hpp>
#include <curfew/gateway/balancer.hpp>

#include <algorithm>

namespace curfew::gateway {

balancer::balancer(policy::balancing how, std::size_t endpoints)
    : how_{how}, endpoints_(endpoints) {
    expects(endpoints > 0, "an upstream has an endpoint");
}

/// Whether `a` is to be preferred to `b`, which comes earlier in turn.
bool balancer::better(const endpoint& a, const endpoint& b) const noexcept {
    const bool a_rests = a.tries_failed > 0;
    const bool b_rests = b.tries_failed > 0;
    if (a_rests && b_rests) return a.next_try < b.next_try;
    if (a_rests || b_rests) return b_rests;
    return how_ == policy::balancing::least_loaded && a.in_flight < b.in_flight;
}

std::size_t balancer::pick() noexcept {
    auto best = turn_;
    for (std::size_t i = 1; i < size(); ++i) {
        const auto candidate = turn_ + i < size() ? turn_ + i : turn_ + i - size();
        if (better(endpoints_[candidate], endpoints_[best])) best = candidate;
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
    one.tries_failed = 0;
    one.next_try = time_point::min();
}

void balancer::connect_failed(std::size_t endpoint, time_point now) noexcept {
    constexpr std::uint32_t doublings = 10;
    auto& one = endpoints_[endpoint];
    ++one.connect_failures;
    if (now < one.next_try) return;
    const auto rest = first_rest * (1U << std::min(one.tries_failed, doublings));
    one.next_try = add_saturated(now, std::min(rest, longest_rest));
    ++one.tries_failed;
}

bool balancer::all_rest() const noexcept {
    return std::ranges::all_of(endpoints_, [](const endpoint& one) {
        return one.tries_failed > 0;
    });
}

balancer::status balancer::describe(std::size_t endpoint) const noexcept {
    const auto& one = endpoints_[endpoint];
    return {
        .resting = one.tries_failed > 0,
        .in_flight = one.in_flight,
        .connects = one.connects,
        .connect_failures = one.connect_failures,
    };
}

}  // namespace curfew::gateway
