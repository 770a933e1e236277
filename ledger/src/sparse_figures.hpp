#pragma once

#include <curfew/ledger/records.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace curfew::ledger {

/// The figures of one series in one minute: core's histogram with only the buckets that count
/// anything, a few hundred bytes instead of 8 KiB. Merging is adding, exact and in any order.
class sparse_figures {
  public:
    void add(const event& what);
    void merge(const sparse_figures& other);

    [[nodiscard]] std::uint64_t count() const noexcept;

    [[nodiscard]] std::uint64_t near_misses() const noexcept { return near_misses_; }

    [[nodiscard]] duration sum() const noexcept { return totals_.sum; }

    [[nodiscard]] duration spent(stage in) const noexcept {
        return spent_[static_cast<std::size_t>(in)];
    }

    void add_near_misses(std::uint64_t more) noexcept { near_misses_ += more; }

    void add_to(figures& whole) const noexcept;

    /// As bytes, without the near misses, which have a column of their own: variable-length numbers
    /// (LEB128), in order: below, above, sum, max; how many stages, for each its number and time;
    /// then for each bucket its distance from the one before and its count.
    [[nodiscard]] std::string encode() const;

    /// Replaces these by what `encode` wrote; false for bytes that it cannot have written.
    [[nodiscard]] bool decode(std::string_view from);

  private:
    struct bucket {
        std::uint16_t index;
        std::uint64_t count;
    };

    void add_bucket(std::uint16_t index, std::uint64_t count);
    [[nodiscard]] bool read_stages(class varint_reader& from);
    [[nodiscard]] bool read_buckets(class varint_reader& from);

    histogram::totals totals_{};
    std::uint64_t near_misses_ = 0;
    stage_times spent_{};
    std::vector<bucket> buckets_;  // by index, ascending
};

}  // namespace curfew::ledger
