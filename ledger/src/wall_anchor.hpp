#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/ledger/records.hpp>

#include <optional>

namespace curfew::ledger {

/// What the wall showed at a point of the timeline. The two are compared once and told apart by one
/// number from then on, so that everything between two steps of the wall clock keeps its order.
/// Where the wall clock was stepped (by over 2 s: an operator, a resumed machine), later events
/// are shown by the new time. Minutes are keys and not a sequence: after a step back, what happens
/// is added to minutes that exist already, and each operation is counted exactly once.
class wall_anchor {
  public:
    static constexpr duration tolerance = std::chrono::seconds{2};

    wall_anchor(time_point now, wall_time wall) noexcept
        : first_{wall.time_since_epoch() - now.time_since_epoch()}, offset_{first_} {}

    /// Looks at both clocks again: by how much the wall was stepped, if it was.
    [[nodiscard]] std::optional<duration> look(time_point now, wall_time wall) noexcept {
        const duration step = wall.time_since_epoch() - now.time_since_epoch() - offset_;
        if (step <= tolerance && step >= -tolerance) {
            return std::nullopt;
        }
        offset_ += step;
        return step;
    }

    [[nodiscard]] wall_time at(time_point when) const noexcept {
        return wall_time{add_saturated(when, offset_).time_since_epoch()};
    }

    /// By the first look: steps of the wall clock do not make anything old enough to be deleted.
    [[nodiscard]] wall_time steady(time_point when) const noexcept {
        return wall_time{add_saturated(when, first_).time_since_epoch()};
    }

  private:
    duration first_;
    duration offset_;
};

}  // namespace curfew::ledger
