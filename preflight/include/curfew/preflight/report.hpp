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

/// "ok    cache   redis 127.0.0.1:6379  1.2 ms": one line, ending in a newline. `width` is that of
/// the longest name.
[[nodiscard]] std::string to_text(const look& of, std::size_t width);

/// "start_degraded  (staging: 1 check failed: ...)"
[[nodiscard]] std::string to_text(const ruling& made, std::string_view environment);

[[nodiscard]] std::string to_json(const examined& of, const report_frame& frame);

/// Of failures that nobody looked for: `--simulate`.
[[nodiscard]] std::string to_json(
    const ruling& made, std::span<const failure_kind> simulated, const report_frame& frame
);

}  // namespace curfew::preflight
