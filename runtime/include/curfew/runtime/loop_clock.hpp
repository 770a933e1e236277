#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/runtime/loop.hpp>

namespace curfew::runtime {

/// What the outside of a loop takes for now, real or simulated: ahead of loop::now() within a turn.
/// Thread rule: the loop's thread.
class loop_clock final : public clock {
  public:
    explicit loop_clock(loop& on) noexcept : loop_{on} {}

    [[nodiscard]] time_point now() const noexcept override { return loop_.outside().now(); }

  private:
    loop& loop_;
};

}  // namespace curfew::runtime
