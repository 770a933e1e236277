#include "admission_guards.hpp"
#include "admission_refusals.hpp"
#include <curfew/gateway/admission.hpp>

#include <mutex>
#include <utility>

namespace curfew::gateway {

using detail::crash_suspicion;

held_back admission::set_upstream(
    std::size_t upstream, upstream_state state, duration retry_after, time_point now
) noexcept {
    const std::scoped_lock lock{lock_};
    seen(now);
    auto& its = *upstreams_[upstream];
    const bool was_up = its.state == upstream_state::up;
    its.state = state;
    if (was_up && state != upstream_state::up) its.ends.fetch_add(1, std::memory_order_relaxed);
    its.back_at = retry_after > duration::zero() ? now + retry_after : time_point::min();
    const bool in_vain = state == upstream_state::starting && !config_.observe;
    for (auto* route : its.routes) {
        if (state == upstream_state::stopped) refuse_waiters(*route, by_upstream(its, now));
        if (in_vain) route->queue.expire_by(its.back_at);
    }
    held_back found;
    if (state == upstream_state::up && !was_up) {
        found = judge(its, now);
        hint_recovered(its, now);
    }
    serve_waiters(its, now);
    return found;
}

void admission::upstream_crashed(std::size_t upstream, time_point now) noexcept {
    const std::scoped_lock lock{lock_};
    seen(now);
    auto& its = *upstreams_[upstream];
    if (its.state != upstream_state::up) return;
    its.crashed = true;
    for (auto* route : its.routes)
        route->suspicion.crashed(now);
    if (now - its.accused_at >= crash_suspicion::at_once) its.accused = nullptr;
}

void admission::upstream_recovered(std::size_t upstream, time_point now) noexcept {
    const std::scoped_lock lock{lock_};
    seen(now);
    hint_recovered(*upstreams_[upstream], now);
    serve_waiters(*upstreams_[upstream], now);
}

/// Judges by how the upstream's last life ended.
held_back admission::judge(upstream_guards& upstream, time_point now) noexcept {
    held_back found;
    const bool crashed = std::exchange(upstream.crashed, false);
    guards* const accused = std::exchange(upstream.accused, nullptr);
    for (auto* route : upstream.routes) {
        const bool at_the_end = route->suspicion.begin_life(crashed, upstream.alive_at, now);
        if (at_the_end && route == accused) found = hold_back(*route, now);
    }
    return found;
}

/// Where the last of its requests was a probe, its breaker is open already.
held_back admission::hold_back(guards& route, time_point now) noexcept {
    route.breaker.trip(now);
    const auto breaker = route.breaker.status(now);
    route.opened = breaker.state == breaker_state::open;
    if (!route.opened) return {};
    route.suspicion.convict(add_saturated(now, breaker.retry_after));
    ++route.times_held_back;
    refuse_if_opened(route, now);
    return {route.name, breaker.retry_after};
}

void admission::hint_recovered(upstream_guards& upstream, time_point now) noexcept {
    for (auto* route : upstream.routes) {
        if (route->suspicion.is_convicted(now)) continue;
        route->recovering = route->breaker.status(now).state != breaker_state::closed;
        route->breaker.hint_recovered(now);
    }
}

}  // namespace curfew::gateway
