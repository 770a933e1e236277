#include "admission_guards.hpp"
#include <curfew/core/expects.hpp>
#include <curfew/gateway/admission.hpp>

#include <mutex>
#include <optional>

namespace curfew::gateway {

namespace {

using namespace std::chrono_literals;

constexpr duration soon = 1s;
constexpr duration when_abandoned = 5s;

refused shed(
    errc code, shed_reason reason, std::string_view limit_name, duration retry_after = soon
) noexcept {
    return {code, {cause_kind::shed, reason, limit_name, {}}, retry_after};
}

refused by_breaker(const detail::route_guards& route, duration retry_after) noexcept {
    const cause why{cause_kind::breaker_open, shed_reason::none, "breaker.reset", route.reset};
    return {errc::breaker_open, why, retry_after};
}

refused by_abandoned() noexcept {
    return shed(errc::abandoned_cap, shed_reason::abandoned, "limiter.route_share", when_abandoned);
}

refused by_upstream(const detail::upstream_guards& upstream) noexcept {
    const auto code = upstream.state == upstream_state::stopped && upstream.retry_after <= 0s
                          ? errc::crash_loop
                          : errc::upstream_down;
    return shed(code, shed_reason::upstream_down, {}, std::max(upstream.retry_after, soon));
}

refused by_deadline(
    const detail::upstream_guards& upstream, std::string_view limit_name, duration limit
) noexcept {
    if (upstream.state != upstream_state::up) return by_upstream(upstream);
    const cause why{cause_kind::shed, shed_reason::queue_timeout, limit_name, limit};
    return {errc::queue_timeout, why, soon};
}

refused by_lack_of_time(const bound& until) noexcept {
    const cause why{cause_kind::shed, shed_reason::no_time_left, until.limit_name, until.limit};
    return {errc::no_time_left, why, {}};
}

refused by_draining() noexcept {
    return {errc::shutting_down, {cause_kind::shutdown, shed_reason::none, {}, {}}, soon};
}

/// All the places that stand in the way of this route are held by abandoned work.
bool is_jammed(const detail::route_guards& route) noexcept {
    const auto& upstream = route.upstream;
    if (upstream.abandoned == 0) return false;
    if (route.abandoned == route.holding && route.holding >= upstream.limiter.share()) return true;
    return upstream.abandoned == upstream.holding &&
           upstream.holding >= upstream.limiter.status().limit;
}

}  // namespace

/// What stands in the way of a request.
struct admission::obstacle {
    enum kind : std::uint8_t { total, breaker, cap, limit, share } what = total;

