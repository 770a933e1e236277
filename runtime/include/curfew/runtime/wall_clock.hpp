#pragma once

#include <chrono>

namespace curfew::runtime {

/// The wall clock, for display only: it jumps, so nothing is decided by it. Any thread.
[[nodiscard]] inline std::chrono::system_clock::time_point wall_now() noexcept {
    return std::chrono::system_clock::now();
}

}  // namespace curfew::runtime
