#pragma once

#include "admission_guards.hpp"

#include <algorithm>
#include <string_view>

/// The answers of an admission that are no.
namespace curfew::gateway {

inline constexpr duration soon = std::chrono::seconds{1};
inline constexpr duration when_abandoned = std::chrono::seconds{5};

inline refused shed(
    errc code, shed_reason reason, std::string_view limit_name, duration retry_after = soon
) noexcept {
    return {code, {cause_kind::shed, reason, limit_name, {}}, retry_after};
}

inline refused by_breaker(const detail::route_guards& route, duration retry_after) noexcept {
    const cause why{cause_kind::breaker_open, shed_reason::none, "breaker.reset", route.reset};
    return {errc::breaker_open, why, retry_after};
}

inline refused by_abandoned() noexcept {
    return shed(errc::abandoned_cap, shed_reason::abandoned, "limiter.route_share", when_abandoned);
}

inline refused by_upstream(const detail::upstream_guards& upstream) noexcept {
    const auto code =
        upstream.state == upstream_state::stopped && upstream.retry_after <= duration::zero()
            ? errc::crash_loop
            : errc::upstream_down;
    return shed(code, shed_reason::upstream_down, {}, std::max(upstream.retry_after, soon));
}

inline refused by_deadline(
    const detail::upstream_guards& upstream, std::string_view limit_name, duration limit
) noexcept {
    if (upstream.state != upstream_state::up) return by_upstream(upstream);
    const cause why{cause_kind::shed, shed_reason::queue_timeout, limit_name, limit};
    return {errc::queue_timeout, why, soon};
}

inline refused by_lack_of_time(const bound& until) noexcept {
    const cause why{cause_kind::shed, shed_reason::no_time_left, until.limit_name, until.limit};
    return {errc::no_time_left, why, {}};
}

inline refused by_draining() noexcept {
    return {errc::shutting_down, {cause_kind::shutdown, shed_reason::none, {}, {}}, soon};
}

/// All the places that stand in the way of this route are held by work that will not end soon.
inline bool is_jammed(const detail::route_guards& route) noexcept {
    const auto& upstream = route.upstream;
    if (upstream.stuck == 0) return false;
    if (route.stuck == route.holding && route.holding >= upstream.limiter.share()) return true;
    return upstream.stuck == upstream.holding &&
           upstream.holding >= upstream.limiter.status().limit;
}

/// What stands in the way of a request.
struct admission::obstacle {
    enum kind : std::uint8_t { total, breaker, cap, limit, share } what = total;

    bool abandoned = false;  ///< a cap that abandoned work alone fills
    breaker_refusal open{};
};

}  // namespace curfew::gateway
