#pragma once

#include <curfew/core/adaptive_timeout.hpp>
#include <curfew/core/breaker.hpp>
#include <curfew/gateway/limit_names.hpp>
#include <curfew/policy/policy.hpp>

#include <cstdint>

namespace curfew::gateway {

struct route_config {
    std::uint32_t in_flight = 1000;  ///< this route's own cap
    std::uint32_t queue = 100;       ///< its waiters; 0: nobody waits
    breaker_config breaker;
    policy::adaptive_mode adaptive = policy::adaptive_mode::off;
    adaptive_timeout_config adaptive_limits{};
    limit_names names{};  ///< for refusals; of a store that outlives the admission
};

}  // namespace curfew::gateway
