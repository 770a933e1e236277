#pragma once

#include <curfew/core/clock.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <variant>

namespace curfew {

/// How many events a window saw, and how many of them were hits.
struct tally {
    std::uint64_t total = 0;
    std::uint64_t hits = 0;

    friend bool operator==(tally, tally) noexcept = default;
};

/// Whether at least `percent` of the events were hits: integers only, so that 10 % never trips at
/// 9.5 %. False for no events.
[[nodiscard]] constexpr bool reaches(tally seen, std::uint32_t percent) noexcept {
    return seen.total > 0 && seen.hits * 100 >= seen.total * percent;
}

/// Failures and slow calls, side by side: what one window holds of both. Each has its own total,
/// because a call may enter the two at different moments, or one of them never.
struct tallies {
    tally failures{};
    tally slow{};

    constexpr tallies& operator+=(const tallies& more) noexcept {
        failures.total += more.failures.total;
        failures.hits += more.failures.hits;
        slow.total += more.slow.total;
        slow.hits += more.slow.hits;
        return *this;
    }

    constexpr tallies& operator-=(const tallies& less) noexcept {
        failures.total -= less.failures.total;
        failures.hits -= less.failures.hits;
        slow.total -= less.slow.total;
        slow.hits -= less.slow.hits;
        return *this;
    }

    friend constexpr tallies operator-(tallies from, const tallies& less) noexcept {
        return from -= less;
    }

    friend bool operator==(const tallies&, const tallies&) noexcept = default;
};

/// The last `size` events of each rate, one bit each. O(1), no allocation, about 300 bytes, of
/// which an event that repeats the one it evicts writes the first 40.
class count_window {
  public:
    static constexpr std::size_t max_size = 1024;

    /// `size`: 1..max_size.
    explicit count_window(std::size_t size) noexcept;

    /// Adds an event to each rate whose total is not zero: a hit, if its hits are not.
    void record(const tallies& event) noexcept {
        if (event.failures.total > 0)
            push(failures_, next_failure_, sum_.failures, event.failures.hits > 0);
        if (event.slow.total > 0) push(slow_, next_slow_, sum_.slow, event.slow.hits > 0);
    }

    [[nodiscard]] const tallies& count() const noexcept { return sum_; }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// The same window with another length; the newest events that fit stay.
    [[nodiscard]] count_window resized(std::size_t size) const noexcept;

  private:
    using bits = std::array<std::uint64_t, max_size / 64>;

    void push(bits& ring, std::uint32_t& next, tally& sum, bool hit) const noexcept {
        auto& word = ring[next / 64];
        const auto bit = std::uint64_t{1} << (next % 64);
        const bool evicted = (word & bit) != 0;  // a place never filled holds no hit
        if (hit != evicted) {                    // a branch, because few calls take it
            word ^= bit;
            sum.hits += hit ? 1 : -1;
        }
        if (sum.total < size_) ++sum.total;
        next = next + 1 == size_ ? 0 : next + 1;
    }

    // What every event writes comes first.
    tallies sum_{};
    std::uint32_t next_failure_ = 0;
    std::uint32_t next_slow_ = 0;
    std::uint32_t size_;
    bits failures_{};
    bits slow_{};
};

/// The events of the last `buckets` slices of time, each `span / buckets` long, the newest one
/// still filling: what is counted covers between span - one slice and span. Slices are numbered on
/// the timeline and only move forward: an event told with an earlier time than the newest slice
/// (another thread read its clock a little sooner) counts in the newest. A gap of any length
/// clears at most `buckets` slices. O(1) amortised, no allocation, about 2 KiB, of which an event
/// within the newest slice writes the first 32 bytes.
class time_window {
  public:
    static constexpr std::size_t max_buckets = 60;

    /// `span` > 0 and at least `buckets` nanoseconds; `buckets`: 1..max_buckets.
    time_window(duration span, std::size_t buckets) noexcept;

    void record(const tallies& events, time_point now) noexcept {
        if (now >= newest_end_) [[unlikely]]
            advance_to(slice_of(now));
        sum_ += events;
    }

    /// What lies in the window at `now`; nothing changes.
    [[nodiscard]] tallies count(time_point now) const noexcept {
        return now < newest_end_ ? sum_ : count_ahead(now);
    }

    /// The same events in other slices, each moved to the slice its old one began in.
    [[nodiscard]] time_window reshaped(duration span, std::size_t buckets) const noexcept;

  private:
    [[nodiscard]] std::int64_t slice_of(time_point at) const noexcept;
    [[nodiscard]] std::size_t place_of(std::int64_t slice) const noexcept;
    [[nodiscard]] tallies count_ahead(time_point now) const noexcept;
    void advance_to(std::int64_t slice) noexcept;

    // The newest slice is what the sum has gained since it began; its place is written at its end.
    tallies sum_{};
    time_point newest_end_ = time_point::min();  // until here no division is needed
    tallies before_newest_{};
    std::int64_t newest_ = 0;  // number of the newest slice
    duration width_;
    std::size_t size_;
    std::array<tallies, max_buckets> slices_{};
};

/// What a rate is taken over. Ranges as in the windows themselves.
struct window_shape {
    enum class kind : std::uint8_t { calls, time };

    kind over = kind::calls;
    std::uint32_t calls = 100;  ///< 1..1024
    duration span = std::chrono::seconds{10};
    std::uint32_t buckets = 10;  ///< 1..60

    friend bool operator==(const window_shape&, const window_shape&) noexcept = default;
};

[[nodiscard]] bool is_valid(const window_shape& shape) noexcept;

/// Either of the two windows, chosen by configuration. Thread rule: one thread at a time.
class rate_window {
  public:
    explicit rate_window(const window_shape& shape) noexcept;

    /// Adds at most one event to each rate.
    void record(const tallies& event, time_point now) noexcept {
        if (auto* calls = std::get_if<count_window>(&window_))
            calls->record(event);
        else
            std::get_if<time_window>(&window_)->record(event, now);
    }

    [[nodiscard]] tallies count(time_point now) const noexcept {
        if (const auto* calls = std::get_if<count_window>(&window_)) return calls->count();
        return std::get_if<time_window>(&window_)->count(now);
    }

    void clear() noexcept;

    /// The most events of a rate it can ever hold: the length of a count window, no bound
    /// otherwise.
    [[nodiscard]] std::uint64_t most() const noexcept {
        const auto* calls = std::get_if<count_window>(&window_);
        return calls != nullptr ? calls->size() : UINT64_MAX;
    }

    /// Takes another shape. Events are kept unless calls become time or time becomes calls.
    void reshape(const window_shape& shape) noexcept;

  private:
    using either = std::variant<count_window, time_window>;
    [[nodiscard]] static either make(const window_shape& shape) noexcept;

    either window_;
    window_shape shape_;
};

}  // namespace curfew
