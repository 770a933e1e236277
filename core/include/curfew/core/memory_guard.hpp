#pragma once

#include <curfew/core/clock.hpp>

#include <cstdint>
#include <optional>

namespace curfew {

/// What to do when memory runs out: first to give back what can be given, and to refuse work only
/// if that was not enough. Once it refuses, it goes on until there is clearly less in use, so that
/// it does not flap.
///
/// A state machine: it is told how much is in use, again and again. Thread rule: one thread.
class memory_guard {
  public:
    enum class action : std::uint8_t {
        nothing,
        relieve,  ///< drop caches, give memory back to the system, and say so
        refuse,   ///< refuse new work from now on
        serve,    ///< take it again
    };

    /// `limit`: the share in use, above 0, from which memory is short.
    explicit memory_guard(double limit) noexcept : limit_{limit} {}

    /// `in_use`: from 0 to 1; nothing where it is not known: then no work is refused.
    [[nodiscard]] action step(std::optional<double> in_use, time_point now) noexcept;

    /// From now on.
    void set_limit(double limit) noexcept { limit_ = limit; }

    [[nodiscard]] bool refuses() const noexcept { return refuses_; }

    /// How long relief is given before work is refused.
    static constexpr duration patience = std::chrono::seconds{1};

    /// How much less must be in use for work to be taken again.
    static constexpr double margin = 0.05;

    /// Relief is not tried again for so long: what it could give is given.
    static constexpr duration pause = std::chrono::minutes{1};

  private:
    double limit_;
    std::optional<time_point> short_since_;
    std::optional<time_point> relieved_;
    bool refuses_ = false;
};

}  // namespace curfew
