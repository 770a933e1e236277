#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/core/trace_context.hpp>

#include <cstdint>

namespace curfew::ledger {

/// Which plain successes get a row: one in N, by their trace, so that the same trace is kept or
/// left out by every process that samples at the same rate; what has no trace is counted off.
/// N is a power of two. It follows the rate of the second before, so that about `rows` rows a
/// second are kept, and doubles when a second brings more than expected: never over twice `rows`.
/// Rows tell their N, and minutes count everything, so no figure depends on this.
class sampler {
  public:
    /// `rows` a second; zero keeps none.
    explicit sampler(std::uint32_t rows) noexcept : rows_{rows} {}

    /// N if this success is kept, else zero.
    [[nodiscard]] std::uint32_t choose(const trace_context& trace, time_point now) noexcept;

    [[nodiscard]] std::uint32_t one_in() const noexcept { return std::uint32_t{1} << power_; }

  private:
    void begin_second(std::int64_t second) noexcept;

    static constexpr unsigned power_max = 31;

    std::uint32_t rows_;
    unsigned power_ = 0;
    std::int64_t second_ = 0;
    std::uint64_t seen_ = 0;   // in this second
    std::uint32_t left_ = 0;   // rows before the rate is halved
    std::uint32_t quota_ = 0;  // that `left_` began with
    std::uint64_t counter_ = 0;
};

}  // namespace curfew::ledger
