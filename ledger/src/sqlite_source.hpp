#pragma once

#include "database.hpp"
#include "reader_source.hpp"

#include <memory>
#include <string>
#include <utility>

namespace curfew::ledger {

/// The ledger's file, open for reading.
class sqlite_source final : public reader_source {
  public:
    /// Also on a read-only file system or in a directory that must not be written.
    [[nodiscard]] static result<std::unique_ptr<reader_source>> open(const std::string& path);

    explicit sqlite_source(database on) noexcept : on_{std::move(on)} {}

    [[nodiscard]] result<> begin() override { return on_.run("BEGIN"); }

    [[nodiscard]] result<> end() override { return on_.run("COMMIT"); }

    [[nodiscard]] result<> select(
        std::string_view sql, std::int64_t a, std::int64_t b, const visitor& visit
    ) override;

    [[nodiscard]] result<std::uint64_t> bytes() override;

    [[nodiscard]] std::string_view ordered_join() const noexcept override { return "CROSS JOIN"; }

  private:
    database on_;
};

}  // namespace curfew::ledger
