#include "terminal_settings.hpp"
#include <curfew/policy/duration_text.hpp>
#include <curfew/process/python_hook.hpp>
#include <curfew/runner/run.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <utility>

namespace curfew::runner {

namespace {

using policy::severity;

std::string list_of(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& each : names) {
        text += (text.empty() ? "" : ", ") + each;
    }
    return text;
}

std::string shown(duration length) {
    return policy::format_duration(std::chrono::round<std::chrono::milliseconds>(length));
}

std::string end_of(const attempt_report& one) {
    return one.ended ? describe(*one.ended) : "its end was not waited for";
}

/// What is told of an attempt when it is over.
void tell_of(const attempt_report& one, const run_order& what, const teller& tell) {
    if (one.timed_out) {
        tell(
            severity::error,
            "timed out: " + shown(one.ran) + " exceeded limit " + shown(what.rules.timeout) + " (" +
                what.limit_name + "); " + (one.forced ? "killed" : "ended") + ", run " +
                what.run_id()
        );
    }
    if (!one.leaks.empty() && what.rules.leak != policy::leak_rule::ignore) {
        const bool fails = what.rules.leak == policy::leak_rule::fail;
        tell(
            fails ? severity::error : severity::warning,
            "it ended and left running, and they were ended: " + list_of(one.leaks)
        );
    }
    if (one.ended && one.ended->unknown) {
        tell(
            severity::error,
            std::string{describe(errc::keeper_lost).title} + ' ' +
                std::string{describe(errc::keeper_lost).remedy}
        );
    }
    if (one.survivors > 0) {
        tell(
            severity::error,
            std::to_string(one.survivors) + " could not be ended: " + list_of(one.survivor_names)
        );
    }
}

attempt_plan plan_of(
    const run_order& what, const process::python_hook* python, const teller& tell
) {
    attempt_plan plan;
    plan.what.arguments = what.command;
    plan.what.transparent = true;
    plan.what.group = process::grouping::our_group;
    plan.what.environment.emplace_back("CURFEW_RUN_ID", what.run_id());
    plan.limits = {what.rules.timeout, what.rules.warn, what.rules.grace};
    plan.hang_id = what.run_id();
    plan.hang_directory = what.hang_directory;
    if (python != nullptr) {
        python->arm(plan.what);
        plan.python_stacks = python->stacks();
    }
    plan.runs_long = [&tell, limit = what.rules.timeout](duration ran) {
        tell(
            severity::warning,
            "still running after " + shown(ran) + ", the limit is " + shown(limit)
        );
    };
    plan.hung = [&tell](const process::stack_dump& seen) {
        tell(severity::error, seen.headline);
        if (!seen.path.empty()) tell(severity::error, "its stacks: " + seen.path);
    };
    return plan;
}

}  // namespace

std::string run_order::name() const {
    if (!rules.name.empty()) return rules.name;
    const auto& program = command.front();
    return program.substr(program.rfind('/') + 1);
}

std::string run_order::run_id() const {
    const auto text = format_trace(id);
    return {text.begin(), text.end()};
}

bool run_report::passed(const attempt_report& one, const policy::kind_policy& rules) noexcept {
    if (one.timed_out) return rules.on_timeout == policy::timeout_verdict::pass;
    if (!one.leaks.empty() && rules.leak == policy::leak_rule::fail) return false;
    return one.ended && one.ended->clean();
}

bool run_report::flaky(const policy::kind_policy& rules) const noexcept {
    return attempts.size() > 1 && passed(attempts.back(), rules);
}

run_report run(
    process::host& machine,
    const run_order& what,
    signal_inbox& signals,
    const clock& time,
    const teller& tell
) {
    run_report made;
    const auto python = process::python_hook::make();
    for (std::uint32_t tried = 0; tried <= what.rules.retries; ++tried) {
        auto plan = plan_of(what, python ? python->get() : nullptr, tell);
        const terminal_settings before;
        auto one = run_attempt(machine, std::move(plan), signals, time);
        if (one && (one->forced || one->timed_out || one->left)) before.restore();
        if (!one) {
            made.not_started = one.error();
            return made;
        }
        tell_of(*one, what, tell);
        made.attempts.push_back(*std::move(one));
        const auto& last = made.attempts.back();
        const bool is_told_to_end = last.ended_by != 0 || last.left || last.interrupted;
        if (is_told_to_end || run_report::passed(last, what.rules)) break;
        if (tried < what.rules.retries) {
            tell(
                severity::warning,
                "attempt " + std::to_string(tried + 1) + " of " +
                    std::to_string(what.rules.retries + 1) +
                    " failed: " + (last.timed_out ? "its time was over" : end_of(last))
            );
        }
    }
    if (made.flaky(what.rules)) {
        tell(
            severity::warning, "flaky: it passed in attempt " + std::to_string(made.attempts.size())
        );
    }
    return made;
}

