#include "trim.hpp"

#include <limits>
#include <utility>

namespace curfew::ledger {
namespace {

constexpr std::string_view delete_expired_rows =
    "DELETE FROM operation WHERE id IN (SELECT id FROM operation WHERE minute<$1 LIMIT $2)";
constexpr std::string_view delete_oldest_rows =
    "DELETE FROM operation WHERE id IN (SELECT id FROM operation WHERE minute<$1 "
    "ORDER BY minute LIMIT $2)";

constexpr minute end_of_time = std::numeric_limits<minute>::max();

// Whole minutes; at least the oldest, however many series it has.
result<std::uint64_t> delete_minutes(trimmer& on, minute before, std::uint64_t most) {
    const auto more = on.number(
        "SELECT minute FROM minute WHERE minute<$1 ORDER BY minute LIMIT 1 OFFSET $2",
        before,
        static_cast<std::int64_t>(most)
    );
    if (!more) {
        return std::unexpected{more.error()};
    }
    return on.change(
        "DELETE FROM minute WHERE minute<$1 OR minute=(SELECT min(minute) FROM minute "
        "WHERE minute<$2)",
        more->value_or(before),
        before
    );
}

result<> shrink(trimmer& on, std::uint64_t size_max, std::uint64_t most, store::trimmed& told) {
    const auto used = on.used_bytes();
    if (!used) {
        return std::unexpected{used.error()};
    }
    if (*used <= size_max - size_max / 16) {
        return {};
    }
    const auto rows = on.change(delete_oldest_rows, end_of_time, static_cast<std::int64_t>(most));
    if (!rows) {
        return std::unexpected{rows.error()};
    }
    told.rows_trimmed = *rows;
    if (*rows == 0) {
        const auto minutes = delete_minutes(on, end_of_time, most);
        if (!minutes) {
            return std::unexpected{minutes.error()};
        }
        told.minutes_trimmed = *minutes;
    }
    return {};
}

result<> forget(trimmer& on, minute before) {
    const std::int64_t since = begin_of(before).time_since_epoch().count();
    for (const auto& [sql, until] : {
             std::pair{"DELETE FROM fate WHERE minute<$1", before},
             std::pair{"DELETE FROM mark WHERE at_ns<$1", since},
             std::pair{"DELETE FROM merged_spool WHERE at_ns<$1", since},
             std::pair{"DELETE FROM instance WHERE last_seen_ns<$1", since},
         }) {
        if (const auto done = on.change(sql, until, 0); !done) {
            return std::unexpected{done.error()};
        }
    }
    return {};
}

}  // namespace

result<store::trimmed> trim(
    trimmer& on, const policy::ledger_policy& rules, wall_time now, std::uint64_t most
) {
    store::trimmed told;
    const auto rows = on.change(
        delete_expired_rows, minute_of(now - rules.keep_rows), static_cast<std::int64_t>(most)
    );
    if (!rows) {
        return std::unexpected{rows.error()};
    }
    told.rows_expired = *rows;
    const minute oldest = minute_of(now - rules.keep_minutes);
    const auto minutes = delete_minutes(on, oldest, most);
    if (!minutes) {
        return std::unexpected{minutes.error()};
    }
    told.minutes_expired = *minutes;
    if (const auto done = shrink(on, rules.size_max, most, told); !done) {
        return std::unexpected{done.error()};
    }
    if (const auto done = forget(on, oldest); !done) {
        return std::unexpected{done.error()};
    }
    return told;
}

}  // namespace curfew::ledger
