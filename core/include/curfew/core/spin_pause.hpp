#pragma once

namespace curfew {

/// For loops that look at what another thread writes: `times` of the processor's pauses, each some
/// 10 to 60 ns on x86-64, less elsewhere. Meanwhile the looked-at cache line stays with its writer.
inline void spin_pause(int times) noexcept {
    for (int i = 0; i < times; ++i) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        asm volatile("yield");
#endif
    }
}

}  // namespace curfew
