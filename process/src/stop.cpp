#include <curfew/process/stop.hpp>

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace curfew::process {
namespace {

using order = stop_action::order;

constexpr int most_freezes = 4;
constexpr duration first_pause = std::chrono::milliseconds{1};
constexpr duration longest_pause = std::chrono::milliseconds{32};
constexpr std::size_t most_named = 16;

void tell(unit& whom, target part, int signal) {
    whom.signal(part, signal);
    whom.signal(part, SIGCONT);
}

}  // namespace

stop_event stop_event::of(const census& seen) noexcept {
    stop_event event;
    event.what = kind::scanned;
    event.alive = seen.members.size();
    event.moving = static_cast<std::size_t>(
        std::ranges::count_if(seen.members, [](const auto& one) { return one.state != 'T'; })
    );
    event.leader_alive = seen.leader_alive;
    return event;
}

stop_action stop_ladder::step(const stop_event& event, time_point now) noexcept {
    if (event.what == stop_event::kind::interrupted) {
        return interrupted(now);
    }
    if (event.what == stop_event::kind::scanned) {
        alive_ = event.alive;
    }
    switch (stage_) {
        case stage::idle:
            if (plan_.dump_first) {
                stage_ = stage::dumping;
                ends_ = add_saturated(now, plan_.dump_budget);
                return {order::dump, 0, ends_};
            }
            return ask(now);
        case stage::dumping:
            if (event.what == stop_event::kind::dumped || now >= ends_) {
                return ask(now);
            }
            return {order::wait, 0, ends_};
        case stage::asking:
            return while_asking(event, now);
        case stage::freezing:
            return while_freezing(event, now);
        case stage::killing:
            return while_killing(event, now);
        case stage::finished:
            break;
    }
    return finish();
}

stop_action stop_ladder::ask(time_point now) noexcept {
    if (plan_.grace <= duration::zero()) {
        return force(now);
    }
    stage_ = stage::asking;
    ends_ = add_saturated(now, plan_.grace);
    tell_rest_ = add_saturated(now, plan_.grace / 2);
    rest_told_ = !plan_.leader_first;
    return {plan_.leader_first ? order::signal_leader : order::signal_everyone, plan_.signal};
}

stop_action stop_ladder::while_asking(const stop_event& seen, time_point now) noexcept {
    if (seen.alive == 0) {
        return look_again_or_finish(now);
    }
    empty_scans_ = 0;
    if (now >= ends_) {
        return force(now);
    }
    if (!rest_told_ && (!seen.leader_alive || now >= tell_rest_)) {
        rest_told_ = true;
        return {order::signal_rest, plan_.signal};
    }
    return {order::wait, 0, rest_told_ ? ends_ : tell_rest_};
}

stop_action stop_ladder::force(time_point now) noexcept {
    forced_ = true;
    stage_ = stage::freezing;
    ends_ = add_saturated(now, plan_.force_limit);
    pause_ = first_pause;
    empty_scans_ = 0;
    freezes_ = 1;
    return {order::freeze, SIGSTOP};
}

stop_action stop_ladder::while_freezing(const stop_event& seen, time_point now) noexcept {
    if (seen.alive == 0) {
        stage_ = stage::killing;
        return look_again_or_finish(now);
    }
    if (seen.moving != 0 && freezes_ < most_freezes) {
        ++freezes_;
        return {order::freeze, SIGSTOP};
    }
    stage_ = stage::killing;
    return {order::kill, SIGKILL};
}

stop_action stop_ladder::while_killing(const stop_event& seen, time_point now) noexcept {
    if (seen.alive == 0) {
        return look_again_or_finish(now);
    }
    empty_scans_ = 0;
    if (now >= ends_) {
        return finish();
    }
    kill_next_ = !kill_next_;
    if (!kill_next_) {
        return {order::kill, SIGKILL};
    }
    const auto wake = std::min(add_saturated(now, pause_), ends_);
    pause_ = std::min(pause_ * 2, longest_pause);
    return {order::wait, 0, wake};
}

stop_action stop_ladder::interrupted(time_point now) noexcept {
    switch (stage_) {
        case stage::idle:
        case stage::dumping:
        case stage::asking:
            return force(now);
        case stage::freezing:
        case stage::killing:
        case stage::finished:
            break;
    }
    return finish();
}

stop_action stop_ladder::look_again_or_finish(time_point now) noexcept {
    return ++empty_scans_ >= 2 ? finish() : stop_action{order::wait, 0, now};
}

stop_action stop_ladder::finish() noexcept {
    stage_ = stage::finished;
    return {order::finish};
}

stop_action advance(stop_ladder& ladder, unit& whom, stop_event event, const clock& time) {
    while (true) {
        const auto action = ladder.step(event, time.now());
        switch (action.what) {
            case order::signal_leader:
                tell(whom, target::leader, action.signal);
                break;
            case order::signal_rest:
                tell(whom, target::rest, action.signal);
                break;
            case order::signal_everyone:
                tell(whom, target::everyone, action.signal);
                break;
            case order::freeze:
            case order::kill:
                whom.signal(target::everyone, action.signal);
                break;
            case order::wait:
                if (action.wake > time.now()) {
                    return action;
                }
                break;
            case order::dump:
            case order::finish:
                return action;
        }
        event = stop_event::of(whom.scan());
    }
}

stop_report conclude(const stop_ladder& ladder, unit& whom, duration took) {
    stop_report report;
    report.forced = ladder.forced();
    report.abandoned = ladder.alive();
    report.took = took;
    if (report.abandoned != 0) {
        const auto left = whom.scan();
        for (const auto& one : left.members) {
            if (report.survivors.size() < most_named) {
                report.survivors.push_back(
                    std::to_string(one.id.pid) + ' ' + one.name + " (" + one.state + ')'
                );
            }
        }
    }
    return report;
}

std::string describe(const stop_report& report) {
    char seconds[32];
    std::snprintf(
        seconds, sizeof seconds, "%.2f s", std::chrono::duration<double>{report.took}.count()
    );
    if (report.abandoned == 0) {
        return (report.forced ? "killed after " : "ended in ") + std::string{seconds};
    }
    auto text = std::to_string(report.abandoned) + " abandoned after " + seconds;
    const char* separator = ": ";
    for (const auto& one : report.survivors) {
        text += separator + one;
        separator = ", ";
    }
    return text;
}

stop_report stop_and_wait(
    unit& whom,
    const stop_plan& plan,
    const clock& time,
    const std::function<void(time_point)>& dump
) {
    constexpr duration blind_pause = std::chrono::milliseconds{20};
    constexpr duration noticed_pause = std::chrono::seconds{1};
    stop_ladder ladder{plan};
    const auto started = time.now();
    auto action = advance(ladder, whom, {}, time);
    while (action.what != order::finish) {
        if (action.what == order::dump) {
            if (dump) {
                dump(action.wake);
            }
            action = advance(ladder, whom, {stop_event::kind::dumped}, time);
            continue;
        }
        pollfd watched{whom.notices(), POLLIN, 0};
        const auto longest = watched.fd < 0 ? blind_pause : noticed_pause;
        const auto left = std::clamp<duration>(action.wake - time.now(), duration::zero(), longest);
        ::poll(&watched, 1, static_cast<int>(left / std::chrono::milliseconds{1}) + 1);
        action = advance(ladder, whom, stop_event::of(whom.scan()), time);
    }
    return conclude(ladder, whom, time.now() - started);
}

}  // namespace curfew::process
