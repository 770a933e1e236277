#pragma once

#include "batch.hpp"
#include "reader_source.hpp"
#include "series_names.hpp"
#include <curfew/ledger/reader.hpp>

#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace curfew::ledger {

[[nodiscard]] inline wall_time wall_of(std::int64_t nanoseconds) noexcept {
    return wall_time{duration{nanoseconds}};
}

[[nodiscard]] inline std::int64_t nanoseconds(wall_time at) noexcept {
    return at.time_since_epoch().count();
}

[[nodiscard]] inline bool matches(const series& what, const filter& which) noexcept {
    return (!which.where || *which.where == what.where) &&
           (which.name.empty() || which.name == what.name) &&
           (!which.ended || *which.ended == what.ended);
}

struct reader::connection {
    std::unique_ptr<reader_source> from;
    std::unordered_map<std::int64_t, series> known{};

    /// Everything that `ask` reads is of one moment.
    template <class F>
    [[nodiscard]] result<> at_one_moment(F&& ask) {
        if (const auto begun = from->begin(); !begun) {
            return begun;
        }
        auto done = learn();
        if (done) {
            done = ask();
        }
        const auto ended = from->end();
        return done ? ended : done;
    }

    [[nodiscard]] result<> learn() {
        return from->select(
            "SELECT id, surface, name, outcome, cause, reason, error, limit_name FROM series",
            0,
            0,
            [this](const row& found) -> result<bool> {
                auto read = read_series(found, 1);
                if (!read) {
                    return std::unexpected{read.error()};
                }
                known.insert_or_assign(found.number(0), std::move(*read));
                return true;
            }
        );
    }

    [[nodiscard]] const series* find(std::int64_t id) const noexcept {
        const auto at = known.find(id);
        return at == known.end() ? nullptr : &at->second;
    }

    [[nodiscard]] result<std::optional<std::int64_t>> optional_number(std::string_view sql) {
        std::optional<std::int64_t> found;
        const auto done = from->select(sql, 0, 0, [&](const row& first) -> result<bool> {
            found = first.number(0);
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
        const auto one = [&](const row& found) -> result<bool> {
            const series* what = find(found.number(1));
            if (what == nullptr) {
                return fail(errc::ledger_corrupt);
            }
            if (!matches(*what, which)) {
                return true;
            }
            if (!read.decode(found.blob(3))) {
                return fail(errc::ledger_corrupt);
            }
            read.add_near_misses(static_cast<std::uint64_t>(found.number(2)));
            take(found.number(0), found.number(1), std::as_const(read));
            return true;
        };
        return at_one_moment([&] {
            return from->select(
                "SELECT minute, series, near_misses, figures FROM minute "
                "WHERE minute>=$1 AND minute<$2 ORDER BY minute, series",
                minute_of(which.when.from),
                minute_of(which.when.to),
                one
            );
        });
    }

    [[nodiscard]] result<kept_operation> read_operation(const row& found) const {
        const series* what = find(found.number(0));
        kept_operation read;
        if (what == nullptr || !decode_detail(found.blob(10), read)) {
            return fail(errc::ledger_corrupt);
        }
        read.what = *what;
        read.instance = found.number(1);
        read.started = wall_of(found.number(2));
        read.took = duration{found.number(3)};
        read.limit = duration{found.number(4)};
        read.cause_limit = duration{found.number(5)};
        read.trace = {
            static_cast<std::uint64_t>(found.number(6)),
            static_cast<std::uint64_t>(found.number(7)),
            static_cast<std::uint64_t>(found.number(8)),
            0
        };
        read.one_in = static_cast<std::uint32_t>(found.number(9));
        return read;
    }
};

}  // namespace curfew::ledger
