#include <curfew/core/expects.hpp>
#include <curfew/core/timer_wheel.hpp>

#include <algorithm>
#include <bit>
#include <utility>

namespace curfew {

namespace {

using detail::timer_link;

constexpr std::uint64_t sign = std::uint64_t{1} << 63;

void make_empty(timer_link& list) noexcept {
    list.next = &list;
    list.previous = &list;
}

bool is_empty(const timer_link& list) noexcept {
    return list.next == &list;
}

void append(timer_link& list, timer_link& what) noexcept {
    what.next = &list;
    what.previous = list.previous;
    list.previous->next = &what;
    list.previous = &what;
}

/// Moves all of `from` behind `to`, in order.
void append_all(timer_link& to, timer_link& from) noexcept {
    if (is_empty(from)) {
        return;
    }
    to.previous->next = from.next;
    from.next->previous = to.previous;
    from.previous->next = &to;
    to.previous = from.previous;
    make_empty(from);
}

}  // namespace

timer_wheel::timer_wheel(time_point start) noexcept : present_{tick_of(start)} {
    for (auto& level : wheel_) {
        std::ranges::for_each(level, make_empty);
    }
}

timer_wheel::~timer_wheel() {
    expects(!firing_, "a callback destroys its timer wheel");
    for (auto& level : wheel_) {
        for (link& slot : level) {
            while (!is_empty(slot)) {
                static_cast<timer*>(slot.next)->unlink();
            }
        }
    }
}

void timer_wheel::arm(timer& what, time_point due) noexcept {
    what.unlink();
    what.due_ = due;
    place(what);
}

deadline timer_wheel::next_expiry() const noexcept {
    position earliest{};
    if (!find_earliest(earliest)) {
        return deadline::unreachable();
    }
    if (earliest.level > 0) {
        return deadline{start_of(first_tick(earliest))};
    }
    const link& slot = wheel_[0][earliest.slot];
    time_point first = time_point::max();
    for (const link* at = slot.next; at != &slot; at = at->next) {
        first = std::min(first, static_cast<const timer*>(at)->due_);
    }
    return deadline{first};
}

std::size_t timer_wheel::advance(time_point now) noexcept {
    expects(!firing_, "a callback advances its timer wheel");
    link due;
    make_empty(due);
    collect(now, due);

    firing_ = true;
    std::size_t fired = 0;
    for (; !is_empty(due); ++fired) {
        auto& next = static_cast<timer&>(*due.next);
        next.unlink();
        next.on_expiry_(next);
    }
    firing_ = false;
    return fired;
}

// The sign bit is turned over, so that ticks are unsigned and in the order of the timeline.
std::uint64_t timer_wheel::tick_of(time_point at) noexcept {
    return (static_cast<std::uint64_t>(at.time_since_epoch().count()) ^ sign) >> tick_bits;
}

time_point timer_wheel::start_of(std::uint64_t tick) noexcept {
    return time_point{duration{static_cast<duration::rep>((tick << tick_bits) ^ sign)}};
}

void timer_wheel::place(timer& what) noexcept {
    constexpr std::uint64_t lowest_digit = slots - 1;
    const std::uint64_t tick = std::max(tick_of(what.due_), present_);
    const auto highest_difference =
        static_cast<unsigned>(std::bit_width((tick ^ present_) | lowest_digit)) - 1;
    const unsigned level = highest_difference / digit_bits;
    const auto slot = static_cast<unsigned>(tick >> (level * digit_bits) & lowest_digit);
    append(wheel_[level][slot], what);
    occupied_[level] |= std::uint64_t{1} << slot;
}

bool timer_wheel::find_earliest(position& found) const noexcept {
    for (unsigned level = 0; level < levels; ++level) {
        while (occupied_[level] != 0) {
            const auto slot = static_cast<unsigned>(std::countr_zero(occupied_[level]));
            if (!is_empty(wheel_[level][slot])) {
                found = {level, slot};
                return true;
            }
            occupied_[level] &= occupied_[level] - 1;
        }
    }
    return false;
}

std::uint64_t timer_wheel::first_tick(position at) const noexcept {
    const unsigned shift = at.level * digit_bits;
    const std::uint64_t above = present_ >> shift >> digit_bits << digit_bits;
    return (above | at.slot) << shift;
}

void timer_wheel::cascade(position from) noexcept {
    link moving;
    make_empty(moving);
    append_all(moving, wheel_[from.level][from.slot]);
    while (!is_empty(moving)) {
        auto& next = static_cast<timer&>(*moving.next);
        next.unlink();
        place(next);
    }
}

void timer_wheel::collect(time_point now, link& due) noexcept {
    const std::uint64_t now_tick = tick_of(now);
    position earliest{};
    while (find_earliest(earliest)) {
        const std::uint64_t first = first_tick(earliest);
        if (first > now_tick) {
            break;
        }
        present_ = first;
        link& slot = wheel_[earliest.level][earliest.slot];
        if (earliest.level > 0) {
            cascade(earliest);
        } else if (first < now_tick) {
            append_all(due, slot);
        } else {
            for (link* at = slot.next; at != &slot;) {
                auto& next = static_cast<timer&>(*std::exchange(at, at->next));
                if (next.due_ <= now) {
                    next.unlink();
                    append(due, next);
                }
            }
            break;
        }
    }
    present_ = std::max(present_, now_tick);
}

}  // namespace curfew
