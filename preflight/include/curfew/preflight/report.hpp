#pragma once

#include <curfew/preflight/examination.hpp>

#include <string>

/// What an examination found, for people and for programs (docs/schema/preflight.json).
namespace curfew::preflight {

/// What is told beside the findings.
struct report_frame {
    std::string environment;
    duration budget{};
    bypass_rules rules;
};

/// Of the longest name, so that lines are columns.
[[nodiscard]] std::size_t name_width(std::span<const policy::check_policy> checks) noexcept;

/// "ok    cache   redis 127.0.0.1:6379  1.2 ms": one line, ending in a newline. `width`:
/// name_width().
[[nodiscard]] std::string to_text(const look& of, std::size_t width);

/// "start_degraded  (staging: 1 check failed: ...)"
[[nodiscard]] std::string to_text(const ruling& made, std::string_view environment);

[[nodiscard]] std::string to_json(const examined& of, const report_frame& frame);

/// Of failures that nobody looked for: `--simulate`.
[[nodiscard]] std::string to_json(
    const ruling& made, std::span<const failure_kind> simulated, const report_frame& frame
);

}  // namespace curfew::preflight
