#include <curfew/alerts/notice.hpp>
#include <curfew/core/rfc3339.hpp>
#include <curfew/policy/json_text.hpp>

namespace curfew::alerts {

namespace {

using policy::json_text;

std::uint64_t whole_ms(duration time) noexcept {
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(time).count();
    return ms > 0 ? static_cast<std::uint64_t>(ms) : 0;
}

std::string_view severity_of(policy::urgency level) noexcept {
    switch (level) {
        case policy::urgency::info:
            return "info";
        case policy::urgency::warning:
            return "warning";
        case policy::urgency::critical:
            return "critical";
    }
    return "warning";
}

void write(json_text& to, const notice& of, const change& what) {
    const bool in_operations = policy::is_of_operation(what.rule.due.what);
    to.object();
    to.member("alert", what.now.alert);
    to.member("state", state_told(of, what));
    to.member("repeated", what.what == transition::repeated);
    to.member("severity", severity_of(what.rule.severity));
    to.member("when", policy::print(what.rule.due));
    to.key("surface");
    in_operations ? to.value(to_string(what.rule.where)) : to.null();
    to.key("operation");
    what.now.operation.empty() ? to.null() : to.value(what.now.operation);
    to.member("figure", what.now.figure_text);
    to.member("calls", what.now.measured.calls);
    to.member("firing_ms", whole_ms(what.now.for_so_long));
    to.member("text", sentence_of(what));
    to.end();
}

}  // namespace

std::string_view state_told(const notice& of, const change& what) noexcept {
    if (of.test) {
        return "test";
    }
    return what.what == transition::resolved ? "resolved" : "firing";
}

std::string to_json(const notice& what, const source& who) {
    json_text to;
    to.object().member("version", std::uint64_t{1}).member("id", what.id);
    to.member("at", rfc3339(what.at)).member("test", what.test);
    to.key("source").object().member("program", "curfew").member("version", who.version);
    to.member("environment", who.environment).member("host", who.host);
    to.member("process", static_cast<std::uint64_t>(who.process)).end();
    to.key("alerts").array();
    for (const change& each : what.changes) {
        write(to, what, each);
    }
    to.end().member("left_out", std::uint64_t{what.left_out});
    return to.end().take();
}

std::string sentence_of(const change& what) {
    std::string text = what.now.alert;
    switch (what.what) {
        case transition::none:
            return "a test of the alert " + text + ": nothing is wrong";
        case transition::fired:
            text += " is firing: ";
            break;
        case transition::repeated:
            text += " is still firing, for " +
                    policy::format_duration(
                        std::chrono::floor<std::chrono::seconds>(what.now.for_so_long)
                    ) +
                    ": ";
            break;
        case transition::relapsed:
            text += " is firing again: ";
            break;
        case transition::pending:
        case transition::calmed:
        case transition::clearing:
        case transition::resolved:
            text += " is ";
            text += to_string(what.what);
            text += ": ";
            break;
    }
    text += policy::print(what.rule.due) + " (";
    if (!what.now.operation.empty()) {
        text += what.now.operation + ": ";
    }
    return text + what.now.figure_text + ')';
}

change test_change(const policy::alert_policy& rule) {
    change made;
    made.now.alert = rule.name;
    made.now.operation = rule.operation;
    made.now.figure_text = "a test of the sink: nothing is wrong";
    made.rule = rule;
    return made;
}

}  // namespace curfew::alerts
