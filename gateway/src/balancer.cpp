#include <curfew/core/expects.hpp>
#include <curfew/gateway/balancer.hpp>

#include <algorithm>

namespace curfew::gateway {

namespace {

constexpr std::uint64_t bit_of(std::size_t route) noexcept {
    return std::uint64_t{1} << (route % 64);
}

}  // namespace

std::string_view to_string(rest_reason why) noexcept {
    switch (why) {
        case rest_reason::none:
            return "";
        case rest_reason::no_connections:
            return "takes no connections";
        case rest_reason::hangs:
            return "requests hang at it";
        case rest_reason::fails:
            return "requests fail at it";
    }
    return "";
}

balancer::balancer(policy::balancing how, std::size_t endpoints)
    : how_{how}, endpoints_(endpoints) {
    expects(endpoints > 0, "an upstream has an endpoint");
}

// ---- picking -------------------------------------------------------------------------------

bool balancer::is_in_service(const endpoint& one) noexcept {
    return one.tries_failed == 0 && one.why == rest_reason::none;
}

/// Whether `a` is to be preferred to `b`, which comes earlier in turn.
bool balancer::better(const endpoint& a, const endpoint& b) const noexcept {
    const bool a_refuses = a.tries_failed > 0;
    const bool b_refuses = b.tries_failed > 0;
    if (a_refuses && b_refuses) return a.next_try < b.next_try;
    if (a_refuses || b_refuses) return b_refuses;
    const bool a_rests = a.why != rest_reason::none;
    const bool b_rests = b.why != rest_reason::none;
    if (a_rests != b_rests) return b_rests;
    return how_ == policy::balancing::least_loaded && a.in_flight < b.in_flight;
}

bool balancer::is_due(const endpoint& one, time_point now, bool harmless) const noexcept {
    if (one.why == rest_reason::none || one.tries_failed > 0) return false;
    if (one.on_trial != trial::none && now < one.lease_ends) return false;
    return now >= add_saturated(one.next_trial, harmless ? duration::zero() : one.pause);
}

std::size_t balancer::pick(time_point now, bool harmless) noexcept {
    auto best = turn_;
    for (std::size_t i = 0; i < size(); ++i) {
        const auto candidate = turn_ + i < size() ? turn_ + i : turn_ + i - size();
        auto& one = endpoints_[candidate];
        if (set_aside_ > 0 && is_due(one, now, harmless)) {
            one.on_trial = trial::picked;
            one.lease_ends = add_saturated(now, trial_lease);
            best = candidate;
            break;
        }
        if (better(one, endpoints_[best])) best = candidate;
    }
    turn_ = best + 1 < size() ? best + 1 : 0;
    return best;
}

bool balancer::started(std::size_t endpoint) noexcept {
    auto& one = endpoints_[endpoint];
    ++one.in_flight;
    if (one.on_trial != trial::picked) return false;
    one.on_trial = trial::runs;
    return true;
}

void balancer::ended(std::size_t endpoint) noexcept {
    --endpoints_[endpoint].in_flight;
}

void balancer::not_sent(std::size_t endpoint) noexcept {
    auto& one = endpoints_[endpoint];
    if (one.on_trial == trial::picked) one.on_trial = trial::none;
}

// ---- connections ---------------------------------------------------------------------------

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

// ---- what requests met ---------------------------------------------------------------------

bool balancer::others_serve(std::size_t endpoint) const noexcept {
    for (std::size_t i = 0; i < size(); ++i)
        if (i != endpoint && is_in_service(endpoints_[i])) return true;
    return false;
}

bool balancer::others_answer(std::size_t endpoint, std::size_t route) const noexcept {
    for (std::size_t i = 0; i < size(); ++i) {
        const auto& one = endpoints_[i];
        if (i != endpoint && is_in_service(one) && (one.well & bit_of(route)) != 0) return true;
    }
    return false;
}

bool balancer::may_rest(std::size_t endpoint) const noexcept {
    return set_aside_ + 1 <= std::max<std::size_t>(1, size() / 2) && others_serve(endpoint);
}

void balancer::rest(endpoint& one, rest_reason why, time_point now) noexcept {
    const bool served_long =
        one.back == time_point::min() || now >= add_saturated(one.back, longest_pause);
    if (served_long) one.pause = {};
    one.why = why;
    one.since = now;
    one.failures = 0;
    ++one.rests;
    fail_trial(one, now);
}

void balancer::fail_trial(endpoint& one, time_point now) noexcept {
    one.pause = std::clamp(one.pause * 2, first_pause, longest_pause);
    one.next_trial = add_saturated(now, one.pause);
    one.on_trial = trial::none;
}

void balancer::serve_again(endpoint& one, time_point now) noexcept {
    one.why = rest_reason::none;
    one.on_trial = trial::none;
    one.back = now;
}

void balancer::answered_well(const request& one, time_point now) noexcept {
    auto& its = endpoints_[one.endpoint];
    its.well |= bit_of(one.route);
    its.answered = now;
    its.failures = 0;
    if (its.why != rest_reason::none && (one.trial || one.sent > its.since)) {
        serve_again(its, now);
        --set_aside_;
    }
}

/// Forgets that it answered this route well.
bool balancer::is_its_own_doing(const request& one) noexcept {
    endpoints_[one.endpoint].well &= ~bit_of(one.route);
    return others_answer(one.endpoint, one.route);
}

bool balancer::count_failure(const request& one, time_point now) noexcept {
    if (!may_rest(one.endpoint)) return false;
    auto& its = endpoints_[one.endpoint];
    if (++its.failures >= failures_to_rest) {
        rest(its, rest_reason::fails, now);
        ++set_aside_;
    }
    return true;
}

bool balancer::answered_badly(const request& one, time_point now) noexcept {
    if (size() == 1) return false;
    auto& its = endpoints_[one.endpoint];
    const bool its_own = is_its_own_doing(one);
    if (its.why == rest_reason::none) return its_own && count_failure(one, now);
    if (its_own && one.trial) fail_trial(its, now);
    // It answers as the others do.
    if (!its_own && (one.trial || one.sent > its.since)) {
        serve_again(its, now);
        --set_aside_;
    }
    return its_own;
}

bool balancer::failed(const request& one, time_point now) noexcept {
    if (size() == 1) return false;
    auto& its = endpoints_[one.endpoint];
    const bool its_own = is_its_own_doing(one);
    if (its.why == rest_reason::none) return its_own && count_failure(one, now);
    if (one.trial) fail_trial(its, now);
    return others_serve(one.endpoint);
}

bool balancer::hangs(const request& one, bool again, time_point now) noexcept {
    if (size() == 1) return false;
    auto& its = endpoints_[one.endpoint];
    its.hanging += again ? 0 : 1;
    const bool its_own = is_its_own_doing(one);
    if (its.why != rest_reason::none) {
        if (one.trial) fail_trial(its, now);
        return others_serve(one.endpoint);
    }
    const bool all_hang = its.answered <= one.sent || its.hanging >= hanging_to_rest;
    if (!its_own || !all_hang || !may_rest(one.endpoint)) return false;
    rest(its, rest_reason::hangs, now);
    ++set_aside_;
    return true;
}

void balancer::hang_ended(std::size_t endpoint) noexcept {
    --endpoints_[endpoint].hanging;
}

void balancer::trial_ended(std::size_t endpoint) noexcept {
    auto& one = endpoints_[endpoint];
    if (one.on_trial == trial::runs) one.on_trial = trial::none;
}

balancer::status balancer::describe(std::size_t endpoint) const noexcept {
    const auto& one = endpoints_[endpoint];
    return {
        .resting = one.tries_failed > 0 ? rest_reason::no_connections : one.why,
        .in_flight = one.in_flight,
        .connects = one.connects,
        .connect_failures = one.connect_failures,
        .rests = one.rests,
    };
}

}  // namespace curfew::gateway
