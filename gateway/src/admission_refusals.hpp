#pragma once

#include "admission_guards.hpp"

#include <algorithm>
#include <string_view>

/// The answers of an admission that are no.
namespace curfew::gateway {

inline constexpr duration soon = std::chrono::seconds{1};
inline constexpr duration when_abandoned = std::chrono::seconds{5};

/// The policy key of a limit, and how many it lets in; 0: it is no count.
struct detail::named_limit {
    std::string_view name;
    std::uint64_t value = 0;
};

inline refused shed(
    errc code, shed_reason reason, const detail::named_limit& by, duration retry_after = soon
) noexcept {
    return {code, {cause_kind::shed, reason, by.name, {}, by.value}, retry_after};
}

inline refused by_breaker(
    const detail::route_guards& route, duration retry_after, time_point now
) noexcept {
    cause why{cause_kind::breaker_open, shed_reason::none, route.names.reset, route.reset};
    if (route.suspicion.is_convicted(now)) why.detail = "its requests brought the backend down";
    return {errc::breaker_open, why, retry_after};
}

inline refused by_abandoned(const detail::named_limit& by) noexcept {
    return shed(errc::abandoned_cap, shed_reason::abandoned, by, when_abandoned);
}

inline refused by_upstream(const detail::upstream_guards& upstream, time_point now) noexcept {
    const bool known = upstream.back_at != time_point::min();
    const auto code = upstream.state == upstream_state::stopped && !known ? errc::crash_loop
                                                                          : errc::upstream_down;
    const duration left = known ? std::max(upstream.back_at - now, soon) : soon;
    return shed(code, shed_reason::upstream_down, {}, left);
}

inline refused by_deadline(
    const detail::upstream_guards& upstream,
    std::string_view limit_name,
    duration limit,
    time_point now
) noexcept {
    if (upstream.state != upstream_state::up) {
        refused by = by_upstream(upstream, now);
        by.why.limit_name = limit_name;
        by.why.limit = limit;
        return by;
    }
    const cause why{cause_kind::shed, shed_reason::queue_timeout, limit_name, limit};
    return {errc::queue_timeout, why, soon};
}

inline refused by_lack_of_time(const bound& until) noexcept {
    const cause why{cause_kind::shed, shed_reason::no_time_left, until.limit_name, until.limit};
    return {errc::no_time_left, why, {}};
}

inline refused by_memory() noexcept {
    return shed(errc::memory_pressure, shed_reason::memory, {"pressure.memory_shed"});
}

inline refused by_draining() noexcept {
    return {errc::shutting_down, {cause_kind::shutdown, shed_reason::none, {}, {}}, soon};
}

/// The most that a route may hold of its upstream's limit now.
inline detail::named_limit share_of(const detail::route_guards& route) noexcept {
    return {"limiter.route_share", route.upstream.limiter.share()};
}

/// How long all places of a route may be held by abandoned work until newcomers are refused: what
/// was given up because the client left may well end in a moment.
inline constexpr duration abandoned_patience = std::chrono::seconds{1};

/// All that a route may hold is held by work that will not end soon: hung, over its time, or
/// abandoned.
inline bool is_jammed(const detail::route_guards& route, time_point now) noexcept {
    const bool full = route.holding >= route.upstream.limiter.share() ||
                      route.silence.holds(now, route.usual.patience());
    if (route.abandoned == 0 || !full) return false;
    return route.stuck == route.holding ||
           (route.abandoned == route.holding &&
            now >= add_saturated(route.abandoned_since, abandoned_patience));
}

/// What stands in the way of a request.
struct admission::obstacle {
    enum kind : std::uint8_t { total, breaker, trial, silence, cap, limit, share } what = total;

    bool abandoned = false;  ///< a cap that abandoned work alone fills
    breaker_refusal open{};
};

}  // namespace curfew::gateway
