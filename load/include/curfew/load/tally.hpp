#pragma once

#include <curfew/core/histogram.hpp>
#include <curfew/load/sample.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace curfew::load {

/// A quantile that may only be known from below.
struct quantile_bound {
    duration value{};
    bool at_least = false;  ///< prints as ">= value": it falls among requests that never ended
};

/// What many requests came to. Merging is adding: exact, in any order. 41 KiB.
/// Thread rule: as core's histogram, one writer at a time.
class tally {
  public:
    void record(const sample& what) noexcept;
    void merge(const tally& other) noexcept;

    [[nodiscard]] std::uint64_t count() const noexcept;
    [[nodiscard]] std::uint64_t count(ending how) const noexcept;

    [[nodiscard]] std::uint64_t count(error_category why) const noexcept {
        return errors_[static_cast<std::size_t>(why)];
    }

    /// Successes among all; 0 for none at all, so that an empty tally passes no gate.
    [[nodiscard]] double success_share() const noexcept;

    /// How many samples stand behind `response_quantile`.
    [[nodiscard]] std::uint64_t waited() const noexcept;

    /// The response time (from due) below which the share `q` of the users' waits ended. It counts
    /// successes and time-outs, the latter at the moment they were given up; refusals and failures
    /// are counted apart, because a fast no must not improve a percentile. At least as soon as a
    /// wait that was given up is not longer: where it would have ended, nobody knows. To 3 %.
    [[nodiscard]] quantile_bound response_quantile(double q) const noexcept;

    /// Response times of those answered in full: successes and 504.
    [[nodiscard]] const histogram& answered() const noexcept { return answered_; }

    /// Response times so far of those given up or cut off.
    [[nodiscard]] const histogram& censored() const noexcept { return censored_; }

    /// Response times of refusals, and of failures.
    [[nodiscard]] const histogram& turned_away() const noexcept { return turned_away_; }

    [[nodiscard]] const histogram& service() const noexcept { return service_; }

    [[nodiscard]] const histogram& lag() const noexcept { return lag_; }

    [[nodiscard]] const histogram& queue_wait() const noexcept { return queue_wait_; }

  private:
    std::array<std::uint64_t, error_categories> errors_{};
    duration shortest_censored_ = duration::max();
    histogram answered_;
    histogram censored_;
    histogram turned_away_;
    histogram service_;
    histogram lag_;
    histogram queue_wait_;
};

/// Whether `count` samples carry the quantile `q`: ten of them lie beyond it (1 000 for P99).
[[nodiscard]] bool carries_quantile(std::uint64_t count, double q) noexcept;

}  // namespace curfew::load
