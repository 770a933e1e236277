#pragma once

#include <curfew/core/breaker.hpp>
#include <curfew/gateway/limit_names.hpp>

#include <cstdint>

namespace curfew::gateway {

struct route_config {
    std::uint32_t in_flight = 1000;  ///< this route's own cap
    std::uint32_t queue = 100;       ///< its waiters; 0: nobody waits
    breaker_config breaker;
    limit_names names{};  ///< for refusals; of a store that outlives the admission
};

}  // namespace curfew::gateway
