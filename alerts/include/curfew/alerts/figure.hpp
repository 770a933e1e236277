#pragma once

#include <curfew/alerts/alert.hpp>
#include <curfew/alerts/sample.hpp>
#include <curfew/alerts/window.hpp>
#include <curfew/policy/policy.hpp>

#include <cstdint>
#include <string>

namespace curfew::alerts {

/// What was measured.
struct figure {
    reading is = reading::no_data;
    std::uint64_t calls = 0;  ///< all that count for this alert
    std::uint64_t of = 0;     ///< those that a share is of: where it is not of refusals, that ran
    std::int64_t value = 0;   ///< millionths of a share or of a call a second, or a count

    friend bool operator==(const figure&, const figure&) noexcept = default;
};

/// How much a call counts for this alert. Quantiles need no histogram: p99 is over 250 ms exactly
/// when more than one call in a hundred took over 250 ms, so calls over the value and over the
/// bound of the end are counted. What a guard refused never ran: it is in no share but those of
/// refusals and of errors, so that a breaker that opens does not make timeouts look rare.
/// What says nothing of the operation counts for rates alone, and is else as if it had not been:
/// what is `ignored` (malformed or too large, a client that was too slow, our own end), and what
/// was cancelled. Else a client could dilute any share by sending garbage or by leaving. One
/// exception: who left after more than the value of a quantile had a call that took that long.
[[nodiscard]] window::counts counts_of(
    const policy::alert_policy& rule, const sample& what
) noexcept;

/// What these counts mean. Exact: whole numbers are compared, so that a rate of just the value is
/// not over it. `covered`: the time they were taken over; `whole`: whether it was long enough to
/// tell a rate.
[[nodiscard]] figure figure_of(
    const policy::alert_policy& rule, const window::counts& counted, duration covered, bool whole
) noexcept;

/// "2.31% of 1840 calls in 1m"; "100.00% of 5 calls in 1m (and 300 were refused)"; "12 calls in 1m,
/// of 20 it takes".
[[nodiscard]] std::string describe(const policy::alert_policy& rule, const figure& what);

/// The time that is counted over: `window`, or of counts that of the condition.
[[nodiscard]] duration window_of(const policy::alert_policy& rule) noexcept;

[[nodiscard]] patience patience_of(const policy::alert_policy& rule) noexcept;

}  // namespace curfew::alerts
