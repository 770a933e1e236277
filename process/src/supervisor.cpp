#include <curfew/process/supervisor.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace curfew::process {

std::string_view to_string(backend_state state) noexcept {
    switch (state) {
        case backend_state::stopped:
            return "stopped";
        case backend_state::starting:
            return "starting";
        case backend_state::ready:
            return "ready";
        case backend_state::stopping:
            return "stopping";
        case backend_state::backing_off:
            return "backing_off";
        case backend_state::crash_looped:
            return "crash_looped";
    }
    return "unknown";
}

supervisor_action supervisor::step(const supervisor_event& event, time_point now) {
    using kind = supervisor_event::kind;
    const bool running = state_ == backend_state::starting || state_ == backend_state::ready;
    answered_at_ = event.answered_at;
    switch (event.what) {
        case kind::start:
            return state_ == backend_state::stopped ? start(now) : wait();
        case kind::spawned:
            return running ? when_spawned(now) : wait();
        case kind::spawn_failed:
            return running ? when_spawn_failed(event.error, now) : wait();
        case kind::exited:
            return running ? when_ended(notice::exited, false, now) : wait();
        case kind::probed:
            return running ? when_probed(event.good, now) : wait();
        case kind::usurped:
            return running ? when_usurped(now) : wait();
        case kind::stopped:
            return state_ == backend_state::stopping ? when_stopped(now) : wait();
        case kind::stop:
            return when_told_to_stop();
        case kind::tick:
            break;
    }
    return on_tick(now);
}

supervisor_action supervisor::start(time_point now) {
    state_ = backend_state::starting;
    ++starts_;
    failures_ = 0;
    probing_ = false;
    usurped_ = false;
    ready_since_.reset();
    ready_by_ = add_saturated(now, options_.ready_timeout);
    next_ = ready_by_;
    return {order::spawn, notice::starting};
}

supervisor_action supervisor::when_spawned(time_point now) noexcept {
    next_ = add_saturated(now, options_.ready_interval);
    return wait();
}

supervisor_action supervisor::when_spawn_failed(failure error, time_point now) {
    const bool hopeless =
        starts_ == 1 && error.code != errc::local_resource && error.code != errc::own_timeout;
    if (hopeless) {
        state_ = backend_state::crash_looped;
        reason_ = error.code;
        return {order::finish, notice::cannot_start};
    }
    hung_ = false;
    count_crash(now);
    state_ = backend_state::stopping;
    return when_stopped(now);
}

supervisor_action supervisor::when_ended(notice why, bool hangs, time_point now) {
    count_crash(now);
    hung_ = hangs;
    hung_starts_ += why == notice::not_ready_in_time ? 1U : 0U;
    state_ = backend_state::stopping;
    return {hangs ? order::dump_and_stop : order::stop_tree, why};
}

supervisor_action supervisor::when_probed(bool good, time_point now) {
    probing_ = false;
    if (state_ == backend_state::starting) {
        if (!good) {
            next_ = add_saturated(now, options_.ready_interval);
            return on_tick(now);
        }
        state_ = backend_state::ready;
        ready_since_ = now;
        was_ready_ = true;
        hung_starts_ = 0;
        met_ = false;
        next_ = now;
        return {order::wait, notice::ready, next_};
    }
    const bool counts = std::exchange(met_, true);
    failures_ = good || !counts ? 0 : failures_ + 1;
    if (failures_ >= options_.live_failures) {
        return when_ended(notice::hung, true, now);
    }
    next_ = add_saturated(probed_at_, options_.live_interval);
    return wait();
}

supervisor_action supervisor::when_usurped(time_point now) {
    if (state_ != backend_state::starting) {
        return when_probed(true, now);
    }
    auto next = when_probed(false, now);
    if (!std::exchange(usurped_, true)) {
        next.tell = notice::usurped;
    }
    return next;
}

