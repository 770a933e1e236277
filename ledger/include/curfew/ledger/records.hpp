#pragma once

#include <curfew/core/event.hpp>
#include <curfew/core/histogram.hpp>

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace curfew::ledger {

/// A point of wall time. It says when something was, for people; nothing is decided by it but what
/// is old enough to be deleted.
using wall_time = std::chrono::sys_time<duration>;

/// Minutes since 1970-01-01 00:00 UTC.
using minute = std::int64_t;

[[nodiscard]] constexpr minute minute_of(wall_time at) noexcept {
    return std::chrono::floor<std::chrono::minutes>(at).time_since_epoch().count();
}

[[nodiscard]] constexpr wall_time begin_of(minute which) noexcept {
    return wall_time{std::chrono::minutes{which}};
}

inline constexpr std::size_t stage_count = static_cast<std::size_t>(stage::other) + 1;
using stage_times = std::array<duration, stage_count>;

/// What is counted together: one operation with one way to end.
struct series {
    surface where = surface::http;
    std::string name;
    outcome ended = outcome::success;
    cause_kind why = cause_kind::completed;
    shed_reason reason = shed_reason::none;
    std::optional<errc> error{};
    std::string limit_name;  ///< the policy key of the limit that ended it; empty: none did

    friend auto operator<=>(const series&, const series&) = default;
};

/// How an operation's times spread, all of it: nothing here is sampled.
struct figures {
    histogram took;                 ///< of what timed out: a lower bound of what it needed
    std::uint64_t near_misses = 0;  ///< ran to its end, but took over 80 % of its limit
    stage_times spent{};            ///< where the time went, summed
};

/// Whether an operation that ran to its end came close to its limit: over 80 % of it.
[[nodiscard]] constexpr bool is_near_miss(const event& what) noexcept {
    return what.why.kind == cause_kind::completed && what.ended != outcome::timeout &&
           what.limit > duration::zero() && what.took > what.limit / 5 * 4;
}

/// Gets a row whatever the sampling says: anything but a success that ran well within its limit.
[[nodiscard]] constexpr bool is_plain_success(const event& what) noexcept {
    return what.ended == outcome::success && what.why.kind == cause_kind::completed &&
           !what.error && !is_near_miss(what);
}

/// One operation as it was kept.
struct kept_operation {
    series what;
    wall_time started{};
    duration took{};
    duration limit{};        ///< it ran under; zero: none
    duration cause_limit{};  ///< value of the limit that ended it; zero: none did
    time_account account{};
    trace_context trace{};
    std::vector<std::pair<std::string, std::string>> attributes;
    std::uint32_t one_in = 1;   ///< it stands for so many successes
    std::int64_t instance = 0;  ///< 0: told by a command that left it in a spool
};

/// A process that recorded here.
struct instance {
    std::int64_t id = 0;
    std::int64_t process = 0;
    std::string version;
    wall_time started{};
    wall_time last_seen{};
    bool stopped = false;  ///< in order; false: it runs, or it was killed
};

/// "v1.4 deployed", by `curfew mark`.
struct mark {
    wall_time at{};
    std::string text;
};

/// What became of operations: so that a report can say what it cannot show.
enum class fate : std::uint8_t {
    recorded,           ///< counted in the minutes
    row_kept,           ///< and has a row
    row_sampled_out,    ///< a plain success without a row of its own
    row_dropped,        ///< the store was out of reach for too long to keep the row
    figures_dropped,    ///< ... or even to count it
    ring_full_success,  ///< dropped by a recorder: the writer did not keep up
    ring_full_failure,
    ring_full_timeout,
    ring_full_cancelled,
    ring_full_ignored,
    text_cut,      ///< a name or attribute was longer than its bound
    rows_expired,  ///< deleted for their age
    minutes_expired,
    rows_trimmed,  ///< deleted for the size cap
    minutes_trimmed,
    spool_merged,   ///< taken over from the spool of short-lived commands
    spool_torn,     ///< places in a spool that made no sense
    spool_foreign,  ///< written by another version, not understood
    clock_stepped,  ///< the wall clock jumped by over 2 s
};

inline constexpr std::size_t fate_count = static_cast<std::size_t>(fate::clock_stepped) + 1;

/// The names under which they are stored: "row_sampled_out".
[[nodiscard]] std::string_view to_string(fate what) noexcept;

using fates = std::array<std::uint64_t, fate_count>;

}  // namespace curfew::ledger
