#pragma once

#include <curfew/core/clock.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace curfew::load {

/// A stretch of time in which the rate goes straight from `from` to `to`, both in arrivals a second
/// and not negative. Equal ends are a constant rate; several segments are steps and ramps.
struct segment {
    duration length{};
    double from = 0;
    double to = 0;
};

enum class spacing : std::uint8_t {
    even,     ///< as far apart as the rate says
    poisson,  ///< independent arrivals, as a crowd makes them
};

struct schedule_plan {
    std::vector<segment> segments;
    spacing gaps = spacing::poisson;
    std::vector<double> mix{1.0};  ///< the weight of each operation; not negative, one is positive
    std::uint64_t seed = 1;
};

/// One request that is due.
struct arrival {
    std::uint64_t index = 0;
    duration due{};  ///< since the start of the run
    std::uint32_t operation = 0;

    friend bool operator==(const arrival&, const arrival&) noexcept = default;
};

/// When each request of an open-loop run is due and what it is: a pure function of the plan, fixed
/// before the run begins. Nothing the target does moves it, so a stalled target cannot hide the
/// requests that waited for it. Worker w of W takes the indices w, w + W, w + 2W and so on.
///
/// Arrivals of a unit rate (0, 1, 2 ... or sums of exponential gaps drawn by (seed, index)) are
/// bent by the inverse of the cumulated rate, which keeps an uneven Poisson stream exact.
/// Building one takes some 20 ns an arrival for `poisson` (and 8 bytes for 1 024 of them), nothing
/// for `even`. At most 2^32 arrivals. Immutable: any thread may ask.
class schedule {
  public:
    explicit schedule(schedule_plan plan);

    [[nodiscard]] duration length() const noexcept { return length_; }

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    [[nodiscard]] std::size_t operations() const noexcept { return mix_ends_.size(); }

    /// When request `index` is due; nothing beyond the last. Up to 1 024 draws for `poisson`:
    /// for all of them in turn use `walk`.
    [[nodiscard]] std::optional<duration> due(std::uint64_t index) const noexcept;

    /// What request `index` does: an operation by its share of the mix.
    [[nodiscard]] std::uint32_t operation(std::uint64_t index) const noexcept;

    /// Goes through the arrivals first, first + stride and so on; the same as asking due() and
    /// operation() for each. The schedule must outlive it.
    class walk {
      public:
        explicit walk(
            const schedule& of, std::uint64_t first = 0, std::uint64_t stride = 1
        ) noexcept;

        [[nodiscard]] std::optional<arrival> next() noexcept;

      private:
        const schedule& of_;
        std::uint64_t index_;
        std::uint64_t stride_;
        std::uint64_t drawn_ = 0;     // gaps summed so far
        std::uint64_t position_ = 0;  // their sum
    };

  private:
    struct piece {
        segment shape;
        duration begins{};
        double arrivals_before = 0;
        double arrivals = 0;
    };

    // Positions on the unit-rate line are integers in units of 2^-32 arrivals: sums of them do not
    // depend on the order or the place of the summing.
    [[nodiscard]] std::uint64_t gap(std::uint64_t index) const noexcept;
    [[nodiscard]] std::uint64_t position(std::uint64_t index) const noexcept;
    [[nodiscard]] duration bend(std::uint64_t position) const noexcept;
    void lay_pieces(const std::vector<segment>& segments);
    void lay_checkpoints(std::uint64_t end);

    std::vector<piece> pieces_;
    std::vector<double> mix_ends_;
    std::vector<std::uint64_t> checkpoints_;  // position just before index k * 1 024
    spacing gaps_;
    std::uint64_t seed_;
    duration length_{};
    std::uint64_t size_ = 0;
};

}  // namespace curfew::load
