#pragma once

#include <curfew/core/breaker.hpp>
#include <curfew/core/bulkhead.hpp>
#include <curfew/core/clock.hpp>
#include <curfew/core/limiter.hpp>

#include <cstdint>

namespace curfew::gateway::detail {

/// What a request holds while it is in flight.
struct places {
    bulkhead::permit total;
    bulkhead::permit route;
    breaker::permit call;
    limiter::permit upstream;
    time_point since{};
    std::uint64_t serial = 0;  ///< among the route's requests
    std::uint64_t trial = 0;   ///< number of its trial (crash_suspicion.hpp); 0: it is on none
};

}  // namespace curfew::gateway::detail
