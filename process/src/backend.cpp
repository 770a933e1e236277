#include "incarnation.hpp"
#include <curfew/process/backend.hpp>
#include <curfew/process/stack_dump.hpp>
#include <curfew/runtime/aside.hpp>
#include <curfew/runtime/descriptor.hpp>
#include <curfew/runtime/loop_clock.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

namespace curfew::process {
namespace {

using order = supervisor_action::order;
using kind = supervisor_event::kind;

// A unit without notices (its keeper was killed, or it is simulated) is looked at this often.
constexpr duration blind_pause = std::chrono::milliseconds{20};
constexpr duration look_patience = std::chrono::seconds{2};

using dump_job = runtime::aside<stack_dump>;

}  // namespace

runtime::task<bool> connect_probe::answers(purpose, runtime::scope& under) {
    auto connecting = runtime::connect(through_, to_, under);
    const auto connected = co_await connecting;
    co_return connected.has_value();
}

backend::backend(
    runtime::loop& on,
    host& machine,
    backend_probe& probe,
    backend_watcher& watcher,
    backend_options options
)
    : loop_{on},
      host_{machine},
      probe_{probe},
      watcher_{watcher},
      options_{std::move(options)},
      machine_{options_.limits, options_.seed},
      own_{on} {
    const auto mode = options_.capture_output ? output::capture : output::inherit;
    options_.what.standard_output = mode;
    options_.what.standard_error = mode;
    options_.what.is_server = true;
    if (options_.dump_stacks && options_.hook_python) {
        if (auto hook = python_hook::make()) {
            python_ = std::move(*hook);
            python_->arm(options_.what);
        }
    }
}

backend::~backend() = default;

time_point backend::now() const noexcept {
    return loop_.outside().now();
}

pid_t backend::pid() const noexcept {
    return running_ && !running_->tree->exited() ? running_->tree->identity().leader.pid : 0;
}

bool backend::has_ended_by_itself() const noexcept {
    return running_ && running_->tree->exited() && !running_->tree->exited()->by_others();
}

void backend::stop() noexcept {
    ++stops_asked_;
    attention_.pass();
}

void backend::forward(int signal) {
    if (running_) {
        running_->tree->signal(target::leader, signal);
    }
}

runtime::task<result<>> backend::run(runtime::scope& under) {
    auto action = machine_.step({kind::start}, now());
    while (action.what != order::finish && !under.ended()) {
        announce(action);
        auto performing = perform(under, action);
        auto event = co_await performing;
        event.answered_at = probe_.answered_at();
        action = machine_.step(event, now());
    }
    if (running_) {
        auto burying = bury();
        co_await burying;
    }
    if (action.what != order::finish) {
        co_return fail(errc::cancelled);
    }
    announce(action);
    co_return verdict();
}

runtime::task<supervisor_event> backend::perform(runtime::scope& under, supervisor_action action) {
    switch (action.what) {
        case order::spawn:
            co_return spawn_tree();
        case order::probe:
            running_->tasks.spawn(probe_once(*running_));
            co_return supervisor_event{kind::tick};
        case order::stop_tree:
        case order::dump_and_stop: {
            const bool failed = action.tell == supervisor_action::notice::hung;
            const bool unhealthy = failed && !probe_.complaint().empty();
            auto ending = end_tree(under, action.what == order::dump_and_stop && !unhealthy);
            co_await ending;
            if (failed) {
                last_end_ = unhealthy ? "unhealthy" : "hung";
            } else if (action.tell == supervisor_action::notice::not_ready_in_time) {
                last_end_ = "not ready in time";
            }
            co_return supervisor_event{kind::stopped};
        }
        case order::wait:
        case order::hurry:  // told only while a tree is being ended, and heeded there
        case order::finish:
            break;
    }
    auto waiting = next_event(under, action.wake);
    const auto event = co_await waiting;
    co_return event;
}

supervisor_event backend::spawn_tree() {
    probe_result_.reset();
    auto started = host_.spawn(options_.what);
    if (!started) {
        spawn_failure_ = started.error();
        return {kind::spawn_failed, false, started.error()};
    }
    const auto take = [this](std::string_view line) { watcher_.printed(line); };
    running_ = std::make_unique<incarnation>(loop_, std::move(*started), take, options_.prefix);
    running_->listen(attention_);
    spawned_at_ = now();
    last_answer_ = spawned_at_;
    return {kind::spawned};
}

std::optional<supervisor_event> backend::pending_event() {
    if (stops_told_ < stops_asked_) {
        ++stops_told_;
        return supervisor_event{kind::stop};
    }
    if (running_) {
        running_->tree->collect();
        if (running_->tree->exited() && !running_->exit_told) {
            // It may have found its address taken before anybody was asked.
            if (!std::exchange(running_->owner_asked, true) && state() == backend_state::starting &&
                ask_owner() == ownership::stranger) {
                return supervisor_event{kind::usurped};
            }
            running_->exit_told = true;
            return supervisor_event{kind::exited};
        }
    }
    if (probe_result_) {
        const bool good = *std::exchange(probe_result_, {});
        last_answer_ = good ? now() : last_answer_;
        return judge(good);
    }
    return std::nullopt;
}

std::optional<ownership> backend::ask_owner() {
    const auto where = probe_.asks_at();
    if (!where) {
        return std::nullopt;
    }
    auto owner = running_->tree->who_listens(*where);
    if (owner.whose == ownership::stranger) {
        stranger_ = std::move(owner.name);
    }
    return owner.whose;
}

supervisor_event backend::judge(bool good) {
    if (!good || state() != backend_state::starting) {
        return {kind::probed, good};
    }
    const auto whose = ask_owner();
    if (whose == ownership::stranger) {
        return {kind::usurped};
    }
    const bool settled = now() - spawned_at_ >= options_.settle;
    return {kind::probed, settled || whose != ownership::unknown};
}

runtime::task<supervisor_event> backend::next_event(runtime::scope& under, time_point wake) {
    while (true) {
        if (const auto event = pending_event()) {
            co_return *event;
        }
        if (now() >= wake || under.ended()) {
            co_return supervisor_event{kind::tick};
        }
        auto pausing = pause(under, wake);
        co_await pausing;
    }
}

// Until then, or until something calls for attention.
runtime::task<> backend::pause(runtime::scope& under, time_point until) {
    if (running_ && running_->tree->notices() < 0) {
        until = std::min(until, add_saturated(now(), blind_pause));
    }
    const bool for_ever = until == time_point::max();
    runtime::scope limited{under, bound{for_ever ? deadline{} : deadline{until}}};
    auto waiting = attention_.wait(limited);
    co_await waiting;
}

runtime::task<> backend::probe_once(incarnation& of) {
    const auto why = machine_.state() == backend_state::ready ? backend_probe::purpose::liveness
                                                              : backend_probe::purpose::readiness;
    const auto limit = options_.probe_timeout;
    runtime::scope limited{of.life, bound::after(now(), limit, "backend.live_timeout")};
    auto asking = probe_.answers(why, limited);
    const bool good = co_await asking;
    if (!of.life.ended()) {
        probe_result_ = good;
        attention_.pass();
    }
}

bool backend::stop_was_asked_again() {
    if (stops_told_ == stops_asked_) {
        return false;
    }
    ++stops_told_;
    return machine_.step({kind::stop}, now()).what == order::hurry;
}

runtime::task<> backend::end_tree(runtime::scope& under, bool hangs) {
    auto plan = options_.stop;
    plan.dump_first = hangs && options_.dump_stacks;
    const runtime::loop_clock time{loop_};
    const auto began = now();
    stop_ladder ladder{plan};
    auto& tree = *running_->tree;
    auto action = advance(ladder, tree, {}, time);
    while (action.what != stop_action::order::finish && !under.ended()) {
        if (action.what == stop_action::order::dump) {
            auto dumping = dump(under, action.wake);
            co_await dumping;
            action = advance(ladder, tree, {stop_event::kind::dumped}, time);
            continue;
        }
        if (stops_told_ == stops_asked_) {
            auto pausing = pause(under, action.wake);
            co_await pausing;
        }
        const bool hurry = stop_was_asked_again();
        const auto event =
            hurry ? stop_event{stop_event::kind::interrupted} : stop_event::of(tree.scan());
        action = advance(ladder, tree, event, time);
    }
    const auto report = conclude(ladder, tree, now() - began);
    if (report.forced || report.abandoned != 0) {
        watcher_.told(state(), "the backend's processes: " + describe(report));
    }
    auto burying = bury();
    co_await burying;
}

runtime::task<> backend::dump(runtime::scope& under, time_point until) {
    dump_request what;
    what.id = running_->tree->identity().marker;
    what.directory = options_.dump_directory;
    what.hung_for = now() - last_answer_;
    auto dumping = dump(under, until, std::move(what));
    const auto made = co_await dumping;
    if (!made) {
        watcher_.told(state(), "its stacks could not be read in time");
        co_return;
    }
    watcher_.told(
        state(), made->path.empty() ? made->headline : made->headline + "; " + made->path
    );
    watcher_.dumped(*made);
}

runtime::task<std::optional<stack_dump>> backend::look(
    runtime::scope& under, std::optional<duration> hung_for, bool hangs
) {
    if (!running_ || dumping_) {
        co_return std::nullopt;
    }
    dump_request what;
    what.hung_for = hung_for;
    what.hangs = hangs;
    auto dumping = dump(under, now() + look_patience, std::move(what));
    auto made = co_await dumping;
    co_return made;
}

runtime::task<std::optional<stack_dump>> backend::dump(
    runtime::scope& under, time_point until, dump_request what
) {
    what.members = running_->tree->scan().members;
    what.python_stacks = python_ ? python_->stacks() : std::string{};
    what.leader = running_->tree->identity().leader;
    what.serves_at = probe_.asks_at();
    const auto job =
        dump_job::begin([what = std::move(what), until] { return dump_stacks(what, until); });
    if (job == nullptr) {
        co_return std::nullopt;
    }
    dumping_ = true;
    runtime::scope limited{under, bound{deadline{until}}};
    auto waiting = dump_job::wait(job, limited);
    const bool dumped = co_await waiting;
    dumping_ = false;
    if (!dumped) {
        co_return std::nullopt;
    }
    co_return std::move(job->result());
}

// What the tree printed last is passed on before it is let go.
runtime::task<> backend::bury() {
    running_->life.cancel();
    auto joining = running_->tasks.join(own_);
    co_await joining;
    running_->tree->collect();
    if (const auto& report = running_->tree->exited()) {
        last_end_ = describe(*report);
    }
    last_lines_ = last_words();
    running_.reset();
    probe_result_.reset();
}

}  // namespace curfew::process
