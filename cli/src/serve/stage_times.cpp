#include "stage_times.hpp"

namespace curfew::cli {

void stage_times::sum::add(duration more) noexcept {
    spent.fetch_add(more.count(), std::memory_order_relaxed);
    count.fetch_add(1, std::memory_order_relaxed);
}

// What ends between the two is in the next mean with its time alone: no more than a rounding.
std::optional<duration> stage_times::sum::take() noexcept {
    const auto ended = count.exchange(0, std::memory_order_relaxed);
    const auto time = spent.exchange(0, std::memory_order_relaxed);
    return ended > 0 ? std::optional{duration{time / ended}} : std::nullopt;
}

stage_times::means stage_times::take() noexcept {
    return {connect_.take(), queue_.take()};
}

bool stage_times::take_stirred() noexcept {
    return !waits_.exchange(true, std::memory_order_relaxed);
}

void stage_times::heard(const event& what, ledger::wall_time) noexcept {
    if (!attentive() || what.where == surface::supervisor || what.where == surface::policy) {
        return;
    }
    if (waits_.exchange(false, std::memory_order_relaxed)) {
        stirred_.ring();
    }
    if (!wanted_.load(std::memory_order_relaxed)) {
        return;
    }
    duration queued{};
    for (const auto& [which, number, spent] : what.account.entries()) {
        if (which == stage::connect) {
            connect_.add(spent);
        } else if (which == stage::queue) {
            queued += spent;
        }
    }
    queue_.add(queued);
}

}  // namespace curfew::cli
