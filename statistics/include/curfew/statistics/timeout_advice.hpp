#pragma once

#include <curfew/core/histogram.hpp>
#include <curfew/statistics/distributions.hpp>
#include <curfew/statistics/quantile.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace curfew::statistics {

/// What is known of one operation's calls. Take it from the last change point on: older calls are
/// those of another program.
struct call_history {
    const histogram* completed = nullptr;  ///< null: none
    std::span<const cut_calls> cut{};      ///< ended by their own limit; one entry a limit
};

struct advice_rules {
    double q = 0.99;           ///< the share of calls that must have time to complete, 0.5..0.99999
    double margin = 1.5;       ///< the limit is the quantile times this, 1..10
    double thin_margin = 2;    ///< the same where few calls speak (quantile_estimate::thin)
    double confidence = 0.95;  ///< of the interval, 0.5..0.9999
    double hysteresis = 0.2;   ///< a smaller relative change is not worth a new limit, 0..1
    duration floor = std::chrono::milliseconds{10};
    duration cap = std::chrono::minutes{5};
    duration cold_start = std::chrono::seconds{30};  ///< advised until there are `min_calls`
    std::uint64_t min_calls = 20;                    ///< at least 2

    friend bool operator==(const advice_rules&, const advice_rules&) noexcept = default;
};

/// 0 < floor <= cap and every number in its range.
[[nodiscard]] bool is_valid(const advice_rules& rules) noexcept;

struct advice_input {
    call_history calm{};
    call_history pressed{};             ///< calls made while a pressure signal was up
    std::optional<duration> current{};  ///< the limit in force
    advice_rules rules{};
};

enum class advice_reason : std::uint8_t {
    cold_start,  ///< too few calls: the limit in force, else the cold-start default
    cut_short,   ///< the quantile lies beyond the limits that cut: raised, so that one can see
    kept,        ///< the limit in force is right within the hysteresis
    raised,
    lowered,
    proposed,  ///< there was no limit
};

/// `cold_start`, `cut_short`, ...
[[nodiscard]] std::string_view to_string(advice_reason reason) noexcept;

/// What one history says.
struct advice_evidence {
    quantile_estimate quantile{};  ///< its q is the one used, its `cut` the slow ones
    std::uint64_t hung = 0;        ///< cut calls that would not have come back: no evidence
};

/// What the advised limit would have done to one history.
struct advice_replay {
    std::uint64_t calls = 0;

    /// Calls it would have ended although they completed, or that were slow rather than hung and
    /// would be cut as before. Never understated; by up to a bucket (3.125 % of the limit) over.
    std::uint64_t false_timeouts = 0;

    /// Slow calls that were cut sooner than it would have cut them: nobody knows.
    std::uint64_t unknown = 0;

    double rate = 0;            ///< false_timeouts / calls; 0 without calls
    share_interval interval{};  ///< where that share lies
};

struct timeout_advice {
    duration limit{};
    advice_reason reason = advice_reason::cold_start;
    bool at_floor = false;
    bool at_cap = false;

    advice_evidence calm{};
    advice_evidence pressed{};
    advice_replay calm_replay{};
    advice_replay pressed_replay{};

    /// How much longer the quantile takes under pressure, at least 1: what a pressure multiplier
    /// of the policy should be. None unless both histories have `min_calls` and know it.
    std::optional<double> pressure_factor{};
};

/// A limit from history, with its evidence. Pure and deterministic.
///
/// limit = the quantile of the calm calls times a margin, and no less than the upper end of its
/// interval (where few calls leave that end open, than the limit in force, or `cold_start`); two
/// significant digits, rounded up; within floor and cap. The rules, and why:
/// - Cut calls count as "at least their limit" (estimate_quantile): leaving them out, or taking
/// them
///   as that long, advises ever shorter limits. Where too many were cut to see the quantile, the
///   advice is `thin_margin` times the longest limit, and never below the one in force.
/// - Hung calls are told apart from slow ones, since no limit is long enough for them. The cut
/// calls
///   of a limit have hung if at least 10 times as many were cut there as completed in the second
///   half of it: slow calls keep completing all the way (an exponential or even a Pareto tail loses
///   half of its calls or more there), so a long plateau means that the rest never ends (R. Maller
///   and S. Zhou, "Estimating the proportion of immunes in a censored sample", 1992). This takes
///   `min_calls` completed ones to compare with. A second kind of call that always takes longer
///   than the limit looks the same: read `hung` before an advice lowers a limit.
/// - The longest call alone never decides: the quantile used is at most (n - 1) / n. One hang among
///   thirty runs once made an untrimmed P95 propose 220 minutes for a 42-second job.
/// - Calls under pressure are kept apart: they say what the multiplier should be, not the limit.
/// - Hysteresis: small differences keep the limit in force, unless it is outside floor and cap.
///
/// `input.rules` must be valid. Allocates for the cut calls of a history. Thread rule: any thread.
[[nodiscard]] timeout_advice advise_timeout(const advice_input& input);

}  // namespace curfew::statistics
