#pragma once

#include <curfew/core/event.hpp>
#include <curfew/policy/policy.hpp>
#include <curfew/preflight/examination.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::cli {

/// One thing to tell about a start: to the log in one sentence, to the ledger as an event.
struct startup_story {
    policy::severity level = policy::severity::info;
    std::string sentence{};
    std::string_view name;  ///< "check", "bypass", "block", "healed"
    outcome ended = outcome::ignored;
    std::string said{};
    std::string by{};     ///< who passed it over
    std::string until{};  ///< how long that holds
    duration took{};
    preflight::background behind{};
};

/// Of each check that failed, and then of the bypass or the block, if it was one. `pressure`:
/// "vpc_connector_scaling 1.00". `until`: how long a bypass holds.
[[nodiscard]] std::vector<startup_story> stories_of(
    const preflight::examined& seen,
    std::string_view environment,
    std::string_view pressure,
    std::string_view until
);

/// The event that it is, of the surface `startup`, which ended at `now`; it lives as long as the
/// call.
void with_event(
    const startup_story& of, time_point now, const std::function<void(const event&)>& use
);

}  // namespace curfew::cli
