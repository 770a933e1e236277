#include <curfew/gateway/idle_release.hpp>

#include <mutex>

namespace curfew::gateway {

void idle_release::attach(runtime::bell& worker) {
    const std::lock_guard hold{lock_};
    std::erase(workers_, &worker);
    workers_.push_back(&worker);
}

void idle_release::detach(runtime::bell& worker) noexcept {
    const std::lock_guard hold{lock_};
    std::erase(workers_, &worker);
}

void idle_release::let_go(time_point until) noexcept {
    const std::lock_guard hold{lock_};
    keep_none_until(until);
    round_.fetch_add(1, std::memory_order_release);
    for (runtime::bell* each : workers_)
        each->ring();
}

/// Under the lock.
void idle_release::keep_none_until(time_point then) noexcept {
    const auto from = then.time_since_epoch().count();
    if (from > keep_from_.load(std::memory_order_relaxed))
        keep_from_.store(from, std::memory_order_relaxed);
}

duration idle_release::patience() noexcept {
    const std::lock_guard hold{lock_};
    return trial_.patience();
}

bool idle_release::begin_trial(time_point now) noexcept {
    duration lasts{};
    {
        const std::lock_guard hold{lock_};
        lasts = trial_.at_once();
        if (!trial_.begin(now)) return false;
    }
    released_.store(0, std::memory_order_relaxed);
    let_go(now + lasts);
    return true;
}

void idle_release::end_trial(std::optional<duration> answered_after, time_point now) noexcept {
    // Where nothing was let go, nothing was tried.
    if (released_.load(std::memory_order_relaxed) == 0) return;
    const std::lock_guard hold{lock_};
    trial_.end(answered_after, now);
    keep_none_until(trial_.pins_until());
}

void idle_release::answered(duration took) noexcept {
    const std::lock_guard hold{lock_};
    trial_.answered(took);
}

}  // namespace curfew::gateway
