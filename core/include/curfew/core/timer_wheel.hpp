#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/core/deadline.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace curfew {

class timer_wheel;

namespace detail {

/// A node of a circular list; in no list while `next` is null.
struct timer_link {
    timer_link* next = nullptr;
    timer_link* previous = nullptr;
};

}  // namespace detail

/// One thing that may happen later: embed it in (or derive from it) the object that waits. It lives
/// where its owner lives, so arming allocates nothing. 40 bytes.
///
/// Thread rule: that of the wheel it is armed on.
class timer : private detail::timer_link {
  public:
    /// What is called on expiry. The timer is disarmed by then and the wheel does not touch it
    /// again, so the callback may arm it anew or destroy it.
    using callback = void (*)(timer&) noexcept;

    explicit timer(callback on_expiry) noexcept : on_expiry_{on_expiry} {}

    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;

    /// Cancels, in constant time; also from inside another timer's callback.
    ~timer() { unlink(); }

    [[nodiscard]] bool armed() const noexcept { return next != nullptr; }

    /// When it is due, or was due when it was last armed.
    [[nodiscard]] time_point due() const noexcept { return due_; }

  private:
    friend class timer_wheel;

    void unlink() noexcept {
        if (next != nullptr) {
            next->previous = previous;
            previous->next = next;
            next = nullptr;
        }
    }

    callback on_expiry_;
    time_point due_{};
};

/// Every timer of one event loop: a hierarchical timing wheel (Varghese and Lauck, 1987; scheme 7)
/// of 8 levels with 64 slots each over ticks of 2^16 ns (65.536 us), which is the whole timeline.
/// A timer's level is that of the highest digit (base 64) in which its tick differs from now's, so
/// nothing wraps around and the earliest timers are in the lowest occupied slot of the lowest
/// occupied level, found by two bit scans.
///
/// Exact, although it works in ticks: `advance(now)` fires every timer with due <= now and no
/// other. Arming and cancelling take constant time, and nothing here allocates. A timer far ahead
/// is moved down at most 7 times in its life; that work is done by `advance` when time enters its
/// slot. The wheel takes 8.3 KiB, and moves neither itself nor its timers.
///
/// Thread rule: one thread.
class timer_wheel {
  public:
    /// `start` is the present: what is due then or before is due at once.
    explicit timer_wheel(time_point start) noexcept;

    timer_wheel(const timer_wheel&) = delete;
    timer_wheel& operator=(const timer_wheel&) = delete;

    /// Timers that are still armed are cancelled. Not from inside a callback.
    ~timer_wheel();

    /// Makes `what` expire at `due`; if it is armed (on this wheel), it is moved. A point in the
    /// past expires at the next `advance`, also when armed by a callback: so `advance` always ends.
    void arm(timer& what, time_point due) noexcept;

    /// `what` will not expire. Nothing happens if it is not armed.
    void cancel(timer& what) noexcept { what.unlink(); }

    /// Until when the loop may sleep: never later than the earliest timer; exact when that one is
    /// within the present 64 ticks (4 ms), else the moment at which to look again, which is after
    /// the present. Unreachable when nothing is armed.
    [[nodiscard]] deadline next_expiry() const noexcept;

    /// Moves the present to `now` and fires what is due; returns how many. The order is that of
    /// (tick it is due in, order of arming); what was armed in the past counts as due in the tick
    /// of its arming. All that is due is found first, then fired: a callback may arm or cancel any
    /// timer (a due one that it cancels or moves does not fire), but must not call `advance`.
    /// A `now` before the present fires nothing. Costs as much as there are occupied slots between
    /// the present and `now`, however far apart they are.
    std::size_t advance(time_point now) noexcept;

  private:
    using link = detail::timer_link;

    static constexpr unsigned tick_bits = 16;
    static constexpr unsigned digit_bits = 6;
    static constexpr unsigned slots = 1u << digit_bits;
    static constexpr unsigned levels = (64 - tick_bits) / digit_bits;

    struct position {
        unsigned level;
        unsigned slot;
    };

    static std::uint64_t tick_of(time_point at) noexcept;
    static time_point start_of(std::uint64_t tick) noexcept;

    void place(timer& what) noexcept;
    bool find_earliest(position& found) const noexcept;
    std::uint64_t first_tick(position at) const noexcept;
    void cascade(position from) noexcept;
    void collect(time_point now, link& due) noexcept;

    std::array<std::array<link, slots>, levels> wheel_;
    /// A clear bit is true; a set one may be stale, since a timer leaves without telling.
    mutable std::array<std::uint64_t, levels> occupied_{};
    std::uint64_t present_;
    bool firing_ = false;
};

}  // namespace curfew
