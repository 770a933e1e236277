#pragma once

#include <curfew/gateway/admission.hpp>

#include <deque>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace curfew::gateway {

using namespace std::chrono_literals;

inline constexpr time_point start{1h};

/// A waiter whose hook leaves word in a list, as a loop's mailbox would.
struct mailbox {
    static inline std::vector<waiter*> decided{};

    static void note(waiter& one) noexcept { decided.push_back(&one); }
};

/// One upstream with `routes` routes, on time told by hand.
struct small_gateway {
    explicit small_gateway(
        std::size_t routes = 2,
        limiter_config limits = {},
        route_config each = {},
        admission_config all = {}
    )
        : guards{all} {
        mailbox::decided.clear();
        const auto upstream = guards.add_upstream("shop", limits, now - 1min);
        for (std::size_t i = 0; i < routes; ++i) {
            const auto route = static_cast<route_index>(i);
            guards.add_route(route, "r" + std::to_string(i), upstream, each, now - 1min);
            acquaint(route);
        }
    }

    /// A single late answer, long ago: silence holds nobody, and nothing is usual yet.
    void acquaint(route_index route) {
        auto& wait = fresh_waiter();
        const bound none{deadline::after(now, 1min), true, "request.timeout", 1min};
        auto one = std::get<permit>(guards.enter(route, wait, none, now - 1min));
        one.abandon(outcome::cancelled, cause_kind::cancelled, now - 1min);
        one.leave(outcome::success, cause_kind::completed, now - 1min + 900ms);
    }

    waiter& fresh_waiter() { return waiters.emplace_back(&mailbox::note); }

    bound limited(duration timeout) const noexcept {
        return bound::after(now, timeout, "request.timeout");
    }

    entered enter(route_index route, duration timeout = 30s) {
        return guards.enter(route, fresh_waiter(), limited(timeout), now);
    }

    /// Enters and must be admitted.
    permit admit(route_index route) { return std::get<permit>(enter(route)); }

    /// Enters and must wait.
    waiter& queue(route_index route, duration timeout = 30s) {
        auto& wait = fresh_waiter();
        (void)std::get<queued>(guards.enter(route, wait, limited(timeout), now));
        return wait;
    }

    /// Lets `count` requests come and go quickly, so that the route has a usual time.
    void warm_up(route_index route, int count = 64, duration took = 5ms) {
        for (int i = 0; i < count; ++i) {
            auto one = admit(route);
            one.answered(now + took);
            one.leave(outcome::success, cause_kind::completed, now + took);
            now += took;
        }
    }

    snapshot picture() const {
        snapshot view;
        guards.describe(view, now);
        return view;
    }

    admission guards;
    std::deque<waiter> waiters;
    time_point now = start;
};

inline std::vector<permit> fill(small_gateway& gate, route_index route, int count = 5) {
    std::vector<permit> held;
    for (int i = 0; i < count; ++i)
        held.push_back(gate.admit(route));
    return held;
}

inline void succeed(permit& one, time_point now) {
    one.leave(outcome::success, cause_kind::completed, now);
}

inline void time_out(permit& one, time_point now) {
    one.leave(outcome::timeout, cause_kind::own_timeout, now);
}

}  // namespace curfew::gateway
