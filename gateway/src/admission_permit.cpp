#include "admission_guards.hpp"
#include <curfew/core/expects.hpp>
#include <curfew/gateway/admission.hpp>

#include <algorithm>
#include <mutex>

namespace curfew::gateway {

using detail::crash_suspicion;

permit::permit(admission& owner, detail::route_guards& route, detail::places&& held) noexcept
    : owner_{&owner},
      route_{&route},
      places_{std::move(held)},
      life_{route.upstream.ends.load(std::memory_order_relaxed)} {}

permit::permit(permit&& other) noexcept
    : owner_{std::exchange(other.owner_, nullptr)},
      route_{other.route_},
      places_{std::move(other.places_)},
      sent_{other.sent_},
      life_{other.life_},
      broke_off_{other.broke_off_},
      answered_{other.answered_},
      waited_{other.waited_},
      adaptive_{other.adaptive_},
      has_answer_{other.has_answer_},
      silent_{other.silent_},
      hanging_{other.hanging_},
      abandoned_{other.abandoned_},
      detached_{other.detached_},
      timed_out_{other.timed_out_},
      stuck_{other.stuck_},
      gave_way_{other.gave_way_},
      blamed_{other.blamed_},
      cut_{other.cut_},
      accused_{other.accused_},
      left_behind_{other.left_behind_} {}

permit& permit::operator=(permit&& other) noexcept {
    if (this != &other) {
        std::destroy_at(this);
        std::construct_at(this, std::move(other));
    }
    return *this;
}

permit::~permit() {
    if (owner_ == nullptr) return;
    const std::scoped_lock lock{owner_->lock_};
    owner_->release(*this, outcome::ignored, cause_kind::completed, owner_->now_);
}

void permit::sent(time_point now) noexcept {
    begin_adaptive(now);
    sent_ = now;
    auto& upstream = route_->upstream;
    life_ = upstream.ends.load(std::memory_order_relaxed);
    if (places_.trial == 0) return;
    const std::scoped_lock lock{owner_->lock_};
    if (places_.trial == upstream.trial) upstream.trial_until = now + crash_suspicion::at_once;
}

bool permit::has_lost_upstream() const noexcept {
    return route_->upstream.ends.load(std::memory_order_relaxed) != life_;
}

void permit::answered(time_point now, int status) noexcept {
    has_answer_ = true;
    answered_ = now;
    route_->silence.heard();
    if (!adaptive_.is_open()) return;
    const std::scoped_lock lock{owner_->lock_};
    owner_->seen(now);
    end_adaptive(status >= 500 ? outcome::failure : outcome::success, cause_kind::completed, now);
}

void permit::wait_for_client() noexcept {
    if (held()) route_->silence.settle(places_.serial);
}

void permit::give_way(time_point now) noexcept {
    if (!held() || abandoned_ || !places_.upstream.held()) return;
    const std::scoped_lock lock{owner_->lock_};
    owner_->seen(now);
    auto& upstream = route_->upstream;
    if (upstream.given.working >= std::max(1U, upstream.limiter.status().limit / 4)) return;
    gave_way_ = true;
    ++route_->given.working;
    ++upstream.given.working;
    --route_->holding;
    --upstream.holding;
    places_.upstream = {};
    owner_->after_release(upstream, now);
}

time_point permit::hangs_at(duration limit) const noexcept {
    expects(held(), "a permit that was left cannot hang");
    return add_saturated(places_.since + waited_, route_->usual.hang_threshold(limit));
}

std::optional<time_point> permit::silent_at() const noexcept {
    if (!route_->usual.p99()) return std::nullopt;
    return add_saturated(places_.since + waited_, route_->usual.patience() + duration{1});
}

std::optional<time_point> permit::slow_at() const noexcept {
    if (!held() || has_answer_ || !places_.call.held() || places_.call.slow()) return std::nullopt;
    const duration after{route_->slow_after.load(std::memory_order_relaxed)};
    if (after == duration::zero()) return std::nullopt;
    return add_saturated(places_.since + waited_, after);
}

bool permit::mark_slow(time_point now) noexcept {
    expects(held(), "a permit that was left is not slow");
    const std::scoped_lock lock{owner_->lock_};
    owner_->seen(now);
    const auto due = slow_at();
    if (!due || now < *due) return false;
    places_.call.mark_slow(now);
    return owner_->refuse_if_opened(*route_, now);
}

void permit::mark_silent(time_point now) noexcept {
    expects(held(), "a permit that was left is not silent");
    const std::scoped_lock lock{owner_->lock_};
    owner_->seen(now);
    if (has_answer_ || !places_.upstream.held()) return;
    if (!route_->silence.holds(now, route_->usual.patience())) return;
    silent_ = true;
    places_.upstream.set_aside();
    owner_->after_release(route_->upstream, now);
}

bool permit::mark_hanging(time_point now) noexcept {
    expects(held(), "a permit that was left cannot hang");
    if (has_answer_ || hanging_ || places_.call.probe() || !places_.call.held()) return false;
    const std::scoped_lock lock{owner_->lock_};
    owner_->seen(now);
    hanging_ = true;
    ++route_->hanging;
    if (places_.upstream.held()) places_.upstream.set_aside();
    places_.call.mark_hanging(now);
    count_stuck(now);
    const bool opened =
        owner_->refuse_if_opened(*route_, now) || owner_->refuse_behind_hung(*route_, now);
    route_->silence.judge_hanging(places_.serial);
    return opened;
}

void permit::broke_off(time_point now) noexcept {
    if (!held() || broke_off_ != time_point::max()) return;
    broke_off_ = now;
    if (detached_ || in_upstream(now) >= crash_suspicion::at_once) return;
    const std::scoped_lock lock{owner_->lock_};
    owner_->seen(now);
    auto& upstream = route_->upstream;
    const std::uint32_t over = upstream.state == upstream_state::up ? 0 : 1;
    if (upstream.ends.load(std::memory_order_relaxed) != life_ + over) return;
    route_->suspicion.broke_off(now);
    if (places_.trial == 0 || places_.trial != upstream.trial) return;
    accused_ = true;
    upstream.accused = route_;
    upstream.accused_at = now;
}

bool permit::brought_upstream_down(time_point now) const noexcept {
    if (!held() || !accused_) return false;
    const std::scoped_lock lock{owner_->lock_};
    const auto& upstream = route_->upstream;
    return (upstream.crashed && upstream.accused == route_) || route_->suspicion.is_convicted(now);
}

void permit::blame_endpoint(time_point now) noexcept {
    if (!held() || has_answer_ || std::exchange(blamed_, true)) return;
    const std::scoped_lock lock{owner_->lock_};
    owner_->seen(now);
    if (!std::exchange(hanging_, true)) ++route_->hanging;
    if (places_.call.held()) places_.call.finish(outcome::ignored, cause_kind::completed, now);
    route_->silence.settle(places_.serial);
    if (!places_.upstream.held()) return;
    if (route_->upstream.left_behind.working < route_->upstream.limiter.status().limit) {
        leave_behind();
        owner_->after_release(route_->upstream, now);
        return;
    }
    places_.upstream.set_aside();
    count_stuck(now);
}

/// Needs the admission's lock, and an adaptive place, which it gives up.
void permit::leave_behind() noexcept {
    uncount_abandoned();
    left_behind_ = true;
    route_->left_behind.begin(abandoned_);
    route_->upstream.left_behind.begin(abandoned_);
    --route_->holding;
    --route_->upstream.holding;
    route_->abandoned_since = time_point::max();
    places_.upstream = {};
}

/// Needs the admission's lock, and an adaptive place.
void permit::uncount_abandoned() noexcept {
    if (!abandoned_) return;
    --route_->abandoned;
    --route_->upstream.abandoned;
    const auto stuck = std::exchange(stuck_, false) ? 1U : 0U;
    route_->stuck -= stuck;
    route_->upstream.stuck -= stuck;
}

void permit::abandon(outcome result, cause_kind why, time_point now) noexcept {
    expects(held(), "a permit that was left cannot be abandoned");
    if (abandoned_) return;
    const std::scoped_lock lock{owner_->lock_};
    owner_->seen(now);
    abandoned_ = true;
    admission::end_trial(route_->upstream, places_);
    if (places_.total.held()) places_.total.abandon();
    if (places_.route.held()) places_.route.abandon();
    if (counts_against_target(result, why)) {
        timed_out_ = result == outcome::timeout;
        if (places_.call.held()) places_.call.finish(result, why, now, took(now));
    }
    if (!cut_) end_adaptive(result, why, now);
    owner_->refuse_if_opened(*route_, now);
    route_->given.abandoned += gave_way_ ? 1U : 0U;
    route_->upstream.given.abandoned += gave_way_ ? 1U : 0U;
    route_->left_behind.abandoned += left_behind_ ? 1U : 0U;
    route_->upstream.left_behind.abandoned += left_behind_ ? 1U : 0U;
    if (!places_.upstream.held()) return;
    places_.upstream.set_aside();
    ++route_->abandoned;
    ++route_->upstream.abandoned;
    if (route_->abandoned == route_->holding) route_->abandoned_since = now;
    count_stuck(now);
}

/// Needs the admission's lock. What was given up because the client left may well end in a moment;
/// what hangs, or ran into its time-out, will not.
void permit::count_stuck(time_point now) noexcept {
    if (stuck_ || !abandoned_ || !(hanging_ || timed_out_) || !places_.upstream.held()) return;
    stuck_ = true;
    ++route_->stuck;
    ++route_->upstream.stuck;
    owner_->refuse_if_jammed(*route_, now);
}

void permit::detach(time_point now) noexcept {
    expects(held() && !abandoned_, "only a request that is in flight becomes a stream");
    if (detached_) return;
    const std::scoped_lock lock{owner_->lock_};
    owner_->seen(now);
    if (std::exchange(left_behind_, false)) {
        route_->left_behind.end(false);
        route_->upstream.left_behind.end(false);
    }
    if (std::exchange(gave_way_, false)) {
        route_->given.end(false);
        route_->upstream.given.end(false);
    }
    detached_ = true;
    admission::end_trial(route_->upstream, places_);
    ++route_->detached;
    ++route_->upstream.detached;
    if (places_.upstream.held()) {
        --route_->holding;
        --route_->upstream.holding;
        places_.upstream = {};
    }
    if (places_.call.held()) {
        places_.call.finish(outcome::success, cause_kind::completed, now, took(now));
    }
    owner_->after_release(route_->upstream, now);
}

/// Since it was sent, without the time in which the client was waited for.
duration permit::in_upstream(time_point now) const noexcept {
    return sent_ == time_point::min() ? duration::zero()
                                      : std::min(now, broke_off_) - sent_ - waited_;
}

/// Until its answer began, without the time in which the client was waited for.
duration permit::took(time_point now) const noexcept {
    return (has_answer_ ? answered_ : now) - places_.since - waited_;
}

void permit::leave(outcome result, cause_kind why, time_point now) noexcept {
    expects(held(), "a permit is left once");
    const std::scoped_lock lock{owner_->lock_};
    owner_->seen(now);
    owner_->release(*this, result, why, now);
    owner_ = nullptr;
}

}  // namespace curfew::gateway
