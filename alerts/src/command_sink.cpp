#include <curfew/alerts/sink.hpp>
#include <curfew/process/errand.hpp>
#include <curfew/runtime/loop_clock.hpp>

#include <algorithm>
#include <utility>

namespace curfew::alerts {

namespace {

constexpr duration start_most = std::chrono::seconds{1};

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

runtime::task<delivery> command_sink::deliver(const notice& what, runtime::scope& under) {
    const runtime::loop_clock time{loop_};
    const time_point began = time.now();
    runtime::scope running{under, bound::after(loop_.now(), rules_.timeout, "sink.timeout")};
    auto sending = process::run_errand(machine_, command_for(what), running);
    const auto sent = co_await sending;
    const duration took = time.now() - began;
    if (!sent) {
        const errc code = sent.error().code;
        co_return delivery{code, std::string{describe(code).title}, took};
    }
    if (sent->abandoned > 0) {
        co_return delivery{
            errc::command_hung,
            std::to_string(sent->abandoned) + " of its processes could not be killed",
            took
        };
    }
    if (!sent->ended) {
        co_return delivery{errc::own_timeout, "did not end in time and was killed", took};
    }
    co_return delivery{
        sent->ended->clean() ? std::nullopt : std::optional{errc::command_failed},
        process::describe(*sent->ended),
        took
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
