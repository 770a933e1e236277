#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/policy/duration_text.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace curfew::policy {

/// What an alert looks at.
enum class metric : std::uint8_t {
    // The part of the calls of an operation in the window:
    timeout_rate,    ///< that timed out
    failure_rate,    ///< that failed
    refusal_rate,    ///< that a guard refused
    error_rate,      ///< any of the three
    near_miss_rate,  ///< that took over 80 % of their limit, and ended well
    rate,            ///< calls a second
    // The time within which so many of a hundred calls ended:
    p50,
    p90,
    p95,
    p99,
    // What happened to the process, whatever the operation:
    restarts,        ///< of the backend, counted
    hangs,           ///< of the backend, counted
    dropped,         ///< events that were lost before they were counted
    ledger_failing,  ///< the ledger cannot be written: true or not
};

[[nodiscard]] std::string_view to_string(metric which) noexcept;

enum class relation : std::uint8_t { over, at_least, under, at_most };

/// What `value` of a condition is a number of.
enum class measure : std::uint8_t {
    share,    ///< millionths of the calls: "1%" is 10 000
    rate,     ///< millionths of a call a second: "0.5/s" is 500 000
    time,     ///< nanoseconds
    count,    ///< as it is
    nothing,  ///< true or not
};

[[nodiscard]] measure measure_of(metric which) noexcept;

/// Whether it is of an operation, and not of the process.
[[nodiscard]] bool is_of_operation(metric which) noexcept;

/// When an alert is due: `timeout_rate > 1% for 5m`.
struct condition {
    metric what = metric::timeout_rate;
    relation how = relation::over;
    std::int64_t value = 0;
    /// Of rates and times: for how long it must hold without a break. Of counts: how far back is
    /// counted, 10 minutes where nothing is said.
    duration lasting{};

    friend bool operator==(const condition&, const condition&) noexcept = default;
};

/// What is wrong, and where in the text (a byte from 0).
struct condition_problem {
    text_problem what;
    std::size_t at = 0;
};

/// Reads a condition: METRIC OPERATOR VALUE [for DURATION], or `ledger_failing [for DURATION]`.
///
/// | metric | operators | value |
/// |---|---|---|
/// | timeout_rate, failure_rate, refusal_rate, error_rate, near_miss_rate | > >= | 0.5% |
/// | rate | > >= < <= | 10/s |
/// | p50, p90, p95, p99 | > >= | 250ms |
/// | restarts, hangs, dropped | > >= | 3 |
///
/// Strict: a value has the unit of its metric and at most four decimals; a share is from 0% to
/// 100%; a duration is at most 24h.
[[nodiscard]] std::expected<condition, condition_problem> parse_condition(std::string_view text);

/// Reads a value alone, as it stands in a condition on `which`.
[[nodiscard]] std::expected<std::int64_t, text_problem> parse_value(
    metric which, std::string_view text
);

/// Reads a value of that measure.
[[nodiscard]] std::expected<std::int64_t, text_problem> parse_value(
    measure unit, std::string_view text
);

/// As they would be written: "1%", "timeout_rate > 1% for 5m".
[[nodiscard]] std::string print_value(measure unit, std::int64_t value);
[[nodiscard]] std::string print_value(metric which, std::int64_t value);
[[nodiscard]] std::string print(const condition& what);

}  // namespace curfew::policy
