#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/process/stack_dump.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace curfew::cli {

/// Why the backend's stacks were looked at.
enum class stacks_reason : std::uint8_t {
    request_timed_out,
    hang,   ///< it did not answer its liveness probes
    asked,  ///< by POST /-/stacks
};

[[nodiscard]] std::string_view to_string(stacks_reason why) noexcept;

/// The backend's stacks as they were seen last: the four newest, of each at most 256 KiB of text.
/// What is in them was redacted where it was taken (process::dump_stacks).
/// Thread rule: one thread.
class stack_shelf {
  public:
    static constexpr std::size_t most = 4;
    static constexpr std::size_t text_max = std::size_t{256} << 10;

    struct taken {
        std::chrono::sys_time<duration> at{};
        stacks_reason why{};
        process::stack_dump what;
    };

    const taken& keep(taken one);

    /// Newest first, for people.
    [[nodiscard]] std::string text() const;

    /// docs/schema/stacks.json.
    [[nodiscard]] std::string json() const;

  private:
    std::deque<taken> all_;  ///< newest first
};

/// One of them, for people.
[[nodiscard]] std::string text_of(const stack_shelf::taken& one);

}  // namespace curfew::cli
