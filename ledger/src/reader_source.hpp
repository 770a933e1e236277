#pragma once

#include "row.hpp"
#include <curfew/core/failure.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace curfew::ledger {

/// A ledger, open for reading: the same statements are asked of either store. Their parameters are
/// `$1` and `$2`, which first stand in this order.
/// Thread rule: one thread at a time.
class reader_source {
  public:
    virtual ~reader_source() = default;

    /// What is asked until `end` is of one moment.
    [[nodiscard]] virtual result<> begin() = 0;
    [[nodiscard]] virtual result<> end() = 0;

    /// Called for each row, until it answers false.
    using visitor = std::function<result<bool>(const row&)>;
    [[nodiscard]] virtual result<> select(
        std::string_view sql, std::int64_t a, std::int64_t b, const visitor& visit
    ) = 0;

    /// What it takes on its disk.
    [[nodiscard]] virtual result<std::uint64_t> bytes() = 0;

    /// How a join is written whose left side is to be gone through first.
    [[nodiscard]] virtual std::string_view ordered_join() const noexcept = 0;

    /// The last failure in words, where it has better ones than reason_of.
    [[nodiscard]] virtual std::string reason() const { return {}; }

  protected:
    reader_source() = default;
    reader_source(const reader_source&) = default;
    reader_source(reader_source&&) = default;
    reader_source& operator=(const reader_source&) = default;
    reader_source& operator=(reader_source&&) = default;
};

}  // namespace curfew::ledger
