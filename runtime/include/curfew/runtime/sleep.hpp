#pragma once

#include <curfew/core/timer_wheel.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/waiter.hpp>

namespace curfew::runtime {

/// Waits for a point in time: `auto until = sleep_until(scope, point); auto woken = co_await
/// until;` `wake::ready` when the point has come, `wake::ended` when the scope ended before.
class [[nodiscard]] sleep_until : public waiter {
  public:
    sleep_until(scope& under, time_point point) noexcept
        : waiter{under}, point_{point}, alarm_{*this} {}

    bool await_ready() noexcept;
    void await_suspend(std::coroutine_handle<> coroutine) noexcept;

    wake await_resume() const noexcept { return ended_ ? wake::ended : reason(); }

  private:
    struct alarm final : timer {
        explicit alarm(sleep_until& s) noexcept;
        sleep_until& of;
    };

    time_point point_;
    alarm alarm_;
    bool ended_ = false;
};

}  // namespace curfew::runtime
