#include "postgres_store.hpp"

#include "postgres_schema.hpp"
#include "postgres_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace curfew::ledger {
std::string postgres_store::begin_script() const {
    const auto in = [](duration limit) {
        const auto whole = std::chrono::ceil<std::chrono::milliseconds>(limit).count();
        return std::to_string(std::max<std::int64_t>(whole, 1));
    };
    return "BEGIN;SET LOCAL search_path=curfew;SET LOCAL statement_timeout=" + in(limits_.query) +
           ";SET LOCAL idle_in_transaction_session_timeout=" + in(limits_.query);
}

setback setback_of(const pg::trouble& what) {
    // Data that the server cannot take (22) or that contradicts what is there (23).
    const bool refused = what.sqlstate.starts_with("22") || what.sqlstate.starts_with("23");
    return {{what.code, 0}, what.message, refused};
}

postgres_store::postgres_store(postgres_link on, const database_limits& limits)
    : on_{std::move(on)}, limits_{limits} {}

std::expected<postgres_store, setback> postgres_store::open(
    const database_place& where, const postgres_waiting& how
) {
    auto made = postgres_link::open(where.url, where.limits, how);
    if (!made) {
        return std::unexpected{setback_of(made.error())};
    }
    made->begin_work(where.limits.transaction);
    if (const auto done = migrate(*made); !done) {
        return std::unexpected{setback_of(done.error())};
    }
    return postgres_store{*std::move(made), where.limits};
}

result<> postgres_store::note(const pg::answer<>& done) {
    if (done) {
        return {};
    }
    last_ = setback_of(done.error());
    on_.roll_back();
    // What was learned in a transaction that is undone is not true any more.
    known_.clear();
    instance_ = 0;
    return std::unexpected{last_.why};
}

result<> postgres_store::write(const batch& what, wall_time now, const label& as) {
    on_.begin_work(limits_.transaction);
    const auto begun = begin(now, as);
    if (!begun) {
        return note(std::unexpected{begun.error()});
    }
    if (!*begun) {
        on_.roll_back();
        return {};
    }
    auto done = write_all(what, now, as);
    if (done) {
        if (auto committed = on_.run("COMMIT"); !committed) {
            done = std::unexpected{std::move(committed.error())};
        }
    }
    return note(done);
}

/// False: it was written before.
pg::answer<bool> postgres_store::begin(wall_time now, const label& as) {
    if (auto begun = on_.run(begin_script()); !begun) {
        return std::unexpected{std::move(begun.error())};
    }
    const std::array<pg::parameter, 3> values{as.name, nanoseconds_of(now), as.over};
    const auto noted = on_.ask(
        "WITH known AS (DELETE FROM merged_spool WHERE name=$3 AND name<>$1) "
        "INSERT INTO merged_spool(name, at_ns) VALUES($1, $2) ON CONFLICT DO NOTHING",
        values
    );
    if (!noted) {
        return std::unexpected{noted.error()};
    }
    return noted->affected() == 1;
}

pg::answer<> postgres_store::write_all(const batch& what, wall_time now, const label& as) {
    const auto instance = instance_of(as, now);
    if (!instance) {
        return std::unexpected{instance.error()};
    }
    const auto ids = ids_of(what);
    if (!ids) {
        return std::unexpected{ids.error()};
    }
    if (auto done = write_rows(what, *ids, *instance); !done) {
        return done;
    }
    if (auto done = write_marks(what); !done) {
        return done;
    }
    if (auto done = write_fates(what, now, *instance); !done) {
        return done;
    }
    // The last, for nobody else adds to figures from here to the end.
    return write_minutes(what, *ids);
}

pg::answer<std::int64_t> postgres_store::instance_of(const label& as, wall_time now) {
    if (as.by == nullptr) {
        return 0;
    }
    const author& by = *as.by;
    const bool is_known = instance_ != 0 && author_.process == by.process &&
                          author_.started == by.started && author_.version == by.version;
    std::int64_t id = is_known ? instance_ : 0;
    if (id == 0) {
        const std::array<pg::parameter, 3> values{
            by.process, storable(by.version), nanoseconds_of(by.started)
        };
        const auto found = on_.ask(
            "WITH known AS (SELECT max(id) AS id FROM instance WHERE process=$1::bigint AND "
            "version=$2::text AND started_ns=$3::bigint), made AS (INSERT INTO instance(process, "
            "version, started_ns, "
            "last_seen_ns) SELECT $1::bigint, $2::text, $3::bigint, $3::bigint FROM known WHERE id "
            "IS NULL RETURNING id) "
            "SELECT coalesce((SELECT id FROM known), (SELECT id FROM made))",
            values
        );
        if (!found) {
            return std::unexpected{found.error()};
        }
        id = number_at(*found, 0, 0);
    }
    const std::array<pg::parameter, 3> values{id, nanoseconds_of(now), as.stopped ? 1 : 0};
    const auto seen = on_.ask(
        "UPDATE instance SET last_seen_ns=greatest(last_seen_ns, $2::bigint), "
        "stopped=greatest(stopped, $3::bigint) WHERE id=$1::bigint",
        values
    );
    if (!seen) {
        return std::unexpected{seen.error()};
    }
    // It may have been forgotten, for its age.
    instance_ = seen->affected() == 1 ? id : 0;
    author_ = by;
    return id;
}

}  // namespace curfew::ledger
