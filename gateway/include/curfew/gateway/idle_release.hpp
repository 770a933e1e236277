#pragma once

#include <curfew/core/short_lock.hpp>
#include <curfew/gateway/pin_trial.hpp>
#include <curfew/runtime/bell.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

namespace curfew::gateway {

/// What the workers of a gateway agree on about the idle connections to one upstream: whether to
/// keep any, and when to let go of those there are.
/// Thread rule: any thread; attach() and detach() by each worker for itself.
class idle_release {
  public:
    /// Rung when there is something to let go. Outlives its detach(). Once more changes nothing.
    void attach(runtime::bell& worker);
    void detach(runtime::bell& worker) noexcept;

    /// Lock-free.
    [[nodiscard]] bool may_keep(time_point now) const noexcept {
        return now.time_since_epoch().count() >= keep_from_.load(std::memory_order_relaxed);
    }

    /// Every worker lets go of its idle connections, soon, and keeps no others until then.
    void let_go(time_point until) noexcept;

    /// Differs from before when let_go() was called.
    [[nodiscard]] std::uint32_t round() const noexcept {
        return round_.load(std::memory_order_acquire);
    }

    /// A worker has closed so many, or not kept them.
    void released(std::size_t connections) noexcept {
        released_.fetch_add(connections, std::memory_order_relaxed);
    }

    // As pin_trial.
    [[nodiscard]] duration patience() noexcept;
    [[nodiscard]] bool begin_trial(time_point now) noexcept;
    void end_trial(std::optional<duration> answered_after, time_point now) noexcept;
    void answered(duration took) noexcept;

  private:
    void keep_none_until(time_point then) noexcept;

    short_lock lock_;
    pin_trial trial_;
    std::vector<runtime::bell*> workers_;
    std::atomic<duration::rep> keep_from_ = time_point::min().time_since_epoch().count();
    std::atomic<std::uint32_t> round_ = 0;
    std::atomic<std::size_t> released_ = 0;  ///< since the last trial began
};

}  // namespace curfew::gateway
