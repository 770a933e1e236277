#include <curfew/core/short_lock.hpp>

namespace curfew {

namespace {

constexpr int spins = 100;

inline void relax() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace

void short_lock::lock_contended() noexcept {
    for (int spin = 0; spin < spins; ++spin) {
        int expected = free;
        if (state_.load(std::memory_order_relaxed) == free &&
            state_.compare_exchange_weak(expected, held, std::memory_order_acquire))
            return;
        relax();
    }
    while (state_.exchange(awaited, std::memory_order_acquire) != free)
        state_.wait(awaited, std::memory_order_relaxed);
}

}  // namespace curfew
