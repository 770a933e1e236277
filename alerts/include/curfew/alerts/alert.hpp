#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/policy/policy.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace curfew::alerts {

/// What the figures say now.
enum class reading : std::uint8_t {
    no_data,  ///< too few calls to say anything
    over,     ///< the condition holds
    between,  ///< it does not, but it is not over yet either (hysteresis)
    clear,
    held,  ///< there are calls, but guards refuse them all: what was so, is so
};

enum class state : std::uint8_t {
    no_data,   ///< nothing was measured: neither well nor ill
    inactive,  ///< all is well
    pending,   ///< the condition holds, not yet for long enough
    firing,
    clearing,  ///< firing, but it has been clear for a while
};

[[nodiscard]] std::string_view to_string(state which) noexcept;

/// A step from one state to another; some of them are told.
enum class transition : std::uint8_t {
    none,
    pending,
    calmed,  ///< from pending back to inactive: nothing was told
    fired,   ///< told
    clearing,
    relapsed,  ///< from clearing back to firing: nothing is told, it never ended
    resolved,  ///< told
    repeated,  ///< still firing: told again
};

[[nodiscard]] std::string_view to_string(transition which) noexcept;

/// Whether somebody is told of it.
[[nodiscard]] constexpr bool is_told(transition which) noexcept {
    return which == transition::fired || which == transition::resolved ||
           which == transition::repeated;
}

/// What decides when.
struct patience {
    duration before{};     ///< the condition must hold so long without a break
    duration clear_for{};  ///< and be clear so long until it is resolved
    std::optional<duration> repeat{};
};

/// One alert on one operation: when it begins, when it ends, and what is told.
///
///     no_data, inactive -> pending -> firing -> clearing -> inactive
///
/// Nothing begins without data; while guards refuse all calls, what is pending or fires goes on (a
/// breaker that opens ends timeouts, and not what caused them). What is measured no more ends as
/// what is clear does: after `clear_for`. Between the value and the bound below it (hysteresis)
/// what fires goes on firing and what does not does not begin. A plain state machine; no clock, no
/// wall time.
class alert {
  public:
    /// At most one transition a step.
    [[nodiscard]] transition step(reading now_is, const patience& of, time_point now) noexcept;

    [[nodiscard]] state is() const noexcept { return state_; }

    /// When it came into its state; of firing and clearing: when it began to fire.
    [[nodiscard]] time_point since() const noexcept { return since_; }

    [[nodiscard]] bool active() const noexcept {
        return state_ == state::firing || state_ == state::clearing;
    }

  private:
    [[nodiscard]] transition step_idle(reading now_is, const patience& of, time_point now) noexcept;
    [[nodiscard]] transition step_active(
        reading now_is, const patience& of, time_point now
    ) noexcept;
    [[nodiscard]] transition fire(time_point now) noexcept;
    void enter(state next, time_point now) noexcept;

    state state_ = state::no_data;
    time_point since_{};
    time_point clear_since_{};
    time_point told_at_{};
};

}  // namespace curfew::alerts
