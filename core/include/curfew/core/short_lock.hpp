#pragma once

#include <atomic>

namespace curfew {

/// A mutex of four bytes for critical sections of a few dozen instructions: spins for a few
/// microseconds, then sleeps on a futex (std::atomic::wait). Not recursive, not fair. Use it with
/// std::lock_guard; nothing slow may happen while it is held.
/// (The three states are those of U. Drepper, "Futexes Are Tricky", mutex 3.)
class short_lock {
  public:
    void lock() noexcept {
        int expected = free;
        if (!state_.compare_exchange_strong(expected, held, std::memory_order_acquire)) [[unlikely]]
            lock_contended();
    }

    void unlock() noexcept {
        if (state_.exchange(free, std::memory_order_release) == awaited) [[unlikely]]
            state_.notify_one();
    }

  private:
    static constexpr int free = 0;
    static constexpr int held = 1;
    static constexpr int awaited = 2;  // held, and somebody may sleep

    void lock_contended() noexcept;

    std::atomic<int> state_{free};
};

}  // namespace curfew
