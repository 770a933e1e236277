#include <curfew/core/short_lock.hpp>

namespace curfew {

namespace {

constexpr int longest_pause = 64;

inline void relax() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace

void short_lock::lock_contended() noexcept {
    // Ever longer pauses: looking at the lock takes its cache line away from who holds it.
    for (int pauses = 1; pauses <= longest_pause; pauses *= 2) {
        for (int pause = 0; pause < pauses; ++pause)
            relax();
        int expected = free;
        if (state_.load(std::memory_order_relaxed) == free &&
            state_.compare_exchange_strong(expected, held, std::memory_order_acquire))
            return;
    }
    while (state_.exchange(awaited, std::memory_order_acquire) != free)
        state_.wait(awaited, std::memory_order_relaxed);
}

}  // namespace curfew
