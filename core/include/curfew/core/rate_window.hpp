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

/// The last `size` events, one bit each. O(1), no allocation, 144 bytes.
class count_window {
  public:
    static constexpr std::size_t max_size = 1024;

    /// `size`: 1..max_size.
    explicit count_window(std::size_t size) noexcept;

    void record(bool hit) noexcept;

    [[nodiscard]] tally count() const noexcept { return {filled_, hits_}; }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// The same window with another length; the newest events that fit stay.
    [[nodiscard]] count_window resized(std::size_t size) const noexcept;

  private:
    [[nodiscard]] bool at(std::size_t place) const noexcept;
    void put(std::size_t place, bool hit) noexcept;

    std::uint32_t size_;
    std::uint32_t next_ = 0;
    std::uint32_t filled_ = 0;
    std::uint32_t hits_ = 0;
    std::array<std::uint64_t, max_size / 64> bits_{};
};

/// The events of the last `buckets` slices of time, each `span / buckets` long, the newest one
/// still filling: what is counted covers between span - one slice and span. Slices are numbered on
/// the timeline and only move forward: an event told with an earlier time than the newest slice
/// (another thread read its clock a little sooner) counts in the newest. A gap of any length
/// clears at most `buckets` slices. O(1) amortised, no allocation, about 1 KiB.
class time_window {
  public:
    static constexpr std::size_t max_buckets = 60;

    /// `span` > 0 and at least `buckets` nanoseconds; `buckets`: 1..max_buckets.
    time_window(duration span, std::size_t buckets) noexcept;

    void record(bool hit, time_point now) noexcept;

    /// What lies in the window at `now`; nothing changes.
    [[nodiscard]] tally count(time_point now) const noexcept;

    [[nodiscard]] duration span() const noexcept { return width_ * size_; }

    [[nodiscard]] std::size_t buckets() const noexcept { return size_; }

    /// The same events in other slices, each moved to the slice its old one began in.
    [[nodiscard]] time_window reshaped(duration span, std::size_t buckets) const noexcept;

  private:
    [[nodiscard]] std::int64_t slice_of(time_point at) const noexcept;
    [[nodiscard]] std::size_t place_of(std::int64_t slice) const noexcept;
    void advance_to(std::int64_t slice) noexcept;

    duration width_;
    std::int64_t newest_ = 0;  // number of the newest slice
    time_point newest_end_{};  // until here no division is needed
    tally sum_{};
    std::uint32_t size_;
    bool begun_ = false;
    std::array<tally, max_buckets> slices_{};
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

    void record(bool hit, time_point now) noexcept;
    [[nodiscard]] tally count(time_point now) const noexcept;
    void clear() noexcept;

    /// The most events it can ever hold: the length of a count window, no bound otherwise.
    [[nodiscard]] std::uint64_t most() const noexcept;

    /// Takes another shape. Events are kept unless calls become time or time becomes calls.
    void reshape(const window_shape& shape) noexcept;

  private:
    using either = std::variant<count_window, time_window>;
    [[nodiscard]] static either make(const window_shape& shape) noexcept;

    window_shape shape_;
    either window_;
};

}  // namespace curfew