supervisor_action supervisor::on_tick(time_point now) {
    if (state_ == backend_state::starting && now >= ready_by_) {
        return when_ended(notice::not_ready_in_time, true, now);
    }
    const bool running = state_ == backend_state::starting || state_ == backend_state::ready;
    if (running && !probing_ && now >= next_) {
        probing_ = true;
        probed_at_ = now;
        return {order::probe};
    }
    if (state_ == backend_state::backing_off && now >= next_) {
        return start(now);
    }
    return wait();
}

supervisor_action supervisor::when_stopped(time_point now) {
    if (!wanted_) {
        state_ = backend_state::stopped;
        return {order::finish, notice::stopped};
    }
    if (const auto why = hopeless()) {
        state_ = backend_state::crash_looped;
        reason_ = *why;
        return {order::finish, notice::gave_up};
    }
    state_ = backend_state::backing_off;
    pause_ = next_pause();
    next_ = add_saturated(now, pause_);
    return {order::wait, notice::restarting_in, next_};
}

std::optional<errc> supervisor::hopeless() const noexcept {
    if (usurped_ && !was_ready_) {
        return errc::address_in_use;
    }
    if (crashes_.size() >= options_.crash_limit || hung_starts_ >= options_.crash_limit) {
        return hung_ ? errc::command_hung : errc::crash_loop;
    }
    return std::nullopt;
}

supervisor_action supervisor::when_told_to_stop() {
    const bool again = !wanted_;
    wanted_ = false;
    switch (state_) {
        case backend_state::starting:
        case backend_state::ready:
            state_ = backend_state::stopping;
            return {order::stop_tree, notice::stopping};
        case backend_state::stopping:
            return {again ? order::hurry : order::wait};
        case backend_state::stopped:
        case backend_state::backing_off:
            state_ = backend_state::stopped;
            break;
        case backend_state::crash_looped:
            break;
    }
    return {order::finish, notice::stopped};
}

supervisor_action supervisor::wait() const noexcept {
    supervisor_action action;
    switch (state_) {
        case backend_state::starting:
            action.wake = probing_ ? ready_by_ : std::min(next_, ready_by_);
            break;
        case backend_state::ready:
            action.wake = probing_ ? time_point::max() : next_;
            break;
        case backend_state::backing_off:
            action.wake = next_;
            break;
        case backend_state::stopped:
        case backend_state::stopping:
        case backend_state::crash_looped:
            break;
    }
    return action;
}

void supervisor::count_crash(time_point now) {
    const bool served = ready_since_ && answered_at_ >= *ready_since_;
    const auto ready_for = ready_since_ ? now - *ready_since_ : duration::zero();
    const bool well = ready_for >= options_.stable_after || (served && ready_for >= pause_);
    // The request that ended the last one was sent once more: that is one crash, not two.
    const bool echo = !well && ready_since_ && last_was_well_;
    last_was_well_ = well;
    crashes_in_a_row_ = well ? 1 : crashes_in_a_row_ + (echo ? 0 : 1);
    if (served) {
        has_served_ = true;
        crashes_.clear();
    }
    if (ready_since_ && has_served_) {
        return;
    }
    crashes_.push_back(now);
    while (now - crashes_.front() >= options_.crash_window || crashes_.size() > options_.crash_limit
    ) {
        crashes_.pop_front();
    }
}

duration supervisor::next_pause() {
    const auto doublings = std::min<std::uint32_t>(crashes_in_a_row_ - 1, 40);
    const auto base = std::min(
        std::ldexp(static_cast<double>(options_.backoff_min.count()), static_cast<int>(doublings)),
        static_cast<double>(options_.backoff_max.count())
    );
    // 53 random bits as a number in [0, 1): the same on every standard library.
    const double evenly = std::ldexp(static_cast<double>(random_() >> 11), -53);
    const auto spread = base * (1 + options_.jitter * (2 * evenly - 1));
    const auto pause = duration{static_cast<duration::rep>(spread)};
    return std::min(pause, options_.backoff_max);
}

}  // namespace curfew::process
