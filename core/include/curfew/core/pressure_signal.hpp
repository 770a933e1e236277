#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/core/deadline.hpp>

#include <optional>

namespace curfew {

/// One named sign that the environment struggles: a value from 0 (nothing) to 1 (as bad as it gets)
/// that a sensor or somebody outside tells again and again.
///
/// It rises at once, and falls only after it has been told lower for the whole of `hold`: then to
/// the most that was told meanwhile. So a value that swings does not flap. What was told is good
/// until it expires; then the value is 0 at once, because nobody knows any more: a sensor that
/// stopped, or somebody who forgot, stretches nothing for ever.
///
/// A state machine: it is told the time, which must not run backwards. Thread rule: one thread.
class pressure_signal {
  public:
    /// `hold` of zero: it falls at once.
    explicit pressure_signal(duration hold) noexcept : hold_{hold} {}

    /// What it is now, good until `expiry`. A value outside 0..1 (or none, NaN) is the caller's
    /// bug.
    void tell(double value, time_point now, deadline expiry) noexcept;

    /// It is over: 0, at once.
    void clear() noexcept;

    /// Lets time pass. Whether the value has changed by that.
    bool step(time_point now) noexcept;

    /// As of the last call that was told the time.
    [[nodiscard]] double value() const noexcept { return value_; }

    /// What was told last and has not expired; it may be lower than the value.
    [[nodiscard]] double told() const noexcept { return told_; }

    /// Until when what was told is good.
    [[nodiscard]] deadline expiry() const noexcept { return expiry_; }

    /// When time alone may change the value next: step() is due then.
    [[nodiscard]] deadline next_step() const noexcept;

    /// From now on. A fall that has begun is measured by it too.
    void set_hold(duration hold) noexcept { hold_ = hold; }

  private:
    /// A stretch of time in which less was told than the value is.
    struct lull {
        time_point since;
        double highest = 0;
    };

    duration hold_;
    double value_ = 0;
    double told_ = 0;
    deadline expiry_;
    std::optional<lull> lull_;
};

}  // namespace curfew
