#pragma once

#include <curfew/core/adaptive_timeout.hpp>
#include <curfew/core/breaker.hpp>
#include <curfew/core/limiter.hpp>
#include <curfew/policy/policy.hpp>

namespace curfew::gateway {

/// What the policy says, in the words of the guards; whatever the policy accepts, they accept.
[[nodiscard]] limiter_config limiter_of(const policy::limiter_policy& from) noexcept;

/// `slow` is the request.slow that makes a call slow.
[[nodiscard]] breaker_config breaker_of(const policy::breaker_policy& from, duration slow) noexcept;

[[nodiscard]] adaptive_timeout_config adaptive_timeout_of(const policy::route_limits& from
) noexcept;

}  // namespace curfew::gateway
