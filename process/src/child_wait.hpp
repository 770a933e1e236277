#pragma once

#include <mutex>

namespace curfew::process {

/// Held while threads are traced: wait(2) for any child would take their stops away. Reaping skips
/// its turn meanwhile.
[[nodiscard]] inline std::mutex& child_wait_lock() noexcept {
    static std::mutex lock;
    return lock;
}

}  // namespace curfew::process
