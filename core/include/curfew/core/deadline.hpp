#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/core/expects.hpp>

#include <optional>

namespace curfew {

/// An absolute point on the timeline by which something must have ended, or `unreachable`: a state
/// of its own, not a large number. A value type of 16 bytes, free to copy.
///
/// Time left of zero or less means *expired now*; nothing here ever turns 0 into "no limit".
/// (Semantics after userver's engine::Deadline and the resilience notes on propagation.)
class deadline {
  public:
    /// Unreachable: nothing ends because of it.
    constexpr deadline() noexcept = default;

    /// Expires at `point`.
    explicit constexpr deadline(time_point point) noexcept : point_{point}, reachable_{true} {}

    /// Expires `timeout` after `now`; zero or negative has expired already. Sums saturate.
    [[nodiscard]] static constexpr deadline after(time_point now, duration timeout) noexcept {
        return deadline{add_saturated(now, timeout)};
    }

    [[nodiscard]] static constexpr deadline unreachable() noexcept { return {}; }

    [[nodiscard]] constexpr bool reachable() const noexcept { return reachable_; }

    [[nodiscard]] constexpr bool expired(time_point now) const noexcept {
        return reachable_ && now >= point_;
    }

    /// Time left, never negative. Asking an unreachable deadline is the caller's bug.
    [[nodiscard]] constexpr duration left(time_point now) const noexcept {
        expects(reachable_, "an unreachable deadline has no time left");
        return now >= point_ ? duration::zero() : point_ - now;
    }

    [[nodiscard]] constexpr std::optional<time_point> point() const noexcept {
        return reachable_ ? std::optional{point_} : std::nullopt;
    }

    friend constexpr bool operator==(deadline, deadline) noexcept = default;

  private:
    time_point point_{};
    bool reachable_ = false;
};

/// Whether `a` comes before `b`; unreachable comes after everything and not before itself.
[[nodiscard]] constexpr bool is_earlier(deadline a, deadline b) noexcept {
    return a.reachable() && (!b.reachable() || *a.point() < *b.point());
}

/// The deadline a child works under: min(parent, own). A tie is the parent's.
[[nodiscard]] constexpr deadline earliest(deadline parent, deadline own) noexcept {
    return is_earlier(own, parent) ? own : parent;
}

}  // namespace curfew
