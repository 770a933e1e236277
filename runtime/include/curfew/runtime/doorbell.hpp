#pragma once

#include <curfew/core/clock.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace curfew::runtime {

/// Lets one thread sleep until there is something to do, without a lock. To ring costs a look while
/// it is awake, and one system call (a futex) when it sleeps. No ring is lost: who rings has left
/// his work before, and the sleeper looks once more after it has said that it sleeps (Dekker's
/// handshake, an "eventcount" as in folly). The fence between the two steps of who rings is paid by
/// the sleeper: membarrier(2). Where the kernel has none, it never sleeps for over 200 ms.
/// Thread rule: `rest` by one thread, the rings by any.
class doorbell {
  public:
    enum class mood : std::uint32_t {
        awake,
        dozing,  ///< only `ring_loudly` wakes it
        asleep,  ///< any ring does
    };

    void ring() noexcept {
        std::atomic_signal_fence(std::memory_order_seq_cst);
        if (mood_.load(std::memory_order_relaxed) == mood::asleep) [[unlikely]] {
            wake();
        }
    }

    void ring_loudly() noexcept {
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (mood_.load(std::memory_order_relaxed) != mood::awake) {
            wake();
        }
    }

    /// For at most `longest`; not at all if `has_work()`.
    template <class F>
    void rest(mood how, duration longest, F&& has_work) {
        mood_.store(how, std::memory_order_relaxed);
        const bool heard = fence_all();
        if (!has_work()) {
            wait(how, heard ? longest : std::min(longest, unheard));
        }
        mood_.store(mood::awake, std::memory_order_relaxed);
    }

  private:
    static constexpr duration unheard = std::chrono::milliseconds{200};

    /// A full fence on every thread of the process, this one included; whether there is such a
    /// thing.
    [[nodiscard]] static bool fence_all() noexcept;
    void wake() noexcept;
    void wait(mood how, duration longest) noexcept;

    std::atomic<mood> mood_ = mood::awake;
    static_assert(sizeof mood_ == sizeof(std::uint32_t), "a futex is such a word");
};

}  // namespace curfew::runtime
