#pragma once

#include <curfew/core/clock.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace curfew {

/// How long things took: a log-linear histogram with one layout everywhere, so that merging is
/// adding, exact and in any order (after HdrHistogram). 32 buckets for each power of two from 2^10
/// ns (1.024 us) to 2^42 ns (73 min): a bucket is at most 1/32 (3.125 %) wider than its lower
/// bound. Values outside are counted in the first or last bucket and told by `below` and `above`.
/// 8.1 KiB; `record` takes a few nanoseconds; nothing allocates.
///
/// Thread rule: one writer at a time (`record`, `merge`, assignment); any thread may read or copy
/// meanwhile. Numbers are relaxed atomics without a locked instruction: each is right by itself,
/// and together they may be a few samples apart. A copy is consistent in this: its `count` is the
/// sum of its buckets.
class histogram {
  public:
    static constexpr unsigned digit_bits = 5;  ///< 2^5 buckets a power of two
    static constexpr unsigned lowest_power = 10;
    static constexpr unsigned highest_power = 42;
    static constexpr std::size_t bucket_count = (highest_power - lowest_power) << digit_bits;

    /// The shortest duration with a bucket of its own, and the first that is too long for one.
    static constexpr duration range_begin{duration::rep{1} << lowest_power};
    static constexpr duration range_end{duration::rep{1} << highest_power};

    /// `count` durations from `lower` to `upper`, both included.
    struct bucket {
        duration lower;
        duration upper;
        std::uint64_t count;
    };

    histogram() noexcept = default;
    histogram(const histogram& other) noexcept;
    histogram& operator=(const histogram& other) noexcept;

    /// Counts `count` durations of `value`; a negative one counts as zero.
    void record(duration value, std::uint64_t count = 1) noexcept;

    /// Adds what `other` has counted.
    void merge(const histogram& other) noexcept;

    /// What a histogram knows beside its buckets.
    struct totals {
        std::uint64_t below = 0;
        std::uint64_t above = 0;
        duration sum{};
        duration max{};
    };

    /// Adds what was counted elsewhere and kept in another form: `count` durations of bucket
    /// `index`, and once for all of them the totals. Exact, like `merge`.
    void add_bucket(std::size_t index, std::uint64_t count) noexcept;
    void add_totals(const totals& more) noexcept;

    [[nodiscard]] std::uint64_t count() const noexcept { return count_.load(relaxed); }

    /// Exact; stops at the largest duration (292 years of recorded time).
    [[nodiscard]] duration sum() const noexcept { return duration{sum_.load(relaxed)}; }

    /// The longest, exact; zero when empty.
    [[nodiscard]] duration max() const noexcept { return duration{max_.load(relaxed)}; }

    /// sum / count; zero when empty.
    [[nodiscard]] duration mean() const noexcept;

    /// How many were shorter than `range_begin`, or not shorter than `range_end`.
    [[nodiscard]] std::uint64_t below() const noexcept { return below_.load(relaxed); }

    [[nodiscard]] std::uint64_t above() const noexcept { return above_.load(relaxed); }

    /// The q-quantile as an upper bound: the smallest bucket bound that at least the share `q` of
    /// the samples does not exceed, and never more than `max`. That is the true order statistic
    /// (the sample of rank ceil(q * count), at least 1) or up to 3.125 % more; for samples below
    /// `range_begin`, up to 1.055 us; for q = 1, and in the last bucket with `above() > 0`, `max`.
    /// `q` is clamped to [0, 1]. Zero when empty.
    [[nodiscard]] duration quantile(double q) const noexcept;

    /// How many surely took no longer than `bound`: those in buckets that end there or before. So
    /// unless `bound` is a bucket's end, samples up to 3.125 % below it are not counted yet, and a
    /// share of requests within a limit is never overstated. Never falls while samples are added.
    /// Of those that `above` tells, none; at duration::max(), all.
    [[nodiscard]] std::uint64_t count_at_most(duration bound) const noexcept;

    /// The same for several bounds in ascending order, in one pass; `counts` is as long as
    /// `bounds`.
    void count_at_most(std::span<const duration> bounds, std::span<std::uint64_t> counts)
        const noexcept;

    /// The bucket that counts `value`, which is not negative.
    [[nodiscard]] static std::size_t index_of(duration value) noexcept;

    /// Bucket `index` of `bucket_count`, empty or not.
    [[nodiscard]] bucket at(std::size_t index) const noexcept;

    /// Calls `visit(const bucket&)` for every bucket that is not empty, shortest first.
    template <class F>
    void for_each_bucket(F&& visit) const {
        for (std::size_t index = 0; index < bucket_count; ++index) {
            if (const bucket found = at(index); found.count != 0) {
                visit(found);
            }
        }
    }

  private:
    static constexpr auto relaxed = std::memory_order_relaxed;
    using counter = std::atomic<std::uint64_t>;

    void add_totals(duration sum, std::uint64_t count, duration max) noexcept;

    std::array<counter, bucket_count> buckets_{};
    counter count_{};
    counter below_{};
    counter above_{};
    std::atomic<duration::rep> sum_{};
    std::atomic<duration::rep> max_{};
};

}  // namespace curfew
