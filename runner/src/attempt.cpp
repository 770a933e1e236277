#include "aside_dump.hpp"
#include <curfew/runner/attempt.hpp>

#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace curfew::runner {

namespace {

using process::stop_action;
using process::stop_event;
using process::target;

constexpr std::size_t named_most = 16;
constexpr duration blind_pause = std::chrono::milliseconds{20};

std::vector<std::string> names_of(const process::census& seen) {
    std::vector<std::string> names;
    for (const auto& one : seen.members) {
        if (names.size() == named_most) break;
        names.push_back(std::to_string(one.id.pid) + ' ' + one.name + " (" + one.state + ')');
    }
    return names;
}

class attempt {
  public:
    attempt(attempt_plan plan, process::unit& tree, signal_inbox& signals, const clock& time)
        : plan_{std::move(plan)},
          tree_{tree},
          signals_{signals},
          time_{time},
          course_{plan_.limits, time.now()} {}

    attempt_report run() {
        using order = course_action::order;
        auto event = look();
        for (;;) {
            const auto action = course_.step(event, time_.now());
            switch (action.what) {
                case order::wait:
                    event = wait_until(action.wake);
                    break;
                case order::warn:
                    if (plan_.runs_long) plan_.runs_long(course_.ran(time_.now()));
                    event = look();
                    break;
                case order::forward:
                    tree_.signal(target::leader, action.signal);
                    event = look();
                    break;
                case order::sweep:
                    made_.leaks = names_of(tree_.scan());
                    [[fallthrough]];
                case order::stop:
                    end_tree(action);
                    event = {course_event::kind::stopped};
                    break;
                case order::force:
                case order::leave:
                case order::finish:
                    made_.left = made_.left || action.what == order::leave;
                    return conclude();
            }
        }
    }

  private:
    course_event look() {
        tree_.collect();
        course_event seen;
        seen.exited = tree_.exited().has_value();
        seen.empty = tree_.empty();
        return seen;
    }

    /// Until then, or until a signal or news of the tree comes.
    course_event wait_until(time_point wake) {
        for (;;) {
            if (auto event = take_signal()) return *event;
            const auto now = time_.now();
            const auto seen = look();
            const bool is_news = seen.exited != known_.exited || seen.empty != known_.empty;
            known_ = seen;
            if (is_news || now >= wake) return seen;
            sleep(wake - now);
        }
    }

    void sleep(duration most) {
        const int notices = tree_.notices();
        // A tree whose keeper was killed tells nothing.
        if (notices < 0) most = std::min(most, blind_pause);
        const auto bounded = std::min<duration>(most, std::chrono::hours{1});
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(bounded);
        const timespec limit{seconds.count(), (bounded - seconds).count()};
        std::array watched{pollfd{signals_.descriptor(), POLLIN, 0}, pollfd{notices, POLLIN, 0}};
        ::ppoll(watched.data(), watched.size(), &limit, nullptr);
    }

    std::optional<course_event> take_signal() {
        while (const auto told = signals_.next()) {
            switch (told->number) {
                case SIGINT:
                    if (is_own(*told)) break;
                    made_.interrupted = true;
                    made_.by_terminal = made_.by_terminal || told->from_kernel;
                    return course_event{course_event::kind::interrupted, SIGINT, told->from_kernel};
                case SIGTERM:
                case SIGHUP:
                    if (is_own(*told)) break;
                    return course_event{course_event::kind::asked, told->number};
                case SIGTSTP:
                case SIGTTIN:
                case SIGTTOU:
                    suspend(*told);
                    break;
                case SIGCONT:
                    break;
                default:
                    if (!told->from_kernel) tree_.signal(target::leader, told->number);
                    break;
            }
        }
        return std::nullopt;
    }

    /// What the command sends to its process group reaches us too, and means nothing to us.
    bool is_own(const told_signal& told) {
        if (told.from_kernel) return false;
        const auto seen = tree_.scan();
        return std::ranges::any_of(seen.members, [&](const auto& one) {
            return one.id.pid == told.sender;
        });
    }

    /// All of it stands still, and so do we, until somebody continues us.
    void suspend(const told_signal& told) {
        static_cast<void>(course_.step({course_event::kind::suspended}, time_.now()));
        const auto elsewhere = stop_others(told);
        ::kill(::getpid(), SIGSTOP);
        for (const auto& each : elsewhere) {
            process::signal_exactly(each, SIGCONT);
        }
        static_cast<void>(course_.step({course_event::kind::resumed}, time_.now()));
    }

