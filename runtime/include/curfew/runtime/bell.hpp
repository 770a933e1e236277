#pragma once

#include <curfew/runtime/baton.hpp>
#include <curfew/runtime/loop.hpp>

#include <atomic>

namespace curfew::runtime {

/// A baton that any thread may pass: wakes the one coroutine of its loop that waits for it, soon.
/// Rings that come before it woke are one. Allocates nothing.
/// Thread rule: ring() from any thread while the bell lives; all else on the loop's thread, or when
/// the loop does not run.
class bell {
  public:
    explicit bell(loop& home) noexcept : home_{home} {}

    bell(const bell&) = delete;
    bell& operator=(const bell&) = delete;

    ~bell() { home_.withdraw(stroke_); }

    void ring() noexcept {
        if (!rung_.exchange(true, std::memory_order_acq_rel)) {
            home_.post(stroke_);
        }
    }

    baton::wait_operation wait(scope& under) noexcept { return heard_.wait(under); }

  private:
    struct stroke final : posted {
        explicit stroke(bell& b) noexcept
            : posted{[](posted& self) noexcept {
                  bell& of = static_cast<stroke&>(self).whose;
                  of.rung_.store(false, std::memory_order_release);
                  of.heard_.pass();
              }},
              whose{b} {}

        bell& whose;
    };

    loop& home_;
    baton heard_;
    std::atomic<bool> rung_ = false;
    stroke stroke_{*this};
};

}  // namespace curfew::runtime
