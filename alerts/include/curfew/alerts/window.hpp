#pragma once

#include <curfew/core/clock.hpp>

#include <array>
#include <cstdint>

namespace curfew::alerts {

/// Counts over the last stretch of time, in 60 buckets of equal length: what is told is exact but
/// for its older end, which moves on by a bucket at a time, so it covers from 59 to 60 buckets. No
/// allocation, whatever happens. A plain state machine.
class window {
  public:
    static constexpr std::size_t buckets = 60;

    struct counts {
        std::uint64_t calls = 0;
        std::uint64_t of = 0;       ///< of them, those that a share is taken of
        std::uint64_t over = 0;     ///< of these, those that speak for the alert
        std::uint64_t unclear = 0;  ///< of these, those that speak against its end

        friend bool operator==(const counts&, const counts&) noexcept = default;
    };

    /// `length` is at least 60 ns.
    explicit window(duration length) noexcept : pace_{length / buckets} {}

    /// What is older than the window, or comes from a later bucket than `now`, is counted in the
    /// nearest that there is: nothing is lost over the lag between threads.
    void add(time_point at, const counts& what) noexcept;

    /// As of `now`. A clock that stood still or leapt is no matter: buckets have numbers.
    [[nodiscard]] const counts& sum(time_point now) noexcept;

    [[nodiscard]] duration length() const noexcept { return pace_ * buckets; }

    /// How much of the time before `now` the sum is of.
    [[nodiscard]] duration covered(time_point now) const noexcept {
        return pace_ * (buckets - 1) + now.time_since_epoch() % pace_;
    }

  private:
    void move_to(std::int64_t bucket) noexcept;

    duration pace_;
    std::int64_t newest_ = INT64_MIN;
    counts sum_{};
    std::array<counts, buckets> ring_{};
};

}  // namespace curfew::alerts
