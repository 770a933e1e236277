#include "admission_guards.hpp"
#include "admission_refusals.hpp"
#include <curfew/core/expects.hpp>
#include <curfew/gateway/admission.hpp>

#include <mutex>
#include <optional>

namespace curfew::gateway {

using detail::crash_suspicion;

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
    if (route.suspicion.is_suspect(now) && is_trying(route.upstream, now)) {
        return std::unexpected{obstacle{.what = obstacle::trial}};
    }
    if (route.silence.holds(now, route.usual.patience())) {
        return std::unexpected{obstacle{.what = obstacle::silence}};
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
    if (until.at.expired(now)) return by_lack_of_time(until);
    if (config_.observe) return observe(its, wait, until, now);
    if (short_of_memory_) return by_memory();
    if (its.upstream.state == upstream_state::stopped) return by_upstream(its.upstream, now);
    if (its.upstream.state == upstream_state::starting) {
        if (const auto refusal = refuse_before_start(its, until, now)) return *refusal;
        return wait_for(its, wait, until, now, shed_reason::upstream_down, {});
    }
    if (!its.queue.empty()) return wait_for(its, wait, until, now, shed_reason::in_flight, {});
    auto held = take_places(its, turn::newcomer, now);
    refuse_if_opened(its, now);
    if (held) return admit(its, std::move(*held));
    const auto& why = held.error();
    const auto limit = limit_of(its, why);
    if (why.what == obstacle::total) {
        return shed(errc::in_flight_cap, shed_reason::in_flight, limit);
    }
    if (why.what == obstacle::breaker && !(its.recovering && its.queue.bound() > 0)) {
        return by_breaker(its, why.open.retry_after, now);
    }
    if (why.abandoned) return by_abandoned(limit);
    if (is_jammed(its, now)) return by_abandoned(share_of(its));
    const bool share = why.what == obstacle::share;
    const auto for_want_of = share ? shed_reason::route_share : shed_reason::in_flight;
    return wait_for(its, wait, until, now, for_want_of, limit);
}

detail::named_limit admission::limit_of(const guards& route, const obstacle& why) const noexcept {
    switch (why.what) {
        case obstacle::total:
            return {"gateway.in_flight", config_.in_flight};
        case obstacle::cap:
            return {route.names.in_flight, route.cap.status().cap};
        case obstacle::limit:
            return {"limiter", route.upstream.limiter.status().limit};
        case obstacle::share:
            return share_of(route);
        case obstacle::breaker:
        case obstacle::trial:
        case obstacle::silence:
            break;
    }
    return {};
}

/// Who need not wait for an upstream that starts: the start is no news for who brings it down, and
/// not before a known moment for anybody.
std::optional<refused> admission::refuse_before_start(
    const guards& route, const bound& until, time_point now
) const noexcept {
    if (route.suspicion.is_convicted(now)) {
        const auto breaker = route.breaker.status(now);
        if (breaker.state == breaker_state::open)
            return by_breaker(route, breaker.retry_after, now);
    }
    const auto back_at = route.upstream.back_at;
    if (back_at == time_point::min() || !until.at.expired(back_at)) return std::nullopt;
    return by_deadline(route.upstream, until.limit_name, until.limit, now);
}

permit admission::admit(guards& route, detail::places&& held) noexcept {
    count_in(route, held);
    return permit{*this, route, std::move(held)};
}

/// To wait for an upstream that starts is no refusal.
entered admission::observe(
    guards& route, waiter& wait, const bound& until, time_point now
) noexcept {
    if (route.upstream.state == upstream_state::starting) {
        auto waits = wait_for(route, wait, until, now, shed_reason::upstream_down, {});
        if (std::holds_alternative<queued>(waits)) return waits;
        ++route.would_refuse[static_cast<std::size_t>(shed_reason::queue_full)];
    }
    if (short_of_memory_) ++route.would_refuse[static_cast<std::size_t>(shed_reason::memory)];
    return admit(route, observed_places(route, now));
}

detail::places admission::observed_places(guards& route, time_point now) noexcept {
    const auto count = [&](shed_reason reason) noexcept {
        ++route.would_refuse[static_cast<std::size_t>(reason)];
    };
    auto held = take_places(route, turn::newcomer, now);
    refuse_if_opened(route, now);
    if (held) return std::move(*held);
    const auto without_place = route.in_flight - route.holding - route.detached;
    if (held.error().what == obstacle::total)
        count(shed_reason::in_flight);
    else if (held.error().what == obstacle::breaker)
        ++route.would_refuse_by_breaker;
    else if (held.error().abandoned || is_jammed(route, now))
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
    return some;
}

entered admission::wait_for(
    guards& route,
    waiter& wait,
    const bound& until,
    time_point now,
    shed_reason for_want_of,
    const detail::named_limit& limit
) noexcept {
    const auto joined = route.queue.enqueue(wait, until.at, now);
    if (!joined && joined.error() == shed_reason::no_time_left) {
        return by_lack_of_time(until);
    }
    if (!joined) {
        if (route.upstream.state != upstream_state::up) return by_upstream(route.upstream, now);
        const detail::named_limit queue{route.names.queue, route.queue.bound()};
        if (route.queue.bound() > 0 || for_want_of == shed_reason::upstream_down) {
            return shed(errc::queue_full, shed_reason::queue_full, queue);
        }
        const auto code =
            for_want_of == shed_reason::route_share ? errc::route_share : errc::in_flight_cap;
        return shed(code, for_want_of, limit.name.empty() ? queue : limit);
    }
    wait.owner_ = this;
    wait.route_ = &route;
    wait.limit_name_ = until.limit_name;
    wait.limit_ = until.limit;
    if (waiting_.fetch_add(1, std::memory_order_relaxed) == 0 && listener_ != nullptr) {
        listener_->waiting_begun();
    }
    if (!route.listed) {
        route.listed = true;
        route.upstream.waiting.push_back(&route);
    }
    refuse_behind_hung(route, now);
    return queued{.for_backend = for_want_of == shed_reason::upstream_down};
}

// ---- leaving -------------------------------------------------------------------------------

void admission::count_in(guards& route, detail::places& held) noexcept {
    ++route.in_flight;
    in_flight_.fetch_add(1, std::memory_order_relaxed);
    held.serial = route.silence.admit(held.since);
    if (route.suspicion.is_suspect(held.since) && !config_.observe) {
        held.trial = route.upstream.trial = ++route.upstream.trials;
        route.upstream.trial_until = held.since + crash_suspicion::at_once;
    }
    if (held.upstream.held()) {
        ++route.holding;
        ++route.upstream.holding;
        route.abandoned_since = time_point::max();
    }
}

bool admission::is_trying(const upstream_guards& upstream, time_point now) noexcept {
    return upstream.trial != 0 && now < upstream.trial_until;
}

void admission::end_trial(upstream_guards& upstream, const detail::places& held) noexcept {
    if (held.trial == upstream.trial) upstream.trial = 0;
}

void admission::count_out(guards& route, const detail::places& held) noexcept {
    end_trial(route.upstream, held);
    --route.in_flight;
    in_flight_.fetch_sub(1, std::memory_order_relaxed);
    if (held.upstream.held()) {
        --route.holding;
        --route.upstream.holding;
        route.abandoned_since = time_point::max();
    }
}

void admission::give_back(guards& route, detail::places& held, time_point now) noexcept {
    count_out(route, held);
    route.silence.settle(held.serial);
    held = {};
    after_release(route.upstream, now);
}

void admission::after_release(upstream_guards& upstream, time_point now) noexcept {
    if (waiting() == 0) return;
    if (!std::exchange(short_of_total_, false)) return serve_waiters(upstream, now);
    for (const auto& each : upstreams_)
        serve_waiters(*each, now);
}

/// Late answers of one hang tell nothing of what is usual. A route that has become slower for good
/// is late again with requests that began after such an answer.
bool admission::is_evidence(guards& route, time_point began, time_point now) noexcept {
    if (began < route.late_since) return false;
    return std::exchange(route.late_since, now) != time_point::min();
}

void admission::note_survival(const permit& ended, time_point now) noexcept {
    const bool answered = ended.has_answer_ && ended.broke_off_ == time_point::max();
    if (!answered && ended.in_upstream(now) < crash_suspicion::at_once) return;
    ended.route_->suspicion.survived();
    auto& alive_at = ended.route_->upstream.alive_at;
    if (answered) alive_at = std::max(alive_at, ended.sent_);
}

void admission::release(permit& ended, outcome result, cause_kind why, time_point now) noexcept {
    auto& route = *ended.route_;
    auto& held = ended.places_;
    const bool well = result == outcome::success;
    const auto answered = ended.has_answer_ ? ended.answered_ : now;
    const duration took = ended.took(now);
    route.silence.heard();
    note_survival(ended, now);
    const bool late = ended.hanging_ || ended.abandoned_;
    if (well && !ended.detached_) {
        const bool usual = !(late || ended.silent_) || is_evidence(route, held.since, now);
        usual ? route.usual.record(took) : route.usual.record_late(took);
    }
    ended.end_adaptive(result, why, now);
    if (held.call.held()) held.call.finish(result, why, now, took);
    // Also without an answer: a backend that was restarted drops what hung in it.
    if (late && ended_by_itself(why) && !route.suspicion.is_convicted(now))
        route.breaker.hint_recovered(now);

    route.hanging -= ended.hanging_ ? 1U : 0U;
    route.detached -= ended.detached_ ? 1U : 0U;
    route.upstream.detached -= ended.detached_ ? 1U : 0U;
    if (held.upstream.held()) ended.uncount_abandoned();
    if (ended.left_behind_) {
        route.left_behind.end(ended.abandoned_);
        route.upstream.left_behind.end(ended.abandoned_);
    }
    if (ended.gave_way_) {
        route.given.end(ended.abandoned_);
        route.upstream.given.end(ended.abandoned_);
    }
    count_out(route, held);
    if (held.upstream.held()) {
        // Bodies that took longer than the answer tell more about the client than the upstream.
        const bool by_client = now - answered + ended.waited_ > took;
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

void admission::set_listener(waiting_listener* hears) noexcept {
    const std::scoped_lock lock{lock_};
    listener_ = hears;
}

void admission::refuse_for_memory(bool is_short) noexcept {
    const std::scoped_lock lock{lock_};
    short_of_memory_ = is_short;
}

void admission::drain(time_point now) noexcept {
    const std::scoped_lock lock{lock_};
    seen(now);
    draining_ = true;
    for (const auto& route : all_routes_)
        refuse_waiters(*route, by_draining());
}

}  // namespace curfew::gateway
