#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/preflight/decision.hpp>

#include <cstdint>
#include <optional>
#include <random>

namespace curfew::preflight {

/// When a check that failed is tried again. Waiting is worth it only while it can change the
/// decision:
///
/// - never for what no waiting mends (auth, config, schema, disk), and never when somebody told to
///   start whatever fails;
/// - of a kind that this environment passes over: three attempts in all, then the failure stands;
/// - of any other kind: until the budget is over, or another failure has decided already.
///
/// Pauses double from 200 ms to 5 s, each between a half and the whole of that by chance, and none
/// ends behind the budget. A plain state machine for one check.
class course {
  public:
    /// `rules` outlives it; `end` is that of the budget.
    course(const bypass_rules& rules, bool told, time_point end, std::uint64_t seed) noexcept
        : rules_{rules},
          told_{told},
          end_{end},
          random_{static_cast<std::minstd_rand::result_type>(seed)} {}

    /// An attempt began.
    void attempt() noexcept { ++attempts_; }

    /// It failed: when to try again, or nothing where the failure stands. `decided`: whatever comes
    /// of it, the service will not start.
    [[nodiscard]] std::optional<time_point> failed(failure_kind kind, bool decided, time_point now);

    [[nodiscard]] std::uint32_t attempts() const noexcept { return attempts_; }

    static constexpr std::uint32_t attempts_before_passed_over = 3;

  private:
    const bypass_rules& rules_;
    bool told_;
    time_point end_;
    std::minstd_rand random_;
    std::uint32_t attempts_ = 0;
    duration pause_ = std::chrono::milliseconds{200};
};

/// Whether waiting may mend it.
[[nodiscard]] bool may_pass(failure_kind kind) noexcept;

/// Whether it is one of those that `rules` pass over.
[[nodiscard]] bool is_passed_over(failure_kind kind, const bypass_rules& rules) noexcept;

}  // namespace curfew::preflight
