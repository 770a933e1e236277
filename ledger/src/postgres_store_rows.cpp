#include "postgres_schema.hpp"
#include "postgres_store.hpp"
#include "postgres_text.hpp"

#include <array>
#include <map>
#include <utility>

namespace curfew::ledger {
namespace {

using figures_by_key = std::map<std::pair<minute, std::int64_t>, sparse_figures>;

/// Adds what `there` has (minute, series, near misses, figures) to `sums`.
pg::answer<> add_stored(const pg::rows& there, figures_by_key& sums) {
    std::string bytes;
    for (std::size_t i = 0; i < there.size(); ++i) {
        sparse_figures before;
        const auto text = there.at(i, 3);
        if (!text || !decode_hex(*text, bytes) || !before.decode(bytes)) {
            return damaged_ledger();
        }
        before.add_near_misses(static_cast<std::uint64_t>(number_at(there, i, 2)));
        sums[{number_at(there, i, 0), number_at(there, i, 1)}].merge(before);
    }
    return {};
}

}  // namespace

pg::answer<> postgres_store::write_rows(
    const batch& what, const series_ids& ids, std::int64_t instance
) {
    if (what.rows().empty()) {
        return {};
    }
    postgres_copy to;
    for (const batch::row& each : what.rows()) {
        for (const std::int64_t number : {
                 std::int64_t{minute_of(each.ended)},
                 ids[each.what],
                 instance,
                 nanoseconds_of(each.started),
                 std::int64_t{each.took.count()},
                 std::int64_t{each.limit.count()},
                 std::int64_t{each.cause_limit.count()},
                 static_cast<std::int64_t>(each.trace.trace_high),
                 static_cast<std::int64_t>(each.trace.trace_low),
                 static_cast<std::int64_t>(each.trace.span),
                 std::int64_t{each.one_in},
                 std::int64_t{each.notable ? 1 : 0},
             }) {
            to.add(number);
        }
        to.add_bytes(each.detail);
        to.end_row();
    }
    used_ += to.whole().size();
    return on_.copy(
        "COPY operation(minute, series, instance, started_ns, took_ns, limit_ns, "
        "cause_limit_ns, trace_high, trace_low, span, one_in, notable, detail) FROM STDIN",
        to.whole()
    );
}

pg::answer<> postgres_store::write_marks(const batch& what) {
    if (what.marks().empty()) {
        return {};
    }
    postgres_array times;
    postgres_array texts;
    for (const mark& each : what.marks()) {
        times.add(nanoseconds_of(each.at));
        texts.add_text(storable(each.text));
    }
    const std::array<pg::parameter, 2> values{times.take(), texts.take()};
    const auto done = on_.ask(
        "INSERT INTO mark(at_ns, text) SELECT at_ns, text FROM unnest($1::bigint[], $2::text[]) "
        "WITH ORDINALITY AS a(at_ns, text, at) ORDER BY at",
        values
    );
    return done ? pg::answer<>{} : std::unexpected{done.error()};
}

pg::answer<> postgres_store::write_fates(const batch& what, wall_time now, std::int64_t instance) {
    postgres_array names;
    postgres_array counts;
    bool any = false;
    for (std::size_t i = 0; i < fate_count; ++i) {
        if (what.what_became()[i] != 0) {
            names.add_text(to_string(static_cast<fate>(i)));
            counts.add(static_cast<std::int64_t>(what.what_became()[i]));
            any = true;
        }
    }
    if (!any) {
        return {};
    }
    const std::array<pg::parameter, 4> values{
        minute_of(now), instance, names.take(), counts.take()
    };
    const auto done = on_.ask(
        "INSERT INTO fate(minute, instance, what, count) SELECT $1::bigint, $2::bigint, what, "
        "count FROM "
        "unnest($3::text[], $4::bigint[]) AS a(what, count) ON CONFLICT(minute, instance, what) "
        "DO UPDATE SET count=fate.count+excluded.count",
        values
    );
    return done ? pg::answer<>{} : std::unexpected{done.error()};
}

pg::answer<> postgres_store::write_minutes(const batch& what, const series_ids& ids) {
    if (what.minutes().empty()) {
        return {};
    }
    figures_by_key sums;
    postgres_array minutes;
    postgres_array series;
    for (const auto& [key, more] : what.minutes()) {
        sums[{key.at, ids[key.what]}].merge(more);
    }
    for (const auto& [key, unused] : sums) {
        minutes.add(key.first);
        series.add(key.second);
    }
    // The look comes after the lock, and sees all that was added before.
    if (auto locked = on_.run("SELECT " + lock_call("pg_advisory_xact_lock", exclusive::minutes));
        !locked) {
        return std::unexpected{std::move(locked.error())};
    }
    std::vector<pg::parameter> values{minutes.take(), series.take()};
    const auto there = on_.ask(
        "SELECT minute, series, near_misses, figures FROM minute JOIN "
        "unnest($1::bigint[], $2::bigint[]) AS a(minute, series) USING(minute, series)",
        values
    );
    if (!there) {
        return std::unexpected{there.error()};
    }
    if (auto added = add_stored(*there, sums); !added) {
        return added;
    }
    postgres_array counts;
    postgres_array near_misses;
    postgres_array figures;
    for (const auto& [unused, each] : sums) {
        counts.add(static_cast<std::int64_t>(each.count()));
        near_misses.add(static_cast<std::int64_t>(each.near_misses()));
        figures.add_bytes(each.encode());
    }
    values.emplace_back(counts.take());
    values.emplace_back(near_misses.take());
    values.emplace_back(figures.take());
    const auto done = on_.ask(
        "INSERT INTO minute(minute, series, count, near_misses, figures) SELECT * FROM "
        "unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[]) "
        "ON CONFLICT(minute, series) DO UPDATE SET count=excluded.count, "
        "near_misses=excluded.near_misses, figures=excluded.figures",
        values
    );
    return done ? pg::answer<>{} : std::unexpected{done.error()};
}

}  // namespace curfew::ledger
