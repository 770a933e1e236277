#include "schema.hpp"

#include <array>
#include <string>

namespace curfew::ledger {
namespace {

// Enumerations are stored by their names, except the stages inside blobs (see batch_test).
// An operation belongs to the minute in which it ended. The index of rows starts with that minute:
// new entries then go to few pages, where an index by trace alone would touch one page a row.
// Notable is what is no plain success: reports look for it among a million samples of what is.
constexpr const char* version_1 = R"sql(
CREATE TABLE series(
    id INTEGER PRIMARY KEY,
    surface TEXT NOT NULL,
    name TEXT NOT NULL,
    outcome TEXT NOT NULL,
    cause TEXT NOT NULL,
    reason TEXT NOT NULL,
    error TEXT NOT NULL,
    limit_name TEXT NOT NULL,
    UNIQUE(surface, name, outcome, cause, reason, error, limit_name)
);
CREATE TABLE instance(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    process INTEGER NOT NULL,
    version TEXT NOT NULL,
    started_ns INTEGER NOT NULL,
    last_seen_ns INTEGER NOT NULL,
    stopped INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE minute(
    minute INTEGER NOT NULL,
    series INTEGER NOT NULL,
    count INTEGER NOT NULL,
    near_misses INTEGER NOT NULL,
    figures BLOB NOT NULL,
    PRIMARY KEY(minute, series)
) WITHOUT ROWID;
CREATE TABLE operation(
    id INTEGER PRIMARY KEY,
    minute INTEGER NOT NULL,
    series INTEGER NOT NULL,
    instance INTEGER NOT NULL,
    started_ns INTEGER NOT NULL,
    took_ns INTEGER NOT NULL,
    limit_ns INTEGER NOT NULL,
    cause_limit_ns INTEGER NOT NULL,
    trace_high INTEGER NOT NULL,
    trace_low INTEGER NOT NULL,
    span INTEGER NOT NULL,
    one_in INTEGER NOT NULL,
    notable INTEGER NOT NULL,
    detail BLOB NOT NULL
);
CREATE INDEX operation_by_minute ON operation(minute, trace_low);
CREATE INDEX operation_notable ON operation(minute) WHERE notable=1;
CREATE TABLE mark(id INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, text TEXT NOT NULL);
CREATE TABLE fate(
    minute INTEGER NOT NULL,
    instance INTEGER NOT NULL,
    what TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY(minute, instance, what)
) WITHOUT ROWID;
CREATE TABLE merged_spool(name TEXT PRIMARY KEY, at_ns INTEGER NOT NULL) WITHOUT ROWID;
)sql";

// A step, once released, is never changed.
constexpr std::array released{version_1};
static_assert(released.size() == schema_version);

result<> apply(database& of, std::int64_t from, schema_steps steps) noexcept {
    for (const char* each : steps.subspan(static_cast<std::size_t>(from))) {
        if (const auto done = of.run(each); !done) {
            return done;
        }
    }
    return of.run(("PRAGMA application_id=" + std::to_string(application_id) +
                   ";PRAGMA user_version=" + std::to_string(steps.size()))
                      .c_str());
}

result<std::int64_t> read_version(database& of, std::size_t newest) noexcept {
    const auto version = of.number("PRAGMA user_version");
    if (!version) {
        return version;
    }
    const auto whose = of.number("PRAGMA application_id");
    if (!whose) {
        return whose;
    }
    if (*whose != application_id) {
        const auto things = of.number("SELECT count(*) FROM sqlite_schema");
        if (!things) {
            return things;
        }
        const bool is_new = *whose == 0 && *version == 0 && *things == 0;
        return is_new ? result<std::int64_t>{0} : fail(errc::ledger_foreign);
    }
    if (*version > static_cast<std::int64_t>(newest)) {
        return fail(errc::ledger_newer, static_cast<std::int32_t>(*version));
    }
    return *version > 0 ? version : fail(errc::ledger_corrupt);
}

}  // namespace

schema_steps released_steps() noexcept {
    return released;
}

// In one transaction: another process may be making the file, and half of what it has made is no
// damage.
result<std::int64_t> version_of(database& of, schema_steps known) noexcept {
    if (const auto begun = of.run("SAVEPOINT look"); !begun) {
        return std::unexpected{begun.error()};
    }
    const auto version = read_version(of, known.size());
    if (const auto ended = of.run("RELEASE look"); !ended && version) {
        return std::unexpected{ended.error()};
    }
    return version;
}

result<> migrate(database& of, schema_steps steps) noexcept {
    const auto newest = static_cast<std::int64_t>(steps.size());
    const auto before = version_of(of, steps);
    if (!before) {
        return std::unexpected{before.error()};
    }
    if (*before == newest) {
        return {};
    }
    auto changing = transaction::begin(of);
    if (!changing) {
        return std::unexpected{changing.error()};
    }
    const auto now = version_of(of, steps);  // another process may have been quicker
    if (!now) {
        return std::unexpected{now.error()};
    }
    if (*now == newest) {
        return {};
    }
    if (const auto done = apply(of, *now, steps); !done) {
        return done;
    }
    return changing->commit();
}

}  // namespace curfew::ledger
