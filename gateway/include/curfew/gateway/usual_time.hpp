#pragma once

#include <curfew/core/clock.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace curfew::gateway {

/// How long a route's requests usually take, from being sent upstream to the response's head, and
/// from it the age at which one that has no answer yet counts as hanging.
///
/// A histogram of four buckets a power of two from 1 ms to over a minute (a bucket's upper bound is
/// at most 25 % above the truth), halved every 1024 samples: so it remembers the last one or two
/// thousand requests, by count and not by time, and a quiet night changes nothing. Only answers
/// that went well are recorded. Time-outs are not: in an incident the usual time stays what it was
/// when the route was well. Late answers of work that hung or was abandoned are the caller's
/// choice: those of one hang must not hide the next one, while a route that has become slower for
/// good is learnt from those that began after such an answer; about ten in a thousand move the p99.
///
/// hang_threshold: 4 x p99, at least 1 s, at most the request's own limit.
///  - Cold start: with fewer than 32 samples nothing is usual, and the threshold is the limit:
///    whoever set it has said how long an answer may take. A long poll is no hang.
///  - Routes that are slow by nature: their p99 is long, and so is the threshold. Slow requests
///    that are more than 1 in 100 move the p99; rarer ones may count as hanging, one by one, among
///    a hundred successes, which opens no breaker.
///
/// patience: how long a route that has requests may be silent before others wait for a sign of
/// life. The p99; while it is not known twice the longest good answer, late ones included; at least
/// 5 ms. Zero before the first answer.
///
/// Thread rule: record() and record_late() by one thread at a time; the rest from any thread. 400
/// bytes.
class usual_time {
  public:
    static constexpr std::uint32_t samples_min = 32;
    static constexpr duration floor = std::chrono::seconds{1};
    static constexpr int multiple = 4;
    static constexpr duration shortest = std::chrono::milliseconds{5};

    void record(duration took) noexcept;

    /// A good answer of which it is not known whether it is usual: counts for the patience of a
    /// cold start only.
    void record_late(duration took) noexcept;

    /// Quantiles as upper bounds; nothing while there are too few samples.
    [[nodiscard]] std::optional<duration> p95() const noexcept { return known(p95_); }

    [[nodiscard]] std::optional<duration> p99() const noexcept { return known(p99_); }

    [[nodiscard]] duration hang_threshold(duration limit) const noexcept;

    [[nodiscard]] duration patience() const noexcept;

  private:
    static constexpr std::size_t buckets = 68;
    static constexpr std::uint32_t halve_at = 1024;
    static constexpr std::uint32_t refresh_every = 32;

    static std::size_t bucket_of(duration took) noexcept;
    static duration upper_bound(std::size_t bucket) noexcept;
    static std::optional<duration> known(const std::atomic<duration::rep>& value) noexcept;
    void halve() noexcept;
    [[nodiscard]] duration quantile(std::uint32_t percent) const noexcept;

    std::array<std::uint32_t, buckets> counts_{};
    std::uint32_t total_ = 0;
    std::uint32_t fresh_ = 0;  ///< samples since the quantiles were taken
    std::atomic<duration::rep> p95_{0};
    std::atomic<duration::rep> p99_{0};
    std::atomic<duration::rep> longest_{0};  ///< while it is cold
};

}  // namespace curfew::gateway
