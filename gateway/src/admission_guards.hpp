#pragma once

#include "crash_suspicion.hpp"
#include "silence.hpp"
#include <curfew/core/adaptive_timeout.hpp>
#include <curfew/gateway/admission.hpp>
#include <curfew/gateway/usual_time.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace curfew::gateway::detail {

/// Requests that gave their adaptive place to others and go on.
struct given_places {
    std::uint32_t working = 0;
    std::uint32_t abandoned = 0;  ///< of these

    void begin(bool is_abandoned) noexcept {
        ++working;
        abandoned += is_abandoned ? 1U : 0U;
    }

    void end(bool was_abandoned) noexcept {
        --working;
        abandoned -= was_abandoned ? 1U : 0U;
    }
};

/// One upstream's guards. Everything here is touched under the admission's lock only.
struct upstream_guards {
    upstream_guards(std::string_view upstream_name, const limiter_config& config)
        : name{upstream_name}, limiter{config} {}

    std::string name;
    std::uint32_t generation = 0;  ///< that it was added in last
    curfew::limiter limiter;
    upstream_state state = upstream_state::up;
    std::atomic<std::uint32_t> ends = 0;      ///< of its lives; read without the lock
    time_point back_at = time_point::min();   ///< when it may be up again; min: not known
    bool crashed = false;                     ///< its last life ended by itself
    time_point alive_at = time_point::min();  ///< what was sent then was answered
    std::uint64_t trial = 0;                  ///< that is on, unless its time is over; 0: none
    time_point trial_until{};                 ///< then the next suspect's request may come
    std::uint64_t trials = 0;                 ///< so far
    route_guards* accused = nullptr;  ///< whose request broke off last while it was on trial
    time_point accused_at{};
    std::uint32_t holding = 0;    ///< adaptive places held, abandoned ones included
    std::uint32_t abandoned = 0;  ///< of these
    std::uint32_t stuck = 0;      ///< of these: hung, or over their time; they will not end soon
    std::uint32_t detached = 0;
    given_places given;        ///< while they wait for their client
    given_places left_behind;  ///< at resting endpoints
    std::vector<route_guards*> routes;
    std::vector<route_guards*> waiting;  ///< routes that may have waiters, in turn
    std::size_t turn = 0;                ///< whose turn it is in `waiting`
};

/// One (upstream, route)'s guards; likewise.
struct route_guards final : breaker_listener {
    route_guards(std::string_view route_name, upstream_guards& on, const route_config& config)
        : name{route_name},
          upstream{on},
          breaker{config.breaker, this},
          names{config.names},
          reset{config.breaker.reset},
          failures_to_open{config.breaker.consecutive_failures},
          slow_after{slow_after_of(config.breaker)},
          cap{{.cap = config.in_flight}},
          queue{config.queue} {
        adapt(config);
    }

    /// Makes the adaptive limit when it is first wanted; what it has learnt outlives its being off.
    void adapt(const route_config& config) {
        if (adaptive)
            adaptive->reconfigure(config.adaptive_limits);
        else if (config.adaptive != policy::adaptive_mode::off)
            adaptive = std::make_unique<adaptive_timeout>(config.adaptive_limits);
        adapts.store(config.adaptive, std::memory_order_release);
    }

    /// Called in the course of calls to the breaker, so under the lock.
    void on_transition(const breaker_transition& change) noexcept override {
        opened = change.to == breaker_state::open;
        if (change.to != breaker_state::half_open) recovering = false;
    }

    static duration::rep slow_after_of(const breaker_config& config) noexcept {
        return config.slow_rate.percent > 0 ? config.slow_after.count() : 0;
    }

    std::string name;
    std::uint32_t generation = 0;  ///< that it was added in last
    upstream_guards& upstream;
    curfew::breaker breaker;
    limit_names names;
    duration reset;
    std::uint32_t failures_to_open;
    std::atomic<duration::rep> slow_after;  ///< 0: off; read without the lock
    bulkhead cap;
    limiter::route share;
    wait_queue<places> queue;
    refused closing{};  ///< why its waiters are being refused
    usual_time usual;
    std::unique_ptr<adaptive_timeout> adaptive;  ///< read without the lock, if it is not off
    std::atomic<policy::adaptive_mode> adapts = policy::adaptive_mode::off;
    detail::silence silence;
    crash_suspicion suspicion;
    time_point late_since = time_point::min();       ///< the end of a late answer; min: none
    time_point abandoned_since = time_point::max();  ///< all its places are, since then; max: no
    std::uint32_t in_flight = 0;
    std::uint32_t holding = 0;    ///< adaptive places
    std::uint32_t abandoned = 0;  ///< of these
    std::uint32_t stuck = 0;      ///< of these, as above
    std::uint32_t hanging = 0;
    std::uint32_t detached = 0;
    given_places given;        ///< as above
    given_places left_behind;  ///< likewise
    bool opened = false;       ///< the breaker has opened, and the waiters do not know yet
    bool recovering = false;   ///< the upstream is up again: waiters wait for the probes' verdict
    bool listed = false;       ///< in upstream.waiting
    std::array<std::uint64_t, reason_count> would_refuse{};
    std::uint64_t would_refuse_by_breaker = 0;
    std::uint64_t would_queue = 0;
    std::uint64_t times_held_back = 0;
};

}  // namespace curfew::gateway::detail
