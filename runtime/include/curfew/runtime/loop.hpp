#pragma once

#include <curfew/core/timer_wheel.hpp>
#include <curfew/runtime/intrusive_list.hpp>
#include <curfew/runtime/poller.hpp>
#include <curfew/runtime/waiter.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>

namespace curfew::runtime {

struct in_posted;

/// A piece of work handed to a loop from any thread. Lives with whoever posts it, until it ran.
class posted : public list_node<in_posted> {
  public:
    using function = void (*)(posted&) noexcept;

    explicit posted(function run) noexcept : run_{run} {}

    void run() noexcept { run_(*this); }

  private:
    function run_;
};

/// One event loop, one thread: waits on the poller, fires due timers, resumes what is ready.
/// Everything of a turn sees the same now(), so decisions repeat.
/// Thread rule: one thread, but post() and stop(), which any thread may call.
class loop {
  public:
    explicit loop(poller& outside) noexcept;
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;

    /// Turns until stop().
    void run() noexcept;

    /// One turn: poll (waiting only if nothing is ready), timers, then what is ready, at most
    /// `resumes_a_turn` of it, so that work that feeds itself cannot starve the descriptors.
    void turn() noexcept;

    void stop() noexcept;

    /// When this turn began.
    [[nodiscard]] time_point now() const noexcept { return now_; }

    [[nodiscard]] timer_wheel& timers() noexcept { return timers_; }

    [[nodiscard]] poller& outside() noexcept { return poller_; }

    /// Runs `work` on this loop's thread, soon.
    void post(posted& work) noexcept;

    /// Takes back what was posted and has not run. On the loop's thread, or when it does not run.
    void withdraw(posted& work) noexcept;

    /// Counts one read of the coroutine that runs now. True when it has had `reads_a_resume` since
    /// it was resumed: a peer that always has more must not keep the others waiting, so it yields.
    [[nodiscard]] bool overdraws() noexcept { return ++reads_ > reads_a_resume; }

    /// Whether nothing is ready and no timer armed: without an event from outside it stays so.
    [[nodiscard]] bool idle() const noexcept;

    static constexpr int resumes_a_turn = 1024;
    static constexpr int reads_a_resume = 16;

  private:
    friend class waiter;
    friend class yield;

    void run_posted() noexcept;
    void run_ready() noexcept;

    poller& poller_;
    time_point now_;
    timer_wheel timers_;
    intrusive_list<waiter, in_ready_list> ready_;
    intrusive_list<waiter, in_ready_list> yielded_;  ///< ready again after the next poll
    int reads_ = 0;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> has_posted_ = false;
    std::mutex posted_lock_;
    intrusive_list<posted, in_posted> posted_;
};

}  // namespace curfew::runtime
