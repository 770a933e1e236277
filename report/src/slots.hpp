#pragma once

#include <curfew/ledger/reader.hpp>

#include <cstddef>

namespace curfew::report {

/// A stretch of time cut into equal slots that begin at whole multiples of their length since 1970:
/// the same question asked a minute later has the same slots.
struct slot_plan {
    ledger::minute first = 0;  ///< where slot 0 begins
    ledger::minute each = 1;   ///< minutes a slot
    std::size_t count = 0;     ///< at most `slots_most`

    [[nodiscard]] ledger::wall_time begin(std::size_t slot) const noexcept;

    [[nodiscard]] duration length() const noexcept { return std::chrono::minutes{each}; }

    /// The slot of a minute; `count` or more for what is outside.
    [[nodiscard]] std::size_t slot_of(ledger::minute at) const noexcept;
};

/// Few enough to be read and searched at once, and enough for change points: in 24 points it cannot
/// be told how far noise wanders (statistics/change_point.hpp).
inline constexpr std::size_t slots_most = 144;

/// The shortest length of a list of usual ones (1 min ... 1 week) that makes at most `slots_most`
/// slots of `when`, whose first may begin before `when.from`; none shorter than `least` minutes.
/// Both ends are given.
[[nodiscard]] slot_plan plan_slots(const ledger::range& when, ledger::minute least = 1) noexcept;

}  // namespace curfew::report
