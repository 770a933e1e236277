#pragma once

#include "sparse_figures.hpp"
#include <curfew/ledger/records.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace curfew::ledger {

/// What waits to be written: figures to be added to those that are stored, rows, marks, and what
/// became of operations. It only adds up, so it survives a store that cannot be written for a
/// while: minutes grow no larger by waiting, and both they and rows have a bound.
class batch {
  public:
    static constexpr std::size_t rows_max = 32'768;
    static constexpr std::size_t minutes_max = 16'384;  ///< (minute, series) pairs
    static constexpr std::size_t series_max = 8'192;    ///< then names are `other`
    static constexpr std::size_t marks_max = 1'024;

    /// An index into `all_series`, for the life of the batch.
    using series_index = std::uint32_t;

    struct row {
        series_index what;
        wall_time started;
        wall_time ended;
        duration took;
        duration limit;
        duration cause_limit;
        trace_context trace;
        std::uint32_t one_in;
        bool notable;        ///< no plain success
        std::string detail;  ///< the account and the attributes, see encode_detail
    };

    struct minute_key {
        minute at;
        series_index what;

        friend auto operator<=>(const minute_key&, const minute_key&) = default;
    };

    /// Counts one operation that started at `started`, in the minute in which it ended, and keeps a
    /// row for it if `one_in` is not zero.
    void take(const event& what, wall_time started, std::uint32_t one_in);

    /// False when there are too many.
    [[nodiscard]] bool take(mark what);

    void count(fate what, std::uint64_t by = 1) noexcept {
        fates_[static_cast<std::size_t>(what)] += by;
    }

    [[nodiscard]] bool empty() const noexcept;

    [[nodiscard]] const std::vector<series>& all_series() const noexcept { return series_; }

    [[nodiscard]] const std::vector<row>& rows() const noexcept { return rows_; }

    [[nodiscard]] const std::map<minute_key, sparse_figures>& minutes() const noexcept {
        return minutes_;
    }

    [[nodiscard]] const std::vector<mark>& marks() const noexcept { return marks_; }

    [[nodiscard]] const fates& what_became() const noexcept { return fates_; }

    /// Tells this batch from any other, for as long as somebody holds it.
    [[nodiscard]] const std::shared_ptr<const void>& identity() const noexcept { return identity_; }

    // What a frame that holds a batch is read with (batch_frame.hpp); the bounds are its reader's.
    series_index put(series what);

    void put(minute_key at, const sparse_figures& sums) { minutes_[at].merge(sums); }

    void put(row what) { rows_.push_back(std::move(what)); }

    /// After it was written. Series keep their index.
    void clear() noexcept;

  private:
    [[nodiscard]] series_index index_of(const event& what);

    struct hashed {
        [[nodiscard]] std::size_t operator()(std::size_t hash) const noexcept { return hash; }
    };

    std::shared_ptr<const void> identity_ = std::make_shared<char>();
    std::vector<series> series_;
    std::unordered_multimap<std::size_t, series_index, hashed> index_;
    std::map<minute_key, sparse_figures> minutes_;
    std::vector<row> rows_;
    std::vector<mark> marks_;
    fates fates_{};
};

/// Stages (number of the stage, number of the attempt, nanoseconds), then attributes, as varints
/// and lengths. The numbers of stages are stored: see batch_test.
[[nodiscard]] std::string encode_detail(const event& what);

/// False for bytes that `encode_detail` cannot have written.
[[nodiscard]] bool decode_detail(std::string_view from, kept_operation& to);

}  // namespace curfew::ledger
