#include <curfew/alerts/sink.hpp>
#include <curfew/process/stop.hpp>
#include <curfew/runtime/descriptor.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/sleep.hpp>

#include <fcntl.h>

#include <algorithm>
#include <utility>

namespace curfew::alerts {

namespace {

constexpr duration start_most = std::chrono::seconds{1};
constexpr duration kill_most = std::chrono::seconds{2};
// A unit without notices (its keeper was killed, or it is simulated) is looked at this often.
constexpr duration blind_pause = std::chrono::milliseconds{20};

class loop_clock final : public clock {
  public:
    explicit loop_clock(runtime::loop& on) noexcept : loop_{on} {}

    [[nodiscard]] time_point now() const noexcept override { return loop_.outside().now(); }

  private:
    runtime::loop& loop_;
};

std::string_view severity_text(policy::urgency level) noexcept {
    return level == policy::urgency::critical  ? "critical"
           : level == policy::urgency::warning ? "warning"
                                               : "info";
}

/// A name from outside as the value of a variable.
std::string one_line(std::string_view text) {
    std::string made{text.substr(0, 256)};
    std::ranges::replace_if(
        made, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?'
    );
    return made;
}

}  // namespace

command_sink::command_sink(
    runtime::loop& on, process::host& machine, const policy::sink_policy& rules, source who
)
    : loop_{on}, machine_{machine}, rules_{rules}, who_{std::move(who)} {}

process::command command_sink::command_for(const notice& what) const {
    process::command made;
    made.arguments = rules_.command;
    made.input = to_json(what, who_);
    made.standard_output = process::output::discard;
    made.standard_error = process::output::discard;
    made.start_limit = std::min(rules_.timeout, start_most);
    // A script that reads no JSON hears of what begins before it hears of what ends.
    const auto begins = std::ranges::find_if(what.changes, [&](const change& each) {
        return state_told(what, each) == "firing";
    });
    const change& first = begins == what.changes.end() ? what.changes.front() : *begins;
    made.environment = {
        {"CURFEW_ALERT_NAME", first.now.alert},
        {"CURFEW_ALERT_STATE", std::string{state_told(what, first)}},
        {"CURFEW_ALERT_SEVERITY", std::string{severity_text(first.rule.severity)}},
        {"CURFEW_ALERT_OPERATION", one_line(first.now.operation)},
        {"CURFEW_ALERT_COUNT", std::to_string(what.changes.size() + what.left_out)},
    };
    return made;
}

runtime::task<> command_sink::until_exit(process::unit& of, runtime::scope& under) {
    if (of.notices() < 0) {
        while (!under.ended()) {
            of.collect();
            if (of.exited()) {
                co_return;
            }
            auto resting = runtime::sleep_until{under, loop_.now() + blind_pause};
            co_await resting;
        }
        co_return;
    }
    runtime::watched_descriptor notices{
        loop_.outside(), runtime::descriptor{::fcntl(of.notices(), F_DUPFD_CLOEXEC, 3)}
    };
    while (notices.status() && !under.ended()) {
        notices.ready().clear_readable();
        of.collect();
        if (of.exited() || notices.ready().hung_up()) {
            co_return;
        }
        auto waiting = notices.ready().wait_readable(under);
        co_await waiting;
    }
}

// Whatever it left behind goes with it. How many could not be ended.
runtime::task<std::size_t> command_sink::end_tree(process::unit& of) {
    process::stop_plan plan;
    plan.grace = duration::zero();
    plan.force_limit = kill_most;
    process::stop_ladder ladder{plan};
    const loop_clock time{loop_};
    runtime::scope until{loop_};
    auto action = process::advance(ladder, of, {}, time);
    while (action.what != process::stop_action::order::finish) {
        const auto next = std::min(action.wake, add_saturated(loop_.now(), blind_pause));
        auto resting = runtime::sleep_until{until, next};
        co_await resting;
        of.collect();
        action = process::advance(ladder, of, process::stop_event::of(of.scan()), time);
    }
    co_return ladder.alive();
}

runtime::task<delivery> command_sink::deliver(const notice& what, runtime::scope& under) {
    const loop_clock time{loop_};
    const time_point began = time.now();
    auto started = machine_.spawn(command_for(what));
    if (!started) {
        const errc code = started.error().code;
        co_return delivery{code, std::string{describe(code).title}, time.now() - began};
    }
    process::unit& tree = **started;
    {
        runtime::scope running{under, bound::after(loop_.now(), rules_.timeout, "sink.timeout")};
        auto waiting = until_exit(tree, running);
        co_await waiting;
    }
    const auto ended = tree.exited();
    const time_point over = time.now();
    if (!tree.empty()) {
        auto ending = end_tree(tree);
        const std::size_t left = co_await ending;
        if (left > 0) {
            co_return delivery{
                errc::command_hung,
                std::to_string(left) + " of its processes could not be killed",
                over - began
            };
        }
    }
    if (!ended) {
        co_return delivery{errc::own_timeout, "did not end in time and was killed", over - began};
    }
    co_return delivery{
        ended->clean() ? std::nullopt : std::optional{errc::command_failed},
        process::describe(*ended),
        over - began
    };
}

std::unique_ptr<sink> make_sink(
    runtime::loop& on,
    runtime::network& through,
    process::host& machine,
    const policy::sink_policy& rules,
    const source& who,
    std::uint64_t seed
) {
    if (rules.webhook.empty()) {
        return std::make_unique<command_sink>(on, machine, rules, who);
    }
    return std::make_unique<webhook>(on, through, rules, who, seed);
}

}  // namespace curfew::alerts
