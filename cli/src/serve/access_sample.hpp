#pragma once

#include <curfew/core/event.hpp>

#include <cstdint>

namespace curfew::cli {

/// Which requests an access log tells: all that were slow or no plain success, and of the rest a
/// part, chosen by the trace. So several processes with the same part, or with smaller ones, choose
/// the same requests (a smaller part is contained in a larger one). Pure, a few nanoseconds.
class access_sample {
  public:
    /// `part`: of plain successes, up to 1.
    explicit access_sample(double part) noexcept;

    /// How many requests the line of this one stands for; zero: it gets none.
    [[nodiscard]] double one_in(const event& what) const noexcept;

  private:
    double weight_;
    std::uint64_t below_;
};

}  // namespace curfew::cli
