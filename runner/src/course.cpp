#include <curfew/runner/course.hpp>

#include <algorithm>

namespace curfew::runner {

namespace {

using order = course_action::order;

constexpr duration forgotten_after = std::chrono::seconds{10};
constexpr int presses_that_force = 2;
constexpr int presses_that_leave = 3;

}  // namespace

course_action course::step(const course_event& event, time_point now) noexcept {
    switch (event.what) {
        case course_event::kind::interrupted:
            return interrupted(event, now);
        case course_event::kind::asked:
            return asked(event, now);
        case course_event::kind::suspended:
            if (!paused_at_) paused_at_ = now;
            break;
        case course_event::kind::resumed:
            if (paused_at_) paused_ += now - *paused_at_;
            paused_at_.reset();
            break;
        case course_event::kind::stopped:
            return finish();
        case course_event::kind::looked:
            break;
    }
    return look(event, now);
}

duration course::ran(time_point now) const noexcept {
    const auto end = ended_at_.value_or(now);
    return std::max(end - began_ - suspended(end), duration::zero());
}

duration course::suspended(time_point now) const noexcept {
    return paused_ + (paused_at_ ? std::max(now - *paused_at_, duration::zero()) : duration{});
}

time_point course::point_of(duration limit, time_point now) const noexcept {
    return add_saturated(add_saturated(began_, limit), suspended(now));
}

course_action course::look(const course_event& event, time_point now) noexcept {
    if (stage_ == stage::stopping) return {order::wait, 0, false, {}, time_point::max()};
    if (stage_ == stage::over) return finish();
    if (event.exited) return look_at_rest(event, now);
    const auto end = point_of(limits_.timeout, now);
    if (paused_at_) return {order::wait, 0, false, {}, time_point::max()};
    if (now >= end) {
        timed_out_ = true;
        auto action = this->end(SIGTERM, limits_.grace, now);
        action.hangs = true;
        return action;
    }
    if (limits_.warn && !warned_) {
        const auto told = point_of(*limits_.warn, now);
        if (now < told) return {order::wait, 0, false, {}, std::min(told, end)};
        warned_ = true;
        return {order::warn};
    }
    return {order::wait, 0, false, {}, end};
}

course_action course::look_at_rest(const course_event& event, time_point now) noexcept {
    if (!ended_at_) ended_at_ = now;
    if (event.empty) return finish();
    stage_ = stage::settling;
    const auto settled = add_saturated(*ended_at_, limits_.settle);
    if (now < settled) return {order::wait, 0, false, {}, settled};
    stage_ = stage::stopping;
    return {order::sweep, SIGTERM, false, limits_.grace, {}};
}

course_action course::interrupted(const course_event& event, time_point now) noexcept {
    const bool is_first = presses_ == 1 && stage_ == stage::running && ended_by_ == 0;
    if (is_first && pressed_at_ && now - *pressed_at_ > forgotten_after) presses_ = 0;
    pressed_at_ = now;
    if (++presses_ > 1 || stage_ != stage::running) return pressed(now);
    if (event.heard) return look({}, now);
    return {order::forward, event.signal};
}

course_action course::asked(const course_event& event, time_point now) noexcept {
    if (++presses_ > 1 && stage_ != stage::running) return pressed(now);
    if (stage_ != stage::running) return {order::wait, 0, false, {}, now};
    presses_ = 1;
    ended_by_ = event.signal;
    return end(event.signal, limits_.grace, now);
}

course_action course::pressed(time_point now) noexcept {
    if (presses_ >= presses_that_leave) {
        stage_ = stage::over;
        return {order::leave};
    }
    if (presses_ < presses_that_force) return {order::wait, 0, false, {}, now};
    if (stage_ == stage::stopping) return {order::force};
    if (ended_by_ == 0) ended_by_ = SIGINT;
    return end(SIGINT, duration::zero(), now);
}

course_action course::end(int signal, duration grace, time_point now) noexcept {
    if (!ended_at_) ended_at_ = now;
    stage_ = stage::stopping;
    return {order::stop, signal, false, grace, {}};
}

course_action course::finish() noexcept {
    stage_ = stage::over;
    return {order::finish};
}

}  // namespace curfew::runner