    /// Those that the terminal does not stop: in other process groups. One that is told by a
    /// process has reached nobody but us.
    std::vector<process::process_id> stop_others(const told_signal& told) {
        std::vector<process::process_id> stopped;
        const auto seen = tree_.scan();
        for (const auto& one : seen.members) {
            if (told.from_kernel && one.group == ::getpgrp()) continue;
            const int number = told.from_kernel ? SIGSTOP : told.number;
            if (process::signal_exactly(one.id, number)) stopped.push_back(one.id);
        }
        return stopped;
    }

    void end_tree(const course_action& how) {
        process::stop_plan steps;
        steps.dump_first = how.hangs && plan_.looks_for_hangs;
        steps.dump_budget = plan_.look_budget;
        steps.signal = how.signal;
        steps.grace = how.grace;
        process::stop_ladder ladder{steps};
        const auto began = time_.now();
        auto action = process::advance(ladder, tree_, {}, time_);
        while (action.what != stop_action::order::finish && !made_.left) {
            action = action.what == stop_action::order::dump ? dump(ladder, action.wake)
                                                             : rest(ladder, action.wake);
        }
        made_.forced = ladder.forced();
        if (made_.left) return;
        const auto over = process::conclude(ladder, tree_, time_.now() - began);
        made_.survivors = over.abandoned;
        made_.survivor_names = over.survivors;
    }

    stop_action dump(process::stop_ladder& ladder, time_point until) {
        process::dump_request what;
        const auto seen = tree_.scan();
        what.members = seen.members;
        what.id = plan_.hang_id;
        what.directory = plan_.hang_directory;
        what.python_stacks = plan_.python_stacks;
        what.hung_for = course_.ran(time_.now());
        what.leader = tree_.identity().leader;
        if (const auto found = dump_aside(std::move(what), until, time_)) {
            made_.hung_in = found->headline;
            made_.hang_file = found->path;
            if (plan_.hung) plan_.hung(*found);
        }
        return process::advance(ladder, tree_, {stop_event::kind::dumped}, time_);
    }

    stop_action rest(process::stop_ladder& ladder, time_point wake) {
        while (const auto event = take_signal()) {
            const auto told = course_.step(*event, time_.now());
            if (told.what == course_action::order::leave) {
                made_.left = true;
                return {};
            }
            if (told.what == course_action::order::force) {
                return process::advance(ladder, tree_, {stop_event::kind::interrupted}, time_);
            }
        }
        constexpr duration noticed_pause = std::chrono::seconds{1};
        sleep(std::clamp<duration>(wake - time_.now(), duration::zero(), noticed_pause));
        return process::advance(ladder, tree_, stop_event::of(tree_.scan()), time_);
    }

    /// That everybody is gone is seen a moment before the keeper has told how the command ended.
    void await_report() {
        constexpr duration most = std::chrono::seconds{1};
        const auto until = time_.now() + most;
        tree_.collect();
        while (!tree_.exited() && !made_.left && made_.survivors == 0 && time_.now() < until) {
            pollfd watched{tree_.notices(), POLLIN, 0};
            constexpr int pause_ms = 20;
            ::poll(&watched, 1, pause_ms);
            tree_.collect();
        }
    }

    attempt_report conclude() {
        await_report();
        const auto now = time_.now();
        made_.ended = tree_.exited();
        made_.timed_out = course_.timed_out();
        made_.ended_by = course_.ended_by();
        const bool by_interrupt = made_.ended && made_.ended->signal == SIGINT;
        if (made_.interrupted && by_interrupt) made_.ended_by = SIGINT;
        made_.ran = course_.ran(now);
        made_.suspended = course_.suspended(now);
        return std::move(made_);
    }

    attempt_plan plan_;
    process::unit& tree_;
    signal_inbox& signals_;
    const clock& time_;
    course course_;
    course_event known_;
    attempt_report made_;
};

}  // namespace

result<attempt_report> run_attempt(
    process::host& machine, attempt_plan plan, signal_inbox& signals, const clock& time
) {
    ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    const auto tree = machine.spawn(plan.what);
    if (!tree) return std::unexpected{tree.error()};
    attempt one{std::move(plan), **tree, signals, time};
    return one.run();
}

}  // namespace curfew::runner
