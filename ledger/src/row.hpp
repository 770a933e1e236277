#pragma once

#include <cstdint>
#include <string_view>

namespace curfew::ledger {

/// One row of an answer, whichever store gave it; columns are numbered from 0. Texts and blobs are
/// valid until the next row.
class row {
  public:
    virtual ~row() = default;

    [[nodiscard]] virtual std::int64_t number(int column) const noexcept = 0;
    [[nodiscard]] virtual std::string_view text(int column) const noexcept = 0;
    [[nodiscard]] virtual std::string_view blob(int column) const noexcept = 0;

  protected:
    row() = default;
    row(const row&) = default;
    row(row&&) = default;
    row& operator=(const row&) = default;
    row& operator=(row&&) = default;
};

}  // namespace curfew::ledger
