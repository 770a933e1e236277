#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/ledger/reader.hpp>
#include <curfew/policy/edit.hpp>
#include <curfew/policy/policy.hpp>
#include <curfew/report/trend.hpp>
#include <curfew/statistics/timeout_advice.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace curfew::report {

/// Over how long calls were seen. A limit is lowered only onto a history that has seen the rise and
/// fall of a day: quiet minutes say nothing about the busy ones to come, and the P99 of a calm
/// night is exceeded by the morning. Counted by hours of the clock (UTC), so that a day of calls
/// every quarter of an hour is a day.
struct seen_history {
    static constexpr unsigned clock_hours_least = 24;
    static constexpr unsigned hours_with_calls_least = 6;  ///< else it is some bursts

    duration length{};              ///< from the first call's minute to the last one's, both whole
    unsigned clock_hours = 0;       ///< from the first call's hour to the last one's
    unsigned hours_with_calls = 0;  ///< of these

    [[nodiscard]] constexpr bool is_long_enough_to_lower() const noexcept {
        return clock_hours >= clock_hours_least && hours_with_calls >= hours_with_calls_least;
    }
};

/// What the history of one operation says about its limit.
struct advised_limit {
    surface where = surface::http;
    std::string name;
    std::string key;  ///< of the policy, this operation's own; empty: there is none
    std::optional<duration> in_force;   ///< what the policy says now
    std::optional<duration> ran_under;  ///< its own limit when it last timed out
    statistics::timeout_advice advice;
    std::uint64_t cut_by_callers = 0;  ///< of the cut calls: their caller's time ran out first
    double body_share =
        0;  ///< of the time of its successes: relaying bodies, which no timeout ends

    ledger::wall_time since{};           ///< the history begins here
    std::optional<trend_change> cut_at;  ///< the change it begins with
    std::optional<trend_change> recent;  ///< a change too young to begin a history with
    seen_history seen{};                 ///< since the last change that may begin one

    /// Most of its time was spent on bodies: nothing is advised.
    [[nodiscard]] bool mostly_bodies() const noexcept { return body_share > 0.5; }

    /// It was to be lowered, but counted together with the calls made under contention, more would
    /// time out than the quantile allows: the limit in force stays.
    [[nodiscard]] bool held_by_contention() const noexcept;

    /// It was to be lowered, but by a history that is too short for that: the limit in force stays.
    [[nodiscard]] bool held_by_young_history() const noexcept;

    /// The advice is another limit than the one in force, from enough calls.
    [[nodiscard]] bool is_new() const noexcept;
};

/// Where the file declares no routes, all share `request.timeout`: as long as the one among them
/// that needs most.
struct shared_limit {
    duration in_force{};
    duration limit{};  ///< the one in force, where the difference is within the hysteresis
    std::string decided_by;
    seen_history seen{};              ///< of all of them together
    std::optional<duration> too_low;  ///< lower than the one in force, but `seen` is too short
};

struct limit_advice {
    ledger::range when{};
    std::string path;
    std::vector<advised_limit> operations;  ///< the most frequent first
    std::optional<shared_limit> shared;
};

struct advice_question {
    ledger::range when{};  ///< both ends are given
    std::optional<surface> where{};
    const policy::policy* rules = nullptr;  ///< whose limits are in force
};

/// Limits from history: statistics::advise_timeout for each operation. One pass over the minutes,
/// and one over at most 20 000 rows for the exact limits that ended calls.
///
/// - Its calls: successes; what its own limit (or its caller's) ended counts as at least that long.
///   Failures say nothing about the time a success needs.
/// - From its last change on (latency, or the share that timed out; as in a trend), if that leaves
/// a
///   day or, of a short history, a quarter of it: less would take the hour for the rule. Where a
///   younger change made it slower, the longer of both advices is taken.
/// - Pressed: calls of a minute in which over half of their time was waiting in the queue. They say
///   nothing about the work, and are kept apart; but no limit is lowered that would end more of
///   them, over all calls, than the quantile allows. (No pressure signal is in the ledger.)
/// - No limit is lowered by less than a day's history (`seen_history`), nor the shared one by less
///   than that of all calls together. Raised it is by any that has enough calls.
/// - What took long because its body did is not ended by `request.timeout`; where that is most of
///   the time, nothing is advised.
[[nodiscard]] result<limit_advice> advise_limits(ledger::reader& from, const advice_question& what);

/// What there is to write: each new limit that has a key of its own, and the shared one.
[[nodiscard]] std::vector<policy::time_edit> edits_of(const limit_advice& of);

/// What became of a wish to write it.
struct written_advice {
    std::string file;
    policy::edited_file edited;
    bool written = false;
};

/// For a terminal; `written` where it was asked for: its lines are shown as a difference.
[[nodiscard]] std::string to_text(const limit_advice& of);
[[nodiscard]] std::string to_text(const written_advice& of);

/// docs/schema/advise.json.
[[nodiscard]] std::string to_json(
    const limit_advice& of, const std::optional<written_advice>& written
);

}  // namespace curfew::report