    bool abandoned = false;  ///< a cap that abandoned work alone fills
    breaker_refusal open{};
};

// ---- entering ------------------------------------------------------------------------------

std::expected<detail::places, admission::obstacle> admission::take_places(
    guards& route, turn whose, time_point now
) noexcept {
    detail::places held;
    held.since = now;
    const auto ask_breaker = [&]() noexcept -> std::optional<obstacle> {
        auto call = route.breaker.try_acquire(now);
        if (!call) return obstacle{.what = obstacle::breaker, .open = call.error()};
        held.call = std::move(*call);
        return std::nullopt;
    };
    auto total = total_.try_acquire();
    if (!total) {
        return std::unexpected{obstacle{.abandoned = total.error() == shed_reason::abandoned}};
    }
    held.total = std::move(*total);
    // A newcomer must hear of an open breaker first; who waits has passed a closed one, and asks
    // it last so that the attempts that end at the limit leave no trace in its totals.
    if (whose == turn::newcomer) {
        if (const auto open = ask_breaker()) return std::unexpected{*open};
    }
    auto place = route.cap.try_acquire();
    if (!place) {
        const bool abandoned = place.error() == shed_reason::abandoned;
        return std::unexpected{obstacle{.what = obstacle::cap, .abandoned = abandoned}};
    }
    held.route = std::move(*place);
    auto adaptive = route.upstream.limiter.try_acquire(route.share, now);
    if (!adaptive) {
        const bool share = adaptive.error() == shed_reason::route_share;
        return std::unexpected{obstacle{.what = share ? obstacle::share : obstacle::limit}};
    }
    held.upstream = std::move(*adaptive);
    if (whose == turn::waiter) {
        if (const auto open = ask_breaker()) return std::unexpected{*open};
    }
    return held;
}

entered admission::enter(
    route_index route, waiter& wait, const bound& until, time_point now
) noexcept {
    expects(has_route(route), "add_route comes before the first request of a route");
    const std::scoped_lock lock{lock_};
    seen(now);
    auto& its = *by_index_[route].load(std::memory_order_relaxed);
    if (draining_) return by_draining();
    if (config_.observe) return observe(its, now);
    if (until.at.expired(now)) return by_lack_of_time(until);
    if (its.upstream.state == upstream_state::stopped) return by_upstream(its.upstream);
    if (its.upstream.state == upstream_state::starting) {
        return wait_for(its, wait, until, now, shed_reason::upstream_down);
    }
    if (!its.queue.empty()) return wait_for(its, wait, until, now, shed_reason::in_flight);
    auto held = take_places(its, turn::newcomer, now);
    refuse_if_opened(its, now);
    if (held) return admit(its, std::move(*held));
    const auto& why = held.error();
    if (why.what == obstacle::total) {
        return shed(errc::in_flight_cap, shed_reason::in_flight, "gateway.in_flight");
    }
    if (why.what == obstacle::breaker && !its.recovering) {
        return by_breaker(its, why.open.retry_after);
    }
    if (why.abandoned || is_jammed(its)) return by_abandoned();
    const bool share = why.what == obstacle::share;
    return wait_for(
        its, wait, until, now, share ? shed_reason::route_share : shed_reason::in_flight
    );
}

permit admission::admit(guards& route, detail::places&& held) noexcept {
    count_in(route, held);
    return permit{*this, route, std::move(held)};
}

permit admission::observe(guards& route, time_point now) noexcept {
    const auto count = [&](shed_reason reason) noexcept {
        ++route.would_refuse[static_cast<std::size_t>(reason)];
    };
    auto held = take_places(route, turn::newcomer, now);
    refuse_if_opened(route, now);
    if (held) return admit(route, std::move(*held));
    const auto without_place = route.in_flight - route.holding - route.detached;
    if (held.error().what == obstacle::total)
        count(shed_reason::in_flight);
    else if (held.error().what == obstacle::breaker)
        ++route.would_refuse_by_breaker;
    else if (held.error().abandoned || is_jammed(route))
        count(shed_reason::abandoned);
    else if (without_place >= route.queue.bound())
        count(shed_reason::queue_full);
    else
        ++route.would_queue;

    detail::places some;
    some.since = now;
    if (held.error().what != obstacle::breaker) {
        if (auto call = route.breaker.try_acquire(now)) some.call = std::move(*call);
    }
    return admit(route, std::move(some));
}

entered admission::wait_for(
    guards& route, waiter& wait, const bound& until, time_point now, shed_reason for_want_of
) noexcept {
    const auto joined = route.queue.enqueue(wait, until.at, now);
    if (!joined && joined.error() == shed_reason::no_time_left) {
        return by_lack_of_time(until);
    }
    if (!joined) {
        if (route.upstream.state != upstream_state::up) return by_upstream(route.upstream);
        if (route.queue.bound() > 0 || for_want_of == shed_reason::upstream_down) {
            return shed(errc::queue_full, shed_reason::queue_full, "gateway.queue");
        }
        const auto code =
            for_want_of == shed_reason::route_share ? errc::route_share : errc::in_flight_cap;
        return shed(code, for_want_of, "limiter.route_share");
    }
    wait.owner_ = this;
    wait.route_ = &route;
    wait.limit_name_ = until.limit_name;
    wait.limit_ = until.limit;
    waiting_.fetch_add(1, std::memory_order_relaxed);
    if (!route.listed) {
        route.listed = true;
        route.upstream.waiting.push_back(&route);
    }
    return queued{};
}

// ---- waiting -------------------------------------------------------------------------------

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
        self.why_ = by_deadline(self.route_->upstream, self.limit_name_, self.limit_);
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
    auto held = take_places(route, turn::waiter, now);
    if (!held) {
        const auto& why = held.error();
        if (why.what == obstacle::total) short_of_total_ = true;
        if (why.what == obstacle::total || why.what == obstacle::limit) return served::nobody_else;
        if (why.what == obstacle::breaker && !route.recovering) {
            route.opened = false;
            refuse_waiters(route, by_breaker(route, why.open.retry_after));
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
        refuse_waiters(route, by_breaker(route, route.breaker.status(now).retry_after));
    }
    return true;
}

void admission::refuse_if_jammed(guards& route) noexcept {
    if (is_jammed(route)) refuse_waiters(route, by_abandoned());
}

void admission::tick(time_point now) noexcept {
    if (waiting() == 0) return;
    const std::scoped_lock lock{lock_};
    seen(now);
    for (const auto& upstream : upstreams_)
        serve_waiters(*upstream, now);
}

// ---- leaving -------------------------------------------------------------------------------

void admission::count_in(guards& route, const detail::places& held) noexcept {
    ++route.in_flight;
    in_flight_.fetch_add(1, std::memory_order_relaxed);
    if (held.upstream.held()) {
        ++route.holding;
        ++route.upstream.holding;
    }
}

void admission::count_out(guards& route, const detail::places& held) noexcept {
    --route.in_flight;
    in_flight_.fetch_sub(1, std::memory_order_relaxed);
    if (held.upstream.held()) {
        --route.holding;
        --route.upstream.holding;
    }
}

void admission::give_back(guards& route, detail::places& held, time_point now) noexcept {
    count_out(route, held);
    held = {};
    after_release(route.upstream, now);
}

void admission::after_release(upstream_guards& upstream, time_point now) noexcept {
    if (waiting() == 0) return;
    if (!std::exchange(short_of_total_, false)) return serve_waiters(upstream, now);
    for (const auto& each : upstreams_)
        serve_waiters(*each, now);
}

void admission::release(permit& ended, outcome result, cause_kind why, time_point now) noexcept {
    auto& route = *ended.route_;
    auto& held = ended.places_;
    const bool well = result == outcome::success;
    const auto answered = ended.has_answer_ ? ended.answered_ : now;
    if (well && !ended.detached_) route.usual.record(answered - held.since);
    if (held.call.held()) held.call.finish(result, why, now);
    if (well && (ended.hanging_ || ended.abandoned_)) route.breaker.hint_recovered(now);

    route.hanging -= ended.hanging_ ? 1U : 0U;
    route.detached -= ended.detached_ ? 1U : 0U;
    route.upstream.detached -= ended.detached_ ? 1U : 0U;
    if (ended.abandoned_ && held.upstream.held()) {
        --route.abandoned;
        --route.upstream.abandoned;
    }
    count_out(route, held);
    if (held.upstream.held()) {
        // A body that took longer than the answer tells more about the client than the upstream.
        const bool by_client = now - answered > answered - held.since;
        if (ended.timed_out_)
            held.upstream.finish(outcome::timeout, cause_kind::own_timeout, now);
        else
            held.upstream.finish(by_client ? outcome::ignored : result, why, now);
    }
    held = {};
    refuse_if_opened(route, now);
    after_release(route.upstream, now);
}

// ---- the whole -----------------------------------------------------------------------------

void admission::set_upstream(
    std::size_t upstream, upstream_state state, duration retry_after, time_point now
) noexcept {
    const std::scoped_lock lock{lock_};
    seen(now);
    auto& its = *upstreams_[upstream];
    const bool was_up = its.state == upstream_state::up;
    its.state = state;
    its.retry_after = retry_after;
    for (auto* route : its.routes) {
        if (state == upstream_state::stopped) refuse_waiters(*route, by_upstream(its));
        if (state == upstream_state::up && !was_up) {
            route->recovering = route->breaker.status(now).state != breaker_state::closed;
            route->breaker.hint_recovered(now);
        }
    }
    serve_waiters(its, now);
}

void admission::drain(time_point now) noexcept {
    const std::scoped_lock lock{lock_};
    seen(now);
    draining_ = true;
    for (const auto& route : all_routes_)
        refuse_waiters(*route, by_draining());
}

}  // namespace curfew::gateway
