#include <curfew/core/expects.hpp>
#include <curfew/gateway/balancer.hpp>

#include <algorithm>

namespace curfew::gateway {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;

}  // namespace

balancer::balancer(policy::balancing how, std::size_t endpoints)
    : how_{how}, size_{endpoints}, endpoints_{std::make_unique<endpoint[]>(endpoints)} {
    expects(endpoints > 0, "an upstream has an endpoint");
}

/// Whether `a` is to be preferred to `b`, which comes earlier in turn.
bool balancer::better(const endpoint& a, const endpoint& b, time_point now) const noexcept {
    const auto a_until = a.rests_until.load(relaxed);
    const auto b_until = b.rests_until.load(relaxed);
    const bool a_rests = a_until > now.time_since_epoch().count();
    const bool b_rests = b_until > now.time_since_epoch().count();
    if (a_rests || b_rests) return a_rests == b_rests ? a_until < b_until : b_rests;
    return how_ == policy::balancing::least_loaded &&
           a.in_flight.load(relaxed) < b.in_flight.load(relaxed);
}

std::size_t balancer::pick(time_point now, std::optional<std::size_t> except) noexcept {
    if (size_ == 1) return 0;
    const auto first = turn_.fetch_add(1, relaxed) % size_;
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < size_; ++i) {
        const auto candidate = first + i < size_ ? first + i : first + i - size_;
        if (candidate == except) continue;
        if (!best || better(endpoints_[candidate], endpoints_[*best], now)) best = candidate;
    }
    return *best;
}

void balancer::started(std::size_t endpoint) noexcept {
    endpoints_[endpoint].in_flight.fetch_add(1, relaxed);
}

void balancer::ended(std::size_t endpoint) noexcept {
    endpoints_[endpoint].in_flight.fetch_sub(1, relaxed);
}

void balancer::connected(std::size_t endpoint) noexcept {
    auto& one = endpoints_[endpoint];
    one.connects.fetch_add(1, relaxed);
    one.failures_in_a_row.store(0, relaxed);
    one.rests_until.store(duration::min().count(), relaxed);
}

void balancer::connect_failed(std::size_t endpoint, time_point now) noexcept {
    auto& one = endpoints_[endpoint];
    one.connect_failures.fetch_add(1, relaxed);
    const auto before = std::min(one.failures_in_a_row.fetch_add(1, relaxed), 10U);
    const auto rest = std::min(first_rest * (1U << before), longest_rest);
    one.rests_until.store(add_saturated(now, rest).time_since_epoch().count(), relaxed);
}

balancer::status balancer::describe(std::size_t endpoint, time_point now) const noexcept {
    const auto& one = endpoints_[endpoint];
    return {
        .resting = one.rests_until.load(relaxed) > now.time_since_epoch().count(),
        .in_flight = one.in_flight.load(relaxed),
        .connects = one.connects.load(relaxed),
        .connect_failures = one.connect_failures.load(relaxed),
    };
}

}  // namespace curfew::gateway
