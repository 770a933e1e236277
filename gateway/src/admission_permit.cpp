#include "admission_guards.hpp"
#include <curfew/core/expects.hpp>
#include <curfew/gateway/admission.hpp>

#include <mutex>

namespace curfew::gateway {

permit::permit(permit&& other) noexcept
    : owner_{std::exchange(other.owner_, nullptr)},
      route_{other.route_},
      places_{std::move(other.places_)},
      answered_{other.answered_},
      waited_{other.waited_},
      has_answer_{other.has_answer_},
      hanging_{other.hanging_},
      abandoned_{other.abandoned_},
      detached_{other.detached_},
      timed_out_{other.timed_out_},
      stuck_{other.stuck_} {}

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

void permit::answered(time_point now) noexcept {
    has_answer_ = true;
    answered_ = now;
}

time_point permit::hangs_at(duration limit) const noexcept {
    expects(held(), "a permit that was left cannot hang");
    return add_saturated(places_.since + waited_, route_->usual.hang_threshold(limit));
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
    count_stuck();
    return owner_->refuse_if_opened(*route_, now);
}

void permit::abandon(outcome result, cause_kind why, time_point now) noexcept {
    expects(held(), "a permit that was left cannot be abandoned");
    if (abandoned_) return;
    const std::scoped_lock lock{owner_->lock_};
    owner_->seen(now);
    abandoned_ = true;
    if (places_.total.held()) places_.total.abandon();
    if (places_.route.held()) places_.route.abandon();
    if (counts_against_target(result, why)) {
        timed_out_ = result == outcome::timeout;
        if (places_.call.held()) places_.call.finish(result, why, now);
    }
    owner_->refuse_if_opened(*route_, now);
    if (!places_.upstream.held()) return;
    places_.upstream.set_aside();
    ++route_->abandoned;
    ++route_->upstream.abandoned;
    count_stuck();
}

/// Needs the admission's lock. What was given up because the client left may well end in a moment;
/// what hangs, or ran into its time-out, will not.
void permit::count_stuck() noexcept {
    if (stuck_ || !abandoned_ || !(hanging_ || timed_out_) || !places_.upstream.held()) return;
    stuck_ = true;
    ++route_->stuck;
    ++route_->upstream.stuck;
    for (auto* each : route_->upstream.routes)
        owner_->refuse_if_jammed(*each);
}

void permit::detach(time_point now) noexcept {
    expects(held() && !abandoned_, "only a request that is in flight becomes a stream");
    if (detached_) return;
    const std::scoped_lock lock{owner_->lock_};
    owner_->seen(now);
    detached_ = true;
    ++route_->detached;
    ++route_->upstream.detached;
    if (places_.upstream.held()) {
        --route_->holding;
        --route_->upstream.holding;
        places_.upstream = {};
    }
    if (places_.call.held()) places_.call.finish(outcome::success, cause_kind::completed, now);
    owner_->after_release(route_->upstream, now);
}

void permit::leave(outcome result, cause_kind why, time_point now) noexcept {
    expects(held(), "a permit is left once");
    const std::scoped_lock lock{owner_->lock_};
    owner_->seen(now);
    owner_->release(*this, result, why, now);
    owner_ = nullptr;
}

}  // namespace curfew::gateway
