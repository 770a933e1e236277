#include "admission_guards.hpp"
#include "admission_refusals.hpp"
#include <curfew/core/expects.hpp>
#include <curfew/gateway/admission.hpp>

#include <mutex>

namespace curfew::gateway {

using detail::silence;

entered admission::collect(waiter& wait, time_point now) noexcept {
    const std::scoped_lock lock{lock_};
    seen(now);
    expects(wait.owner_ == this, "a wait is collected once, by who queued");
    if (wait.state() == wait_state::waiting) {
        wait.collecting_ = true;
        const bool over = wait.expire(now);
        wait.collecting_ = false;
        if (!over) return queued{};
    }
    wait.owner_ = nullptr;
    if (wait.state() != wait_state::granted) return wait.why_;
    auto held = wait.take();
    expects(held.has_value(), "a grant is taken once");
    return permit{*this, *wait.route_, std::move(*held)};
}

void admission::cancel(waiter& wait, time_point now) noexcept {
    const std::scoped_lock lock{lock_};
    seen(now);
    if (wait.owner_ == nullptr) return;
    wait.owner_ = nullptr;
    if (static_cast<waiter::base&>(wait).cancel()) {
        waiting_.fetch_sub(1, std::memory_order_relaxed);
    } else if (auto held = wait.take()) {
        give_back(*wait.route_, *held, now_);
    }
}

waiter::~waiter() {
    if (owner_ != nullptr) owner_->cancel(*this, time_point::min());
}

/// Under the lock, by whoever decided.
void waiter::settled(base& decided) noexcept {
    auto& self = static_cast<waiter&>(decided);
    self.owner_->waiting_.fetch_sub(1, std::memory_order_relaxed);
    if (self.state() == wait_state::expired) {
        self.why_ =
            by_deadline(self.route_->upstream, self.limit_name_, self.limit_, self.owner_->now_);
    }
    if (self.state() == wait_state::cancelled) self.why_ = self.route_->closing;
    if (!self.collecting_) self.hook_(self);
}

void admission::serve_waiters(upstream_guards& upstream, time_point now) noexcept {
    if (upstream.state != upstream_state::up) return;
    auto& ring = upstream.waiting;
    std::size_t in_vain = 0;
    while (!ring.empty() && in_vain < ring.size()) {
        if (upstream.turn >= ring.size()) upstream.turn = 0;
        auto& route = *ring[upstream.turn];
        const auto result = route.queue.empty() ? served::none : serve_one(route, now);
        in_vain = result == served::one ? 0 : in_vain + 1;
        if (route.queue.empty()) {
            route.listed = false;
            ring.erase(ring.begin() + static_cast<std::ptrdiff_t>(upstream.turn));
            in_vain = 0;
        } else if (result != served::nobody_else) {
            ++upstream.turn;
        }
        if (result == served::nobody_else) return;
    }
}

admission::served admission::serve_one(guards& route, time_point now) noexcept {
    auto held =
        config_.observe ? observed_places(route, now) : take_places(route, turn::waiter, now);
    if (!held) {
        const auto& why = held.error();
        if (why.what == obstacle::total) short_of_total_ = true;
        if (why.what == obstacle::total || why.what == obstacle::limit) return served::nobody_else;
        if (why.what == obstacle::breaker && !route.recovering) {
            route.opened = false;
            refuse_waiters(route, by_breaker(route, why.open.retry_after, now));
        }
        return served::none;
    }
    count_in(route, *held);
    if (route.queue.grant_next(*held, now)) return served::one;
    count_out(route, *held);
    return served::none;
}

void admission::refuse_waiters(guards& route, const refused& why) noexcept {
    if (route.queue.empty()) return;
    route.closing = why;
    route.queue.close();
}

bool admission::refuse_if_opened(guards& route, time_point now) noexcept {
    if (!route.opened) return false;
    route.opened = false;
    // While the upstream is down its failures are the crash, and waiters wait for the restart.
    if (route.upstream.state == upstream_state::up) {
        refuse_waiters(route, by_breaker(route, route.breaker.status(now).retry_after, now));
    }
    return true;
}

void admission::refuse_if_jammed(guards& route, time_point now) noexcept {
    if (is_jammed(route, now)) refuse_waiters(route, by_abandoned(share_of(route)));
}

/// Who waits behind requests that hang, each unanswered since the first, is in the same hang: they
/// count together, so that a few hung ones are enough.
bool admission::refuse_behind_hung(guards& route, time_point now) noexcept {
    if (route.hanging < silence::few || route.failures_to_open == 0) return false;
    const auto in_a_row = route.breaker.failures_in_a_row();
    if (in_a_row < silence::few || in_a_row + route.queue.size() < route.failures_to_open) {
        return false;
    }
    route.breaker.trip(now);
    return refuse_if_opened(route, now);
}

void admission::tick(time_point now) noexcept {
    if (waiting() == 0) return;
    const std::scoped_lock lock{lock_};
    seen(now);
    for (const auto& upstream : upstreams_) {
        for (auto* route : upstream->routes)
            if (!route->queue.empty()) refuse_if_jammed(*route, now);
        serve_waiters(*upstream, now);
    }
}

}  // namespace curfew::gateway
