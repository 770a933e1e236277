#pragma once

#include <curfew/runtime/network.hpp>
#include <curfew/runtime/poller.hpp>

#include <atomic>
#include <cstdint>
#include <span>

struct epoll_event;

namespace curfew::runtime {

/// How finely epoll measures a wait.
enum class precision : std::uint8_t {
    nanosecond,   ///< `epoll_pwait2`, since Linux 5.11
    millisecond,  ///< `epoll_wait`
};

/// The milliseconds that `epoll_wait` is given for a wait of `length`: rounded up, so that it never
/// ends early; at most an hour, after which the loop looks again; -1 for duration::max(), for ever.
[[nodiscard]] int whole_milliseconds(duration length) noexcept;

/// The real world of one loop: epoll, edge-triggered, each descriptor registered once for both
/// directions. Waits with `epoll_pwait2`, so that the wheel's next expiry is exact to the
/// nanosecond, and asks the kernel for a timer slack of 1 ns on the loop's thread; before
/// Linux 5.11 (and under valgrind 3.19) with `epoll_wait`, up to 1 ms late and never early.
/// `finest` is for tests: what to begin with.
/// Start-up failures (no epoll, no eventfd) end in std::system_error.
class epoll final : public poller, public network {
  public:
    explicit epoll(precision finest = precision::nanosecond);
    epoll(const epoll&) = delete;
    epoll& operator=(const epoll&) = delete;
    ~epoll() override;

    [[nodiscard]] time_point now() noexcept override { return clock_.now(); }

    void wait(deadline until) noexcept override;
    void wake() noexcept override;
    [[nodiscard]] result<> watch(int descriptor, readiness& ready) noexcept override;
    void unwatch(int descriptor) noexcept override;

    [[nodiscard]] result<std::unique_ptr<listener>> listen(
        const endpoint& at, bool shared
    ) noexcept override;
    [[nodiscard]] result<std::unique_ptr<stream>> begin_connect(const endpoint& to
    ) noexcept override;

  private:
    [[nodiscard]] int collect(std::span<epoll_event> into, duration length) noexcept;

    steady_clock clock_;
    int epoll_ = -1;
    int wake_ = -1;
    precision precision_;
    std::atomic<bool> waking_ = false;
};

}  // namespace curfew::runtime
