#pragma once

#include <curfew/load/schedule.hpp>
#include <curfew/load/tally.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace curfew::load {

/// A named stretch of the run, from `begins` (since its start) to the next phase. A phase is a tag:
/// the schedule goes on across it, and a request belongs to the phase in which it was due.
struct phase {
    std::string name;
    duration begins{};
};

/// What happened in a short stretch of due times, for plots.
struct time_slot {
    std::array<std::uint64_t, endings> ended{};
    std::uint64_t good = 0;  ///< successes within the objective
    histogram waited;  ///< response times of successes and time-outs, the latter when given up
};

/// "Working again": the first due time from which on, for `window`, the share `share` succeeded.
struct recovery_rule {
    duration window = std::chrono::seconds{2};
    double share = 0.99;
};

/// The memory of one run: a tally for each operation and phase, a time line for each operation, and
/// two bits for each request, from which outages are exact. All of it is sized at the start from
/// the schedule, which must outlive it. Thread rule: one thread.
class recorder final : public sample_sink {
  public:
    static constexpr std::size_t slots_max = 240;

    /// `phases` begin in order, the first at zero. `start` is the point at which due is zero. A
    /// success that took longer than `objective` does not count as working (for outages and
    /// recovery only).
    recorder(
        const schedule& plan,
        std::vector<phase> phases,
        time_point start,
        duration objective = duration::max()
    );

    /// Each request once.
    void record(const sample& what) noexcept override;

    /// Ends the run: what was due before `end` and has not been recorded is unfinished, and counts
    /// with its age as a lower bound of its response time.
    void finish(time_point end) noexcept;

    [[nodiscard]] const schedule& plan() const noexcept { return plan_; }

    [[nodiscard]] std::span<const phase> phases() const noexcept { return phases_; }

    [[nodiscard]] time_point start() const noexcept { return start_; }

    [[nodiscard]] const tally& of(std::uint32_t operation, std::size_t phase_index) const noexcept;

    /// Merged over the phases [first, last).
    [[nodiscard]] tally of(std::uint32_t operation, std::size_t first, std::size_t last) const;

    /// Merged over everything.
    [[nodiscard]] tally total() const;

    [[nodiscard]] duration slot_width() const noexcept { return slot_width_; }

    [[nodiscard]] std::span<const time_slot> time_line(std::uint32_t operation) const noexcept;

    /// The longest time without a success within the objective: from a request that got none, over
    /// its fellows that got none, to the next that did (or to the end of the schedule); by due
    /// time. Zero when all did.
    [[nodiscard]] duration longest_outage(std::uint32_t operation) const noexcept;

    /// How long after `from` (since the start) `operation` was working again, looking no further
    /// than `until`; zero if it worked all along. Nothing if it was not; a window that `until` cuts
    /// short does not count.
    [[nodiscard]] std::optional<duration> time_to_recover(
        std::uint32_t operation, duration from, duration until, const recovery_rule& rule = {}
    ) const;

  private:
    [[nodiscard]] std::size_t phase_at(duration due) const noexcept;

    const schedule& plan_;
    std::vector<phase> phases_;
    time_point start_;
    duration objective_;
    duration slot_width_;
    std::size_t slots_;
    std::vector<tally> tallies_;
    std::vector<time_slot> time_lines_;
    std::vector<bool> recorded_;
    std::vector<bool> good_;
};

}  // namespace curfew::load
