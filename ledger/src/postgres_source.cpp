#include "postgres_source.hpp"

#include "postgres_schema.hpp"
#include "postgres_text.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace curfew::ledger {
namespace {

constexpr std::string_view fetched_at_once = "2000";

/// Which row of an answer it is changes; blobs are decoded where they are asked for.
class answered_row final : public row {
  public:
    explicit answered_row(const pg::rows& of) : of_{of}, blobs_(of.columns()) {}

    void go_to(std::size_t at) noexcept { at_ = at; }

    [[nodiscard]] std::int64_t number(int column) const noexcept override {
        return number_at(of_, at_, static_cast<std::size_t>(column));
    }

    [[nodiscard]] std::string_view text(int column) const noexcept override {
        return of_.at(at_, static_cast<std::size_t>(column)).value_or(std::string_view{});
    }

    /// What is no blob is one that nothing can be read from.
    [[nodiscard]] std::string_view blob(int column) const noexcept override {
        std::string& to = blobs_[static_cast<std::size_t>(column)];
        (void)decode_hex(text(column), to);
        return to;
    }

  private:
    const pg::rows& of_;
    std::size_t at_ = 0;
    mutable std::vector<std::string> blobs_;
};

}  // namespace

std::expected<std::unique_ptr<reader_source>, setback> postgres_source::open(
    const database_place& where, const postgres_waiting& how
) {
    auto made = postgres_link::open(where.url, where.limits, how);
    if (!made) {
        return std::unexpected{setback_of(made.error())};
    }
    const auto version = version_of(*made);
    if (!version) {
        return std::unexpected{setback_of(version.error())};
    }
    if (*version == 0) {
        return std::unexpected{setback{{errc::not_found}, "there is no ledger in it yet"}};
    }
    return std::make_unique<postgres_source>(*std::move(made), where.limits);
}

result<> postgres_source::run(const std::string& script) {
    const auto done = on_.run(script);
    if (!done) {
        last_ = setback_of(done.error());
        on_.roll_back();
        begun_ = false;
        return std::unexpected{last_.why};
    }
    return {};
}

result<> postgres_source::begin() {
    const auto limit = std::chrono::ceil<std::chrono::milliseconds>(limits_.query).count();
    const auto begun =
        run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;SET LOCAL search_path=curfew;"
            "SET LOCAL statement_timeout=" +
            std::to_string(std::max<std::int64_t>(limit, 1)));
    begun_ = begun.has_value();
    return begun;
}

result<> postgres_source::end() {
    // Nothing was changed, so nothing is lost with a transaction that is gone already.
    return std::exchange(begun_, false) ? run("COMMIT") : result<>{};
}

result<> postgres_source::select(
    std::string_view sql, std::int64_t a, std::int64_t b, const visitor& visit
) {
    const bool alone = !begun_;
    if (alone) {
        if (const auto done = begin(); !done) {
            return done;
        }
    }
    auto done = run("DECLARE found NO SCROLL CURSOR FOR " + with_numbers(sql, a, b));
    if (done) {
        done = fetch_all(visit);
    }
    if (done) {
        done = run("CLOSE found");
    }
    if (alone) {
        const auto ended = end();
        return done ? ended : done;
    }
    return done;
}

result<> postgres_source::fetch_all(const visitor& visit) {
    const std::string next = "FETCH " + std::string{fetched_at_once} + " FROM found";
    while (true) {
        const auto some = on_.run(next);
        if (!some) {
            last_ = setback_of(some.error());
            on_.roll_back();
            begun_ = false;
            return std::unexpected{last_.why};
        }
        answered_row each{*some};
        for (std::size_t i = 0; i < some->size(); ++i) {
            each.go_to(i);
            if (const result<bool> more = visit(each); !more || !*more) {
                return more ? result<>{} : std::unexpected{more.error()};
            }
        }
        if (some->empty()) {
            return {};
        }
    }
}

result<std::uint64_t> postgres_source::bytes() {
    std::uint64_t sum = 0;
    const auto done = select(
        "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c "
        "JOIN pg_namespace n ON n.oid=c.relnamespace WHERE n.nspname='curfew' AND c.relkind='r'",
        0,
        0,
        [&](const row& found) -> result<bool> {
            sum = static_cast<std::uint64_t>(found.number(0));
            return false;
        }
    );
    return done ? result<std::uint64_t>{sum} : std::unexpected{done.error()};
}

}  // namespace curfew::ledger
