#pragma once

#include <curfew/gateway/snapshot.hpp>
#include <curfew/policy/duration_text.hpp>

#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace curfew::admin {

/// What somebody outside tells of a signal.
struct told_pressure {
    double value = 0;  ///< 0 to 1; 0: it is over
    duration lease{};  ///< above zero
};

/// The lease of what is told without one.
inline constexpr duration usual_lease = std::chrono::minutes{5};

/// The body of `POST /-/pressure/NAME`: `{"value": 0.5, "lease": "5m"}`. Strict: `value` is there
/// and a number from 0 to 1, nothing else than these two is; a lease is from 1s to `longest`, and
/// 5m where none is given.
[[nodiscard]] std::expected<told_pressure, policy::text_problem> read_told_pressure(
    std::string_view body, duration longest
);

/// As docs/schema/pressure.json says it.
[[nodiscard]] std::string render_pressure(std::span<const gateway::pressure_snapshot> signals);

/// The same for people, a line each.
[[nodiscard]] std::string render_pressure_text(std::span<const gateway::pressure_snapshot> signals);

}  // namespace curfew::admin
