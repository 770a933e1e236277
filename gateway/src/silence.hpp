#pragma once

#include <curfew/core/clock.hpp>

#include <atomic>
#include <cstdint>

namespace curfew::gateway::detail {

/// How many requests a route has been given since it last gave a sign of life, and since when.
///
/// A route that hangs must not get all of its share first, or it takes every worker of a small
/// backend before the first request counts as hanging. So whoever comes while `few` requests have
/// got no answer for as long as the route's patience waits: an answer lets them all go on; when
/// the last one sent turns out to hang, one more may try. A patience of zero (the route has never
/// answered, so nothing speaks for it) holds at once.
///
/// Thread rule: admit() and holds() by one thread at a time; the rest from any thread.
class silence {
  public:
    static constexpr std::uint64_t few = 3;

    /// A request is sent upstream. Returns its serial number.
    std::uint64_t admit(time_point now) noexcept {
        const auto before = admitted_.load(relaxed);
        if (before == settled_.load(relaxed)) since_ = now;
        admitted_.store(before + 1, relaxed);
        return before + 1;
    }

    /// An answer, or any other end.
    void heard() noexcept { settle(admitted_.load(relaxed)); }

    /// This one and those before it are no silence: they wait for their client.
    void settle(std::uint64_t serial) noexcept {
        if (serial > settled_.load(relaxed)) settled_.store(serial, relaxed);
    }

    /// This one counts as hanging now. When the last one does, one more may try.
    void judge_hanging(std::uint64_t serial) noexcept {
        const auto last = admitted_.load(relaxed);
        if (serial == last && last >= few) settle(last - few + 1);
    }

    [[nodiscard]] bool holds(time_point now, duration patience) const noexcept {
        const bool waited_for = admitted_.load(relaxed) - settled_.load(relaxed) >= few;
        return waited_for && (patience == duration::zero() || now - since_ > patience);
    }

  private:
    static constexpr auto relaxed = std::memory_order_relaxed;

    std::atomic<std::uint64_t> admitted_{0};
    std::atomic<std::uint64_t> settled_{0};
    time_point since_{};
};

}  // namespace curfew::gateway::detail
