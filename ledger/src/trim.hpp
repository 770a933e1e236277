#pragma once

#include "store.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace curfew::ledger {

/// What trimming needs of a store, inside one transaction. Statements are the same for both; their
/// parameters are `$1`, `$2`, in this order.
class trimmer {
  public:
    virtual ~trimmer() = default;

    /// Runs a statement; how many rows it changed.
    [[nodiscard]] virtual result<std::uint64_t> change(
        std::string_view sql, std::int64_t a, std::int64_t b
    ) = 0;

    /// The first column of the first row.
    [[nodiscard]] virtual result<std::optional<std::int64_t>> number(
        std::string_view sql, std::int64_t a, std::int64_t b
    ) = 0;

    /// How much of `size_max` is in use.
    [[nodiscard]] virtual result<std::uint64_t> used_bytes() = 0;

  protected:
    trimmer() = default;
    trimmer(const trimmer&) = default;
    trimmer(trimmer&&) = default;
    trimmer& operator=(const trimmer&) = default;
    trimmer& operator=(trimmer&&) = default;
};

/// Deletes what is too old, and of what is too much the oldest (rows before minutes), at most
/// about `most` of each.
[[nodiscard]] result<store::trimmed> trim(
    trimmer& on, const policy::ledger_policy& rules, wall_time now, std::uint64_t most
);

}  // namespace curfew::ledger