int exit_code_of(const run_report& made, const policy::kind_policy& rules) noexcept {
    if (made.not_started) {
        const auto code = describe(made.not_started->code).exit_code;
        constexpr int ours = 125;
        return code == 126 || code == 127 ? code : ours;
    }
    const auto* last = made.last();
    if (last == nullptr) return describe(errc::internal).exit_code;
    if (last->timed_out) {
        return rules.on_timeout == policy::timeout_verdict::pass
                   ? 0
                   : describe(errc::own_timeout).exit_code;
    }
    constexpr int killed = 128 + SIGKILL;
    if (!last->ended) return killed;
    if (last->ended->clean() && !run_report::passed(*last, rules)) return 1;
    return last->ended->unknown ? describe(errc::keeper_lost).exit_code : last->ended->shell_code();
}

cause_kind cause_of(const run_report& made, const policy::kind_policy& rules) noexcept {
    const auto* last = made.last();
    if (made.not_started || last == nullptr) return cause_kind::failed;
    if (last->timed_out) return cause_kind::own_timeout;
    if (last->ended_by != 0 || last->left) return cause_kind::cancelled;
    if (last->ended && last->ended->unknown) return cause_kind::failed;
    if (last->ended && last->ended->clean() && !run_report::passed(*last, rules)) {
        return cause_kind::failed;
    }
    return cause_kind::completed;
}

std::optional<errc> error_of(const run_report& made) noexcept {
    if (made.not_started) return made.not_started->code;
    const auto* last = made.last();
    const bool is_lost = last != nullptr && last->ended && last->ended->unknown;
    return is_lost ? std::optional{errc::keeper_lost} : std::nullopt;
}

namespace {

outcome outcome_of(const run_report& made, const policy::kind_policy& rules) noexcept {
    const auto* last = made.last();
    if (made.not_started || last == nullptr) return outcome::failure;
    if (last->timed_out) return outcome::timeout;
    if (last->ended_by != 0 || last->left) return outcome::cancelled;
    return run_report::passed(*last, rules) ? outcome::success : outcome::failure;
}

std::string said_of(const run_report& made) {
    if (made.not_started) return std::string{describe(made.not_started->code).title};
    const auto& last = *made.last();
    if (last.timed_out) return last.hung_in.empty() ? "its time was over" : last.hung_in;
    std::string said = end_of(last);
    if (!last.leaks.empty()) said += "; it left running: " + list_of(last.leaks);
    return said;
}

}  // namespace

void with_event(
    const run_report& made,
    const run_order& what,
    time_point now,
    const std::function<void(const event&)>& use
) {
    const std::string name = what.name();
    const std::string said = said_of(made);
    const std::string attempts = std::to_string(made.attempts.size());
    const std::array attributes{
        event::attribute{"said", said},
        event::attribute{"attempts", attempts},
    };
    event told;
    told.where = surface::command;
    told.name = name;
    told.ended = outcome_of(made, what.rules);
    told.why.kind = cause_of(made, what.rules);
    if (told.why.kind == cause_kind::own_timeout) {
        told.why.limit_name = what.limit_name;
        told.why.limit = what.rules.timeout;
    }
    told.error = error_of(made);
    told.limit = what.rules.timeout;
    std::uint8_t number = 0;
    for (const auto& each : made.attempts) {
        ++number;
        told.account.add(stage::run, each.ran, made.attempts.size() > 1 ? number : 0);
        told.took += each.ran;
    }
    told.started = now - told.took;
    told.trace = what.id;
    told.attributes = attributes;
    use(told);
}

}  // namespace curfew::runner
