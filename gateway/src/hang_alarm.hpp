#pragma once

#include "loan.hpp"
#include <curfew/core/timer_wheel.hpp>
#include <curfew/gateway/admission.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/scope.hpp>

#include <optional>
#include <string_view>

namespace curfew::gateway {

/// What the adaptive limit ends, and that limit's name.
struct adaptive_end {
    runtime::scope* what = nullptr;
    std::string_view limit_name{};
};

/// Tells the guards when a request has become slow, and when it begins to hang: a clock that runs
/// while the upstream is waited for, and stands while the client is. It goes by permit::silent_at,
/// slow_at and hangs_at, and says permit::mark_silent, mark_slow and mark_hanging: one timer,
/// always at the first that is still to come.
/// Once the client has been waited for a second in all, it says permit::give_way.
/// Where its endpoint is to blame (loan::hangs, and once a second loan::is_left_behind) it says
/// permit::blame_endpoint instead of mark_hanging.
/// When the request has run for its adaptive limit (permit::overruns_at) and is to be cut, it ends
/// the scope that was named for that.
/// The permit must outlive it, and may be another one at each begin(). No allocation.
/// Thread rule: the loop's thread.
class hang_alarm final : private timer {
  public:
    hang_alarm(permit& held, runtime::loop& on) noexcept;

    /// The upstream has its request. `limit` is the one that the request runs under. `at` outlives
    /// the run, where the request has other endpoints to go to; null: it has none.
    void begin(duration limit, loan* at = nullptr, adaptive_end ends = {}) noexcept;

    /// The client is waited for: its body, or that it takes what it is sent. While the answer is
    /// awaited, that time is given back to the upstream (and to the permit).
    void pause() noexcept;
    void resume() noexcept;

    /// The answer is here, or nobody waits for it: nothing hangs from now on. Nothing happens if it
    /// has not begun.
    void end() noexcept;

  private:
    void ring(time_point now) noexcept;
    void arm() noexcept;
    void arm_at(time_point next) noexcept;
    [[nodiscard]] time_point look(time_point now) noexcept;
    [[nodiscard]] time_point next_look() const noexcept;
    [[nodiscard]] bool is_to_look(time_point now) noexcept;

    permit& held_;
    runtime::loop& on_;
    duration limit_{};
    loan* at_ = nullptr;
    adaptive_end ends_;
    time_point look_at_ = time_point::max();  ///< at the endpoint
    bool running_ = false;
    bool looked_ = false;  ///< mark_silent was said since it runs
    std::optional<time_point> paused_;
    duration paused_before_{};  ///< in all
};

}  // namespace curfew::gateway
