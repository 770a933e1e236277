#pragma once

#include "batch.hpp"
#include "database.hpp"
#include "series_names.hpp"
#include <curfew/ledger/reader.hpp>

#include <unordered_map>
#include <utility>

namespace curfew::ledger {

[[nodiscard]] inline wall_time wall_of(std::int64_t nanoseconds) noexcept {
    return wall_time{duration{nanoseconds}};
}

[[nodiscard]] inline std::int64_t nanoseconds(wall_time at) noexcept {
    return at.time_since_epoch().count();
}

/// Calls `take(statement)` for every row, until it answers false.
template <class F>
[[nodiscard]] result<> each_row(statement& of, F&& take) {
    for (;;) {
        const auto row = of.step();
        if (!row) {
            return std::unexpected{row.error()};
        }
        if (!*row) {
            return {};
        }
        if (const result<bool> more = take(of); !more || !*more) {
            return more ? result<>{} : std::unexpected{more.error()};
        }
    }
}

[[nodiscard]] inline bool matches(const series& what, const filter& which) noexcept {
    return (!which.where || *which.where == what.where) &&
           (which.name.empty() || which.name == what.name) &&
           (!which.ended || *which.ended == what.ended);
}

struct reader::connection {
    database on;
    std::unordered_map<std::int64_t, series> known{};

    /// Everything that `ask` reads is of one moment.
    template <class F>
    [[nodiscard]] result<> at_one_moment(F&& ask) {
        if (const auto begun = on.run("BEGIN"); !begun) {
            return begun;
        }
        auto done = learn();
        if (done) {
            done = ask();
        }
        const auto ended = on.run("COMMIT");
        return done ? ended : done;
    }

    [[nodiscard]] result<> learn() {
        auto asked = on.prepare(
            "SELECT id, surface, name, outcome, cause, reason, error, limit_name FROM series"
        );
        if (!asked) {
            return std::unexpected{asked.error()};
        }
        return each_row(*asked, [this](const statement& row) -> result<bool> {
            auto read = read_series(row, 1);
            if (!read) {
                return std::unexpected{read.error()};
            }
            known.insert_or_assign(row.number(0), std::move(*read));
            return true;
        });
    }

    [[nodiscard]] const series* find(std::int64_t id) const noexcept {
        const auto at = known.find(id);
        return at == known.end() ? nullptr : &at->second;
    }

    template <class F>
    [[nodiscard]] result<> select(std::string_view sql, std::int64_t a, std::int64_t b, F&& take) {
        auto asked = on.prepare(sql);
        if (!asked) {
            return std::unexpected{asked.error()};
        }
        asked->bind(1, a).bind(2, b);
        return each_row(*asked, std::forward<F>(take));
    }

    [[nodiscard]] result<std::optional<std::int64_t>> optional_number(std::string_view sql) {
        std::optional<std::int64_t> found;
        const auto done = select(sql, 0, 0, [&](const statement& row) -> result<bool> {
            found = row.number(0);
            return false;
        });
        if (!done) {
            return std::unexpected{done.error()};
        }
        return found;
    }

    /// `take(minute, id of the series, sparse_figures)`, oldest minute first.
    template <class F>
    [[nodiscard]] result<> minutes(const filter& which, F&& take) {
        sparse_figures read;
        const auto one = [&](const statement& row) -> result<bool> {
            const series* what = find(row.number(1));
            if (what == nullptr) {
                return fail(errc::ledger_corrupt);
            }
            if (!matches(*what, which)) {
                return true;
            }
            if (!read.decode(row.blob(3))) {
                return fail(errc::ledger_corrupt);
            }
            read.add_near_misses(static_cast<std::uint64_t>(row.number(2)));
            take(row.number(0), row.number(1), std::as_const(read));
            return true;
        };
        return at_one_moment([&] {
            return select(
                "SELECT minute, series, near_misses, figures FROM minute "
                "WHERE minute>=?1 AND minute<?2 ORDER BY minute",
                minute_of(which.when.from),
                minute_of(which.when.to),
                one
            );
        });
    }

    [[nodiscard]] result<kept_operation> read_operation(const statement& row) const {
        const series* what = find(row.number(0));
        kept_operation read;
        if (what == nullptr || !decode_detail(row.blob(10), read)) {
            return fail(errc::ledger_corrupt);
        }
        read.what = *what;
        read.instance = row.number(1);
        read.started = wall_of(row.number(2));
        read.took = duration{row.number(3)};
        read.limit = duration{row.number(4)};
        read.cause_limit = duration{row.number(5)};
        read.trace = {
            static_cast<std::uint64_t>(row.number(6)),
            static_cast<std::uint64_t>(row.number(7)),
            static_cast<std::uint64_t>(row.number(8)),
            0
        };
        read.one_in = static_cast<std::uint32_t>(row.number(9));
        return read;
    }
};

}  // namespace curfew::ledger
