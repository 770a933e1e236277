#pragma once

#include <curfew/runtime/waiter.hpp>

namespace curfew::runtime {

/// Edges of one descriptor, or of its simulated twin: readable, writable. At most one coroutine
/// waits for each direction. Starts as ready in both: try first, wait after would_block.
///
/// The protocol is try, then wait: `try_read` says would_block, the caller clears the flag and
/// awaits `wait_readable(scope)`; a wake with `wake::ready` means "try again", not "there is data".
/// Thread rule: the loop's thread.
class readiness {
  public:
    class [[nodiscard]] wait_operation : public waiter {
      public:
        wait_operation(scope& under, bool& ready, waiter*& slot) noexcept
            : waiter{under}, ready_{ready}, slot_{slot} {}

        bool await_ready() noexcept {
            ended_ = scope_has_ended();
            return ended_ || ready_;
        }

        void await_suspend(std::coroutine_handle<> coroutine) noexcept {
            expects(slot_ == nullptr, "one coroutine waits for a direction");
            slot_ = this;
            suspend(coroutine, &slot_);
        }

        wake await_resume() const noexcept { return ended_ ? wake::ended : reason(); }

      private:
        bool& ready_;
        waiter*& slot_;
        bool ended_ = false;
    };

    wait_operation wait_readable(scope& under) noexcept { return {under, readable_, reader_}; }

    wait_operation wait_writable(scope& under) noexcept { return {under, writable_, writer_}; }

    /// The next wait_readable suspends. Ignored once the peer has hung up: reading then tells.
    void clear_readable() noexcept { readable_ = hung_up_; }

    /// The next wait_writable suspends, also after a hang-up: the peer may have closed its side
    /// only, and not be reading.
    void clear_writable() noexcept { writable_ = false; }

    [[nodiscard]] bool readable() const noexcept { return readable_; }

    [[nodiscard]] bool writable() const noexcept { return writable_; }

    [[nodiscard]] bool hung_up() const noexcept { return hung_up_; }

    /// From the poller.
    void signal_readable() noexcept {
        readable_ = true;
        if (reader_ != nullptr) {
            reader_->wake_up(wake::ready);
        }
    }

    void signal_writable() noexcept {
        writable_ = true;
        if (writer_ != nullptr) {
            writer_->wake_up(wake::ready);
        }
    }

    /// The peer has closed its side, or the connection failed: every later try is worth it.
    void signal_hang_up() noexcept;

    /// `ends` is cancelled when the peer hangs up from now on; nullptr: nothing is. What waits for
    /// somebody else on this peer's behalf need not wait here too.
    void cancel_on_hang_up(scope* ends) noexcept { ends_ = ends; }

  private:
    waiter* reader_ = nullptr;
    waiter* writer_ = nullptr;
    scope* ends_ = nullptr;
    bool readable_ = true;
    bool writable_ = true;
    bool hung_up_ = false;
};

}  // namespace curfew::runtime
