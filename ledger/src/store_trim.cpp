#include "store.hpp"

#include <limits>

namespace curfew::ledger {
namespace {

result<std::uint64_t> run_counted(
    database& on, std::string_view sql, std::int64_t a, std::int64_t b
) {
    auto made = on.prepare(sql);
    if (!made) {
        return std::unexpected{made.error()};
    }
    const auto done = made->bind(1, a).bind(2, b).run();
    if (!done) {
        return std::unexpected{done.error()};
    }
    return static_cast<std::uint64_t>(on.changed());
}

constexpr std::string_view delete_expired_rows =
    "DELETE FROM operation WHERE id IN (SELECT id FROM operation WHERE minute<?1 LIMIT ?2)";
constexpr std::string_view delete_oldest_rows =
    "DELETE FROM operation WHERE id IN (SELECT id FROM operation WHERE minute<?1 "
    "ORDER BY minute LIMIT ?2)";

constexpr minute end_of_time = std::numeric_limits<minute>::max();

}  // namespace

result<store::trimmed> store::trim(
    const policy::ledger_policy& rules, wall_time now, std::uint64_t most
) {
    trimmed told;
    auto writing = transaction::begin(on_);
    if (!writing) {
        return std::unexpected{writing.error()};
    }
    const auto rows = run_counted(
        on_, delete_expired_rows, minute_of(now - rules.keep_rows), static_cast<std::int64_t>(most)
    );
    if (!rows) {
        return std::unexpected{rows.error()};
    }
    told.rows_expired = *rows;
    const minute oldest = minute_of(now - rules.keep_minutes);
    const auto minutes = delete_minutes(oldest, most);
    if (!minutes) {
        return std::unexpected{minutes.error()};
    }
    told.minutes_expired = *minutes;
    if (const auto done = shrink(rules.size_max, most, told); !done) {
        return std::unexpected{done.error()};
    }
    if (const auto done = forget(oldest); !done) {
        return std::unexpected{done.error()};
    }
    if (const auto done = writing->commit(); !done) {
        return std::unexpected{done.error()};
    }
    if (const auto done = give_pages_back(rules.size_max); !done) {
        told.pages_kept = done.error();
    }
    return told;
}

result<> store::shrink(std::uint64_t size_max, std::uint64_t most, trimmed& told) {
    const auto bytes = file_bytes();
    const auto free = on_.number("PRAGMA freelist_count");
    const auto size = on_.number("PRAGMA page_size");
    if (!bytes || !free || !size) {
        return std::unexpected{!bytes ? bytes.error() : !free ? free.error() : size.error()};
    }
    const std::uint64_t used = *bytes - static_cast<std::uint64_t>(*free * *size);
    if (used <= size_max - size_max / 16) {
        return {};
    }
    const auto rows =
        run_counted(on_, delete_oldest_rows, end_of_time, static_cast<std::int64_t>(most));
    if (!rows) {
        return std::unexpected{rows.error()};
    }
    told.rows_trimmed = *rows;
    if (*rows == 0) {
        const auto minutes = delete_minutes(end_of_time, most);
        if (!minutes) {
            return std::unexpected{minutes.error()};
        }
        told.minutes_trimmed = *minutes;
    }
    return {};
}

result<std::uint64_t> store::delete_minutes(minute before, std::uint64_t most) {
    auto asked =
        on_.prepare("SELECT minute FROM minute WHERE minute<?1 ORDER BY minute LIMIT 1 OFFSET ?2");
    if (!asked) {
        return std::unexpected{asked.error()};
    }
    const auto more = asked->bind(1, before).bind(2, static_cast<std::int64_t>(most)).step();
    if (!more) {
        return std::unexpected{more.error()};
    }
    // Whole minutes; at least the oldest, however many series it has.
    const minute until = *more ? asked->number(0) : before;
    asked->reset();
    return run_counted(
        on_,
        "DELETE FROM minute WHERE minute<?1 OR minute=(SELECT min(minute) FROM minute "
        "WHERE minute<?2)",
        until,
        before
    );
}

result<> store::forget(minute before) {
    const std::int64_t since = begin_of(before).time_since_epoch().count();
    for (const std::string_view sql : {
             "DELETE FROM fate WHERE minute<?2",
             "DELETE FROM mark WHERE at_ns<?1",
             "DELETE FROM merged_spool WHERE at_ns<?1",
             "DELETE FROM instance WHERE last_seen_ns<?1",
         }) {
        if (const auto done = run_counted(on_, sql, since, before); !done) {
            return std::unexpected{done.error()};
        }
    }
    return {};
}

result<> store::give_pages_back(std::uint64_t size_max) {
    const auto bytes = file_bytes();
    const auto free = on_.number("PRAGMA freelist_count");
    const auto pages = on_.number("PRAGMA page_count");
    if (!bytes || !free || !pages) {
        return std::unexpected{!bytes ? bytes.error() : !free ? free.error() : pages.error()};
    }
    // Free pages are used again by what comes next, so only a real surplus is worth the writing.
    const bool too_large = *bytes > size_max;
    if (*free > 0 && (too_large || *free > *pages / 4)) {
        return on_.run(
            too_large ? "PRAGMA incremental_vacuum(4096)" : "PRAGMA incremental_vacuum(512)"
        );
    }
    return {};
}

}  // namespace curfew::ledger
