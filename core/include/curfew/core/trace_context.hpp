#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace curfew {

/// W3C trace context (https://www.w3.org/TR/trace-context/): which operation this is, across
/// processes. All zero is "none".
struct trace_context {
    std::uint64_t trace_high = 0;
    std::uint64_t trace_low = 0;
    std::uint64_t span = 0;
    std::uint8_t flags = 0;

    [[nodiscard]] constexpr bool valid() const noexcept {
        return (trace_high | trace_low) != 0 && span != 0;
    }

    friend bool operator==(const trace_context&, const trace_context&) noexcept = default;
};

/// 32 lower-case hexadecimal digits.
using trace_text = std::array<char, 32>;
/// `00-<trace>-<span>-<flags>`
using traceparent_text = std::array<char, 55>;

/// Reads a `traceparent` field value; nothing for one that is malformed, of version ff, or zero.
[[nodiscard]] std::optional<trace_context> parse_traceparent(std::string_view field) noexcept;

[[nodiscard]] traceparent_text format_traceparent(const trace_context& context) noexcept;
[[nodiscard]] trace_text format_trace(const trace_context& context) noexcept;

/// Makes identifiers: a counter-based generator (SplitMix64) from a seed, one a thread.
class trace_source {
  public:
    explicit trace_source(std::uint64_t seed) noexcept : state_{seed} {}

    /// A new trace, sampled flag set.
    [[nodiscard]] trace_context begin() noexcept;

    /// A child span of `parent`, in the same trace.
    [[nodiscard]] trace_context child(const trace_context& parent) noexcept;

  private:
    std::uint64_t next() noexcept;
    std::uint64_t state_;
};

}  // namespace curfew
