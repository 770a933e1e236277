#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace shop {

/// The recommendation engine that the shop calls: it takes 20 ms, unless told to hang or to be
/// slow. As many client libraries, it offers no way to give up waiting. Any thread may call it.
class dependency {
  public:
    struct state {
        bool hanging = false;
        std::chrono::milliseconds slower{};
        std::uint64_t calls = 0;
        std::uint64_t stuck = 0;    ///< calls that are waiting for the end of the hang
        std::uint64_t trapped = 0;  ///< calls that ever were
    };

    /// Returns when the dependency has answered, however long that takes.
    void call();

    void hang(bool on);
    void slow_down(std::chrono::milliseconds by);
    [[nodiscard]] state look() const;

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    state state_;
};

}  // namespace shop
