#pragma once

#include <chrono>
#include <cstdint>

namespace curfew {

/// Every length of time in Curfew: signed nanoseconds.
using duration = std::chrono::nanoseconds;

/// The one timeline that decisions are made on. It only orders points of one process; it is not
/// wall time, does not count suspension and has no now(): points come from a `clock`.
struct timeline {
    using duration = curfew::duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<timeline, duration>;
    static constexpr bool is_steady = true;
};

using time_point = timeline::time_point;

/// `at + by`, stopping at the ends of the timeline instead of wrapping around.
[[nodiscard]] constexpr time_point add_saturated(time_point at, duration by) noexcept {
    duration::rep sum = 0;
    if (__builtin_add_overflow(at.time_since_epoch().count(), by.count(), &sum)) {
        return by.count() > 0 ? time_point::max() : time_point::min();
    }
    return time_point{duration{sum}};
}

/// Where "now" comes from. State machines never hold one: they are told the time.
/// Thread rule: now() may be called from any thread.
class clock {
  public:
    virtual ~clock() = default;
    [[nodiscard]] virtual time_point now() const noexcept = 0;
};

/// CLOCK_MONOTONIC: exact, about 20 ns a read.
class steady_clock final : public clock {
  public:
    [[nodiscard]] time_point now() const noexcept override;
};

/// CLOCK_MONOTONIC_COARSE: about 5 ns a read, behind steady_clock by up to one kernel tick (1-4 ms)
/// and never ahead of it. A deadline checked against it is found expired late, never early.
class coarse_clock final : public clock {
  public:
    [[nodiscard]] time_point now() const noexcept override;
};

/// Time as data, for tests and simulation: stands still until told otherwise.
/// Thread rule: one thread.
class manual_clock final : public clock {
  public:
    explicit manual_clock(time_point start = time_point{}) noexcept : now_{start} {}

    [[nodiscard]] time_point now() const noexcept override { return now_; }

    /// Moves forward. A negative `by` is the caller's bug.
    void advance(duration by) noexcept;

    /// Moves to `point`, which must not be in the past.
    void advance_to(time_point point) noexcept;

  private:
    time_point now_;
};

}  // namespace curfew
