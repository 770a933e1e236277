#pragma once

#include <curfew/core/event.hpp>
#include <curfew/policy/policy.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace curfew::cli {

/// How loudly an event is told.
[[nodiscard]] policy::severity severity_of(const event& what) noexcept;

/// One line of the log, without its end. Attributes and names are the only texts from outside;
/// control bytes in them are escaped. `left_out`: how many like it were not told before it.
[[nodiscard]] std::string text_line(
    policy::severity level, const event& what, std::uint64_t left_out
);
[[nodiscard]] std::string json_line(
    policy::severity level, const event& what, std::uint64_t left_out
);

/// A line that stands for `count` events like `what` that were not told: no times, no attributes.
[[nodiscard]] std::string text_summary(
    policy::severity level, const event& what, std::uint64_t count
);
[[nodiscard]] std::string json_summary(
    policy::severity level, const event& what, std::uint64_t count
);

/// A sentence of Curfew's own.
[[nodiscard]] std::string text_sentence(policy::severity level, std::string_view sentence);
[[nodiscard]] std::string json_sentence(policy::severity level, std::string_view sentence);

/// What the backend `name` printed, a line without its end: an object of at most 4 KiB a line, so
/// that a pipe takes it in one piece; what does not fit goes on in the next one. Any bytes come out
/// as UTF-8.
[[nodiscard]] std::string json_output(std::string_view name, std::string_view line);

}  // namespace curfew::cli
