#pragma once

#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/waiter.hpp>

namespace curfew::runtime {

/// Lets everybody else go first: goes on in the loop's next turn, after it has polled and fired its
/// timers. For work that would otherwise never wait. Goes on also when the scope has ended.
class [[nodiscard]] yield : public waiter {
  public:
    explicit yield(scope& under) noexcept : waiter{under} {}

    bool await_ready() const noexcept { return false; }

    void await_suspend(std::coroutine_handle<> coroutine) noexcept;

    void await_resume() const noexcept {}
};

}  // namespace curfew::runtime
