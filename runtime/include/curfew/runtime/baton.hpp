#pragma once

#include <curfew/runtime/waiter.hpp>

namespace curfew::runtime {

/// A flag that one coroutine waits for. pass() before the wait is kept; each wait that returns
/// `wake::ready` takes the flag down. Thread rule: the loop's thread.
class baton {
  public:
    class [[nodiscard]] wait_operation : public waiter {
      public:
        wait_operation(scope& under, baton& of) noexcept : waiter{under}, of_{of} {}

        bool await_ready() noexcept {
            ended_ = !of_.passed_ && scope_has_ended();
            return of_.passed_ || ended_;
        }

        void await_suspend(std::coroutine_handle<> coroutine) noexcept {
            expects(of_.waiter_ == nullptr, "one coroutine waits for a baton");
            of_.waiter_ = this;
            suspend(coroutine, &of_.waiter_);
        }

        wake await_resume() noexcept {
            if (of_.passed_) {
                of_.passed_ = false;
                return wake::ready;
            }
            return wake::ended;
        }

      private:
        baton& of_;
        bool ended_ = false;
    };

    wait_operation wait(scope& under) noexcept { return {under, *this}; }

    void pass() noexcept {
        passed_ = true;
        if (waiter_ != nullptr) {
            waiter_->wake_up(wake::ready);
        }
    }

    [[nodiscard]] bool passed() const noexcept { return passed_; }

  private:
    waiter* waiter_ = nullptr;
    bool passed_ = false;
};

}  // namespace curfew::runtime
