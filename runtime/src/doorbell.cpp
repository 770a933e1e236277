#include <curfew/runtime/doorbell.hpp>

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace curfew::runtime {

bool doorbell::fence_all() noexcept {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    static const bool registered =
        ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
    return registered && ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
}

void doorbell::wake() noexcept {
    if (mood_.exchange(mood::awake, std::memory_order_relaxed) != mood::awake) {
        ::syscall(SYS_futex, &mood_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
    }
}

void doorbell::wait(mood how, duration longest) noexcept {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(longest);
    const std::timespec most{seconds.count(), (longest - seconds).count()};
    ::syscall(SYS_futex, &mood_, FUTEX_WAIT_PRIVATE, how, &most, nullptr, 0);
}

}  // namespace curfew::runtime
