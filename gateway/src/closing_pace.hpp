#pragma once

#include <curfew/core/clock.hpp>

#include <chrono>
#include <cstddef>
#include <random>

namespace curfew::gateway {

/// How fast a worker that drains lets go of its connections, so that their clients do not all come
/// to the others at one moment: a thousand a second, drawn out over at most half of the grace, the
/// pauses between two of them and the answers that say `Connection: close` by dice. Up to `few` go
/// at once. A decision: the seed and the times given say all.
class closing_pace {
  public:
    static constexpr std::size_t few = 16;
    static constexpr duration each = std::chrono::milliseconds{1};

    closing_pace(time_point begun, duration grace, std::size_t connections, std::uint64_t seed);

    /// From here on every connection is let go.
    [[nodiscard]] time_point over() const noexcept { return begun_ + spread_; }

    /// For how long one that was answered stays: its client may be sending its next request. A
    /// second, or a quarter of the grace.
    [[nodiscard]] duration moment() const noexcept { return moment_; }

    /// Whether the answer that is sent now is its connection's last: the likelier the later.
    [[nodiscard]] bool closes(time_point now) noexcept;

    /// The pause before the next one at rest is let go: between half and three halves of its share.
    [[nodiscard]] duration pause() noexcept;

  private:
    [[nodiscard]] double throw_dice() noexcept;

    time_point begun_;
    duration moment_;
    duration spread_{};
    duration share_{};
    std::minstd_rand dice_;
};

}  // namespace curfew::gateway
