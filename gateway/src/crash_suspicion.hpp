#pragma once

#include <curfew/core/clock.hpp>

#include <algorithm>
#include <cstdint>

namespace curfew::gateway::detail {

/// Whether a route's requests bring a supervised backend down.
///
/// A life lasts from one start of the backend to its end. Only an end of its own tells anything:
/// who kills it from outside does so whoever is in. A request that brings it down is there at its
/// very end, and has not been there for long; what had been in for a second (`at_once`) was there
/// by chance, as a long poll or a stream is. So a route was at the end of a life when requests of
/// it broke off within a second of being sent and of that end, with no later request of anybody
/// answered, and no fewer than had survived: were answered, or had been in for a second.
///
/// A route at the end of two lives in a row, each no more than ten minutes (`memory`) after the one
/// before, is a suspect: of all suspects one request at a time is let in, for a second, so that the
/// innocent are not there when the backend goes down again. If it does under that one, its route is
/// convicted: its breaker is open for a whole reset, and a start is no reason to probe. A request
/// that survives clears its route. Three deaths, each within a second of the request, the last
/// under it alone: who is hit by others' three times so has been there each time by chance.
/// Requests that take longer to bring the backend down are not told from those, and not found.
///
/// Under the admission's lock.
class crash_suspicion {
  public:
    static constexpr duration at_once = std::chrono::seconds{1};
    static constexpr duration memory = std::chrono::minutes{10};

    void survived() noexcept {
        ++survived_;
        if (ends_ == lives) ends_ = 0;
        held_until_ = time_point::min();
    }

    /// A request did, within `at_once` of being sent.
    void broke_off(time_point now) noexcept {
        forget_outlived(now);
        ++broken_off_;
        last_ = now;
    }

    /// The backend has ended by itself, as far as is known now.
    void crashed(time_point now) noexcept { forget_outlived(now); }

    /// The backend is up again. `alive_at`: what was sent then was answered. Whether the route was
    /// at the end of the life before.
    [[nodiscard]] bool begin_life(bool crashed, time_point alive_at, time_point now) noexcept {
        const bool at_the_end =
            crashed && broken_off_ > 0 && broken_off_ >= survived_ && last_ >= alive_at;
        if (at_the_end) {
            ends_ = std::min(is_remembered(now) ? ends_ + 1 : 1, lives);
            ended_at_ = now;
        } else if (survived_ > 0) {
            ends_ = 0;
        }
        survived_ = 0;
        broken_off_ = 0;
        return at_the_end;
    }

    void convict(time_point until) noexcept { held_until_ = until; }

    [[nodiscard]] bool is_suspect(time_point now) const noexcept {
        return ends_ == lives && is_remembered(now);
    }

    [[nodiscard]] bool is_convicted(time_point now) const noexcept { return now < held_until_; }

  private:
    static constexpr std::uint32_t lives = 2;

    void forget_outlived(time_point now) noexcept {
        if (broken_off_ > 0 && now - last_ >= at_once) broken_off_ = 0;
    }

    [[nodiscard]] bool is_remembered(time_point now) const noexcept {
        return ends_ > 0 && now - ended_at_ < memory;
    }

    std::uint32_t survived_ = 0;    ///< in this life
    std::uint32_t broken_off_ = 0;  ///< likewise, no second between one and the next
    time_point last_{};             ///< of these
    std::uint32_t ends_ = 0;        ///< in a row; more than `lives` are as many
    time_point ended_at_{};         ///< the last of these
    time_point held_until_ = time_point::min();
};

}  // namespace curfew::gateway::detail
