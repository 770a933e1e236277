#pragma once

#include <cstdint>
#include <utility>

namespace curfew::gateway::detail {

/// Whether a route's requests bring a supervised backend down.
///
/// A life lasts from one start of the backend to the next. A route that had at least as many
/// requests broken off in a life as answered was at its end. One that was at the end of two lives
/// in a row is a suspect: of all suspects one request at a time is let in, so that the innocent are
/// not there when the backend goes down again. An answer clears a route; one whose request was the
/// one let in is convicted: its breaker opens, and a start of the backend is no reason to probe.
///
/// Under the admission's lock.
class crash_suspicion {
  public:
    void answered() noexcept {
        ++answered_;
        if (is_suspect()) ends_ = 0;
        alone_ = false;
        convicted_ = false;
    }

    /// A request was under way when its connection broke off. `alone`: it was the one let in.
    void broke_off(bool alone) noexcept {
        ++broken_off_;
        alone_ = alone_ || alone;
    }

    /// The backend is up again. Whether the route is convicted by how the life before ended.
    [[nodiscard]] bool begin_life() noexcept {
        const bool at_the_end = broken_off_ > 0 && broken_off_ >= answered_;
        if (at_the_end) {
            ends_ += is_suspect() ? 0 : 1;
        } else if (answered_ > 0) {
            ends_ = 0;
        }
        answered_ = 0;
        broken_off_ = 0;
        const bool now = std::exchange(alone_, false);
        convicted_ = convicted_ || now;
        return now;
    }

    [[nodiscard]] bool is_suspect() const noexcept { return ends_ >= lives; }

    [[nodiscard]] bool is_convicted() const noexcept { return convicted_; }

  private:
    static constexpr std::uint32_t lives = 2;

    std::uint32_t answered_ = 0;    ///< in this life
    std::uint32_t broken_off_ = 0;  ///< likewise
    std::uint32_t ends_ = 0;        ///< in a row
    bool alone_ = false;            ///< what broke off in this life was the one let in
    bool convicted_ = false;
};

}  // namespace curfew::gateway::detail
