#include <curfew/core/expects.hpp>
#include <curfew/core/pressure_board.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace curfew {

double pressure_of(double reading, double begins, double full) noexcept {
    expects(begins < full, "a scale begins before it is full");
    constexpr double steps = 20;
    const double share = std::clamp((reading - begins) / (full - begins), 0.0, 1.0);
    constexpr double rounding = 1e-9;
    return std::max(0.0, std::ceil(share * steps - rounding)) / steps;
}

void pressure_board::adopt(const std::vector<rules>& signals) {
    auto before = std::exchange(entries_, {});
    for (const auto& [name, hold] : signals) {
        const auto old = std::ranges::find(before, name, &entry::name);
        if (old == before.end()) {
            entries_.push_back({name, pressure_signal{hold}, 0});
            continue;
        }
        old->signal.set_hold(hold);
        entries_.push_back(std::move(*old));
        before.erase(old);
    }
    for (auto& each : before) {
        if (each.noted != 0) gone_.push_back({std::move(each.name), each.noted, 0});
    }
}

std::optional<std::size_t> pressure_board::find(std::string_view name) const noexcept {
    const auto found = std::ranges::find(entries_, name, &entry::name);
    if (found == entries_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - entries_.begin());
}

void pressure_board::tell(
    std::size_t which, double value, time_point now, deadline expiry
) noexcept {
    entries_[which].signal.tell(value, now, expiry);
}

void pressure_board::clear(std::size_t which) noexcept {
    entries_[which].signal.clear();
}

void pressure_board::step(time_point now) noexcept {
    for (auto& each : entries_) {
        (void)each.signal.step(now);
    }
}

std::vector<pressure_board::change> pressure_board::take_changes() {
    auto changes = std::exchange(gone_, {});
    for (auto& each : entries_) {
        const double value = each.signal.value();
        if (value == each.noted) continue;
        changes.push_back({each.name, std::exchange(each.noted, value), value});
    }
    return changes;
}

deadline pressure_board::next_step() const noexcept {
    deadline next;
    for (const auto& each : entries_) {
        next = earliest(next, each.signal.next_step());
    }
    return next;
}

}  // namespace curfew
