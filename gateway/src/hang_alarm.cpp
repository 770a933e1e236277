#include "hang_alarm.hpp"

#include <algorithm>

namespace curfew::gateway {

namespace {

/// A client that is waited for no longer than this in all is no slow one.
constexpr duration client_patience = std::chrono::seconds{1};

/// From then on, and so often, it is asked whether the request's endpoint is to blame.
constexpr duration look_every = std::chrono::seconds{1};

}  // namespace

hang_alarm::hang_alarm(permit& held, runtime::loop& on) noexcept
    : timer{[](timer& self) noexcept {
          auto& mine = static_cast<hang_alarm&>(self);
          mine.ring(mine.on_.now());
      }},
      held_{held},
      on_{on} {}

void hang_alarm::ring(time_point now) noexcept {
    if (paused_) return held_.give_way(now);
    if (const auto at = held_.overruns_at(); at && now >= *at) {
        const auto limit = held_.overrun(now);
        if (limit && ends_.what != nullptr) {
            const cause why{cause_kind::own_timeout, shed_reason::none, ends_.limit_name, *limit};
            return ends_.what->end(why);  // and perhaps this, which is not touched any more
        }
    }
    arm_at(look(now));
}

/// Says what there is to say by now; when to look again, as far as that goes.
time_point hang_alarm::look(time_point now) noexcept {
    if (const auto slow = held_.slow_at(); slow && now >= *slow) held_.mark_slow(now);
    const bool hangs = now >= held_.hangs_at(limit_);
    if (at_ != nullptr && is_to_look(now) && at_->is_left_behind()) {
        held_.blame_endpoint(now);
        return time_point::max();
    }
    if (hangs && at_ != nullptr && at_->hangs(now)) {
        held_.blame_endpoint(now);
        return time_point::max();
    }
    if (hangs) {
        held_.mark_hanging(now);
        const auto slow = held_.slow_at();  // a probe
        return std::min(slow.value_or(time_point::max()), look_at_);
    }
    if (const auto silent = held_.silent_at(); !looked_ && silent && now >= *silent) {
        looked_ = true;
        held_.mark_silent(now);
    }
    return next_look();
}

void hang_alarm::begin(duration limit, loan* at, adaptive_end ends) noexcept {
    limit_ = limit;
    at_ = at;
    ends_ = ends;
    look_at_ = at == nullptr ? time_point::max() : add_saturated(on_.now(), look_every);
    running_ = true;
    looked_ = false;
    paused_.reset();
    arm();
}

void hang_alarm::pause() noexcept {
    if (paused_) return;
    paused_ = on_.now();
    if (running_) held_.wait_for_client();
    const auto left = std::max(duration::zero(), client_patience - paused_before_);
    on_.timers().arm(*this, add_saturated(*paused_, left));
}

void hang_alarm::resume() noexcept {
    if (!paused_) return;
    const duration waited = on_.now() - *paused_;
    paused_.reset();
    paused_before_ += waited;
    if (!running_) return on_.timers().cancel(*this);
    held_.waited_for_client(waited);
    arm();
}

void hang_alarm::end() noexcept {
    resume();
    running_ = false;
    on_.timers().cancel(*this);
}

bool hang_alarm::is_to_look(time_point now) noexcept {
    if (now < look_at_) return false;
    look_at_ = add_saturated(now, look_every);
    return true;
}

void hang_alarm::arm() noexcept {
    arm_at(next_look());
}

void hang_alarm::arm_at(time_point next) noexcept {
    const auto first = std::min(next, held_.overruns_at().value_or(time_point::max()));
    if (first != time_point::max()) on_.timers().arm(*this, first);
}

time_point hang_alarm::next_look() const noexcept {
    auto first = std::min(held_.hangs_at(limit_), look_at_);
    if (const auto slow = held_.slow_at()) first = std::min(first, *slow);
    const auto silent = held_.silent_at();
    if (!looked_ && silent && *silent > on_.now()) first = std::min(first, *silent);
    return first;
}

}  // namespace curfew::gateway
