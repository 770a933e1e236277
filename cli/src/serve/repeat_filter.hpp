#pragma once

#include <curfew/core/event.hpp>
#include <curfew/policy/policy.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace curfew::cli {

/// What was left out of the log, enough of it to be told later by one line.
struct untold {
    policy::severity level{};
    surface where{};
    outcome ended{};
    cause why{};
    std::optional<errc> error{};
    std::array<char, 96> name{};  ///< cut off at its end
    std::size_t name_size = 0;
    std::uint64_t count = 0;

    /// As an event; its name lives in here.
    [[nodiscard]] event as_event() const noexcept;
};

/// Of what happens again and again (the same name, outcome, cause and error) lets one a second
/// pass, and counts the rest until it is told: by the next one that passes, or by take().
/// A table of 256 seats: a newcomer takes the seat of the kind that it collides with, and what that
/// one had not told is handed out with it. Allocates nothing.
/// Thread rule: one thread at a time.
class repeat_filter {
  public:
    struct verdict {
        bool tell = false;
        std::uint64_t left_out = 0;         ///< like it, before it
        std::optional<untold> displaced{};  ///< to be told too
    };

    [[nodiscard]] verdict admit(policy::severity level, const event& what) noexcept;

    /// What is untold at a seat, if it is from a second before that of `now`; it is told with this.
    [[nodiscard]] std::optional<untold> take(std::size_t seat, time_point now) noexcept;

    /// Whether something is untold still.
    [[nodiscard]] bool owes() const noexcept { return owing_ > 0; }

    static constexpr std::size_t seats = 256;

  private:
    struct kind {
        std::uint64_t key = 0;
        std::int64_t second = 0;
        untold rest;
    };

    void forget(kind& seat) noexcept;

    std::array<kind, seats> kinds_{};
    std::size_t owing_ = 0;  ///< seats with something untold
};

}  // namespace curfew::cli
