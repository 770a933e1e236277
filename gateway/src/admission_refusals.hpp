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

inline refused by_abandoned(std::string_view limit_name) noexcept {
    return shed(errc::abandoned_cap, shed_reason::abandoned, limit_name, when_abandoned);
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

inline constexpr std::string_view share_key = "limiter.route_share";
inline constexpr std::string_view limit_key = "limiter";
inline constexpr std::string_view cap_key = "route.in_flight";
inline constexpr std::string_view total_key = "gateway.in_flight";

/// How long all places of a route may be held by abandoned work until newcomers are refused: what
/// was given up because the client left may well end in a moment.
inline constexpr duration abandoned_patience = std::chrono::seconds{1};

/// The route's share is held by work that will not end soon: hung, over its time, or abandoned.
inline bool is_jammed(const detail::route_guards& route, time_point now) noexcept {
    if (route.abandoned == 0 || route.holding < route.upstream.limiter.share()) return false;
    return route.stuck == route.holding ||
           (route.abandoned == route.holding &&
            now >= add_saturated(route.abandoned_since, abandoned_patience));
}

/// What stands in the way of a request.
struct admission::obstacle {
    enum kind : std::uint8_t { total, breaker, silence, cap, limit, share } what = total;

    bool abandoned = false;  ///< a cap that abandoned work alone fills
    breaker_refusal open{};

    [[nodiscard]] std::string_view limit_name() const noexcept {
        switch (what) {
            case total:
                return total_key;
            case breaker:
                return "breaker.reset";
            case silence:
                return {};
            case cap:
                return cap_key;
            case limit:
                return limit_key;
            case share:
                return share_key;
        }
        return {};
    }
};

}  // namespace curfew::gateway
