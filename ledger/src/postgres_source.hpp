#pragma once

#include "postgres_store.hpp"
#include "reader_source.hpp"

#include <memory>
#include <string>

namespace curfew::ledger {

/// The ledger in a database, open for reading: read-only transactions of one moment, a few thousand
/// rows at a time.
class postgres_source final : public reader_source {
  public:
    /// `not_found` where the database has no ledger yet.
    [[nodiscard]] static std::expected<std::unique_ptr<reader_source>, setback> open(
        const database_place& where, const postgres_waiting& how
    );

    explicit postgres_source(postgres_link on, const database_limits& limits)
        : on_{std::move(on)}, limits_{limits} {}

    [[nodiscard]] result<> begin() override;
    [[nodiscard]] result<> end() override;

    [[nodiscard]] result<> select(
        std::string_view sql, std::int64_t a, std::int64_t b, const visitor& visit
    ) override;

    [[nodiscard]] result<std::uint64_t> bytes() override;

    [[nodiscard]] std::string_view ordered_join() const noexcept override { return "JOIN"; }

    [[nodiscard]] std::string reason() const override { return last_.said; }

  private:
    [[nodiscard]] result<> run(const std::string& script);
    [[nodiscard]] result<> fetch_all(const visitor& visit);

    postgres_link on_;
    database_limits limits_;
    bool begun_ = false;
    setback last_{};
};

}  // namespace curfew::ledger
