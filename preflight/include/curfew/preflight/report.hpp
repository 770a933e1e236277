#pragma once

#include <curfew/policy/stretch.hpp>
#include <curfew/preflight/examination.hpp>

#include <string>
#include <string_view>
#include <vector>

/// What an examination found, for people and for programs (docs/schema/preflight.json).
namespace curfew::preflight {

/// What is told beside the findings.
struct report_frame {
    std::string environment;
    duration budget{};
    bypass_rules rules;
    std::vector<policy::signal_value> pressure{};  ///< under which it was looked
};

/// "vpc_connector_scaling 1.00, cloud_sql_capacity 0.50"
[[nodiscard]] std::string to_text(std::span<const policy::signal_value> pressure);

/// What stands behind a failure: "environment staging; limit database.connection; pressure none;
/// time: connect 75.00 s". `pressure`: as `to_text` makes it.
[[nodiscard]] std::string details_of(
    const background& what, std::string_view environment, std::string_view pressure
);

/// Of the longest name, so that lines are columns.
[[nodiscard]] std::size_t name_width(std::span<const policy::check_policy> checks) noexcept;

/// "ok    cache   redis 127.0.0.1:6379  1.2 ms": one line, ending in a newline; of what failed,
/// below it what was found, and of a time-out what stands behind it. `width`: name_width().
[[nodiscard]] std::string to_text(const look& of, std::size_t width, const report_frame& frame);

/// "start_degraded  (staging: 1 check failed: ...)"
[[nodiscard]] std::string to_text(const ruling& made, std::string_view environment);

[[nodiscard]] std::string to_json(const examined& of, const report_frame& frame);

/// Of failures that nobody looked for: `--simulate`.
[[nodiscard]] std::string to_json(
    const ruling& made, std::span<const failure_kind> simulated, const report_frame& frame
);

}  // namespace curfew::preflight
