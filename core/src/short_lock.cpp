#include <curfew/core/short_lock.hpp>
#include <curfew/core/spin_pause.hpp>

namespace curfew {

namespace {

// A look takes the lock's cache line away from who holds it, and fetching it back costs that one
// more than a short section does: first look after about the time the line needs for the way.
constexpr int first_pause = 8;
constexpr int longest_pause = 64;

}  // namespace

void short_lock::lock_contended() noexcept {
    for (int pauses = first_pause; pauses <= longest_pause; pauses *= 2) {
        spin_pause(pauses);
        int expected = free;
        if (state_.load(std::memory_order_relaxed) == free &&
            state_.compare_exchange_strong(expected, held, std::memory_order_acquire))
            return;
    }
    while (state_.exchange(awaited, std::memory_order_acquire) != free)
        state_.wait(awaited, std::memory_order_relaxed);
}

}  // namespace curfew
