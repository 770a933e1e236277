#pragma once

#include "postgres_link.hpp"
#include "store.hpp"
#include "trim.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::ledger {

/// What a failure of the database is for us.
[[nodiscard]] setback setback_of(const pg::trouble& what);

/// The ledger in a database, open for writing: the schema of the file (schema.hpp) in a schema
/// `curfew`, rows by COPY, figures added to what is there. Many processes on many hosts may write
/// one database. Each batch has a name, which its transaction keeps: when nobody knows whether it
/// was committed, it is told again under its name, and that changes nothing.
/// Works behind a pooler of transactions: nothing outlives one.
/// Thread rule: one thread at a time.
class postgres_store final : public store, private trimmer {
  public:
    /// Connects, makes or upgrades the tables.
    [[nodiscard]] static std::expected<postgres_store, setback> open(
        const database_place& where, const postgres_waiting& how
    );

    [[nodiscard]] result<> write(const batch& what, wall_time now, const label& as) override;

    /// One process of all that write here at a time: where another is at it, nothing is done.
    [[nodiscard]] result<trimmed> trim(
        const policy::ledger_policy& rules, wall_time now, std::uint64_t most
    ) override;

    /// A batch that says so is the last word here.
    [[nodiscard]] result<> say_goodbye(wall_time) override { return {}; }

    /// What the rows take, as it was estimated last, and all that has grown besides.
    [[nodiscard]] result<std::uint64_t> bytes() override { return used_; }

    [[nodiscard]] setback explain(failure) const override { return last_; }

  private:
    using known_series = std::map<series, std::int64_t>;

    explicit postgres_store(postgres_link on, const database_limits& limits);

    /// Undone by a server that does not hear of us any more, as of a stopped process.
    [[nodiscard]] std::string begin_script() const;
    [[nodiscard]] pg::answer<bool> begin(wall_time now, const label& as);
    [[nodiscard]] pg::answer<> write_all(const batch& what, wall_time now, const label& as);
    [[nodiscard]] pg::answer<std::int64_t> instance_of(const label& as, wall_time now);
    [[nodiscard]] pg::answer<std::vector<std::int64_t>> ids_of(const batch& what);
    [[nodiscard]] pg::answer<> learn(const std::vector<const series*>& missing);
    using series_ids = std::vector<std::int64_t>;
    [[nodiscard]] pg::answer<> write_rows(
        const batch& what, const series_ids& ids, std::int64_t instance
    );
    [[nodiscard]] pg::answer<> write_marks(const batch& what);
    [[nodiscard]] pg::answer<> write_fates(const batch& what, wall_time now, std::int64_t instance);
    [[nodiscard]] pg::answer<> write_minutes(const batch& what, const series_ids& ids);
    [[nodiscard]] result<> note(const pg::answer<>& done);
    [[nodiscard]] result<std::uint64_t> change(std::string_view sql, std::int64_t a, std::int64_t b)
        override;
    [[nodiscard]] result<std::optional<std::int64_t>> number(
        std::string_view sql, std::int64_t a, std::int64_t b
    ) override;
    [[nodiscard]] result<std::uint64_t> used_bytes() override;

    postgres_link on_;
    database_limits limits_;
    known_series known_;
    std::int64_t instance_ = 0;  // of `author_`
    author author_;
    std::uint64_t used_ = 0;
    setback last_{};
};

}  // namespace curfew::ledger
