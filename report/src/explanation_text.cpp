#include "backend_steps.hpp"
#include "limit_source.hpp"
#include "stage_advice.hpp"
#include "words.hpp"
#include <curfew/core/rfc3339.hpp>
#include <curfew/load/figures.hpp>
#include <curfew/policy/duration_text.hpp>
#include <curfew/report/explanation.hpp>

#include <algorithm>
#include <utility>

namespace curfew::report {
namespace {

using load::count_figure;
using load::time_figure;

std::string line(std::string_view name, const std::string& text) {
    std::string head = "  " + std::string{name};
    head.resize(std::max<std::size_t>(head.size() + 1, 14), ' ');
    return head + text + '\n';
}

/// Of a limit that did not end it: which key gave it is not recorded.
std::string kept_limit(const ledger::kept_operation& what) {
    const std::string text = policy::duration_figure(what.limit);
    return what.took < what.limit ? text + ", not reached"
                                  : text + " for the head of the answer, which came in time";
}

std::string source_text(const explanation& of) {
    if (!of.source) {
        const bool is_key = is_policy_key(of.what.what.limit_name);
        return is_key ? " (which layer said it was not recorded)" : "";
    }
    if (of.source->layer == "caller") {
        return " (the caller's, in its request)";
    }
    if (of.source->layer == of.source->origin) {
        return " (" + of.source->layer + " default)";
    }
    return " (said by " + clean(of.source->origin) + ", layer " + of.source->layer + ")";
}

std::string limit_line(const explanation& of) {
    const auto& what = of.what;
    if (what.what.limit_name.empty()) {
        return what.limit > duration::zero() ? line("limit", kept_limit(what)) : "";
    }
    std::string text = clean(what.what.limit_name);
    if (what.cause_limit > duration::zero()) {
        text += " = " + policy::duration_figure(what.cause_limit);
    } else if (of.source && !of.source->value.empty()) {
        text += " = " + of.source->value;
    }
    return line("limit", text + source_text(of));
}

std::string account_line(const ledger::kept_operation& what) {
    std::string text;
    for (const auto& each : what.account.entries()) {
        text += text.empty() ? "" : ", ";
        text += to_string(each.what);
        text += each.number != 0 ? ' ' + std::to_string(each.number) : "";
        text += ' ' + time_figure(each.spent);
    }
    return text.empty() ? "" : line("time", text);
}

std::string identity_lines(const explanation& of) {
    std::string text;
    for (const auto& [key, value] : of.what.attributes) {
        text += (text.empty() ? "" : ", ") + clean(key) + ' ' + clean(value);
    }
    std::string out = text.empty() ? "" : line("told", text);
    const auto trace = format_trace(of.what.trace);
    out += line("trace", {trace.data(), trace.size()});
    if (of.process) {
        out += line(
            "process",
            std::to_string(of.process->process) + ", curfew " + clean(of.process->version) +
                ", since " + rfc3339(of.process->started)
        );
    }
    if (of.what.one_in > 1) {
        out += line("sampled", "it stands for " + std::to_string(of.what.one_in) + " successes");
    }
    return out;
}

std::string minute_line(const surroundings& around) {
    std::string text;
    for (std::size_t i = 0; i < around.by_outcome.size(); ++i) {
        if (around.by_outcome[i] > 0) {
            text += text.empty() ? "" : ", ";
            text += count_figure(around.by_outcome[i]) + ' ';
            text += to_string(static_cast<outcome>(i));
        }
    }
    return text;
}

std::string minute_lines(const explanation& of) {
    const auto& around = of.around;
    std::string out = line("same name", minute_line(around));
    out += line(
        "breaker",
        around.refused_by_breaker > 0 ? "refused " + count_figure(around.refused_by_breaker)
                                      : "refused nothing"
    );
    out += line(
        "queue",
        time_figure(around.queue_mean) + " mean wait, " + count_figure(around.shed) + " shed"
    );
    out += line(
        "others",
        count_figure(around.others) + " other operations, of which " +
            count_figure(around.others_failed) + " failed or timed out"
    );
    return out;
}

std::string usual_line(const surroundings& around) {
    if (around.usual_count == 0) {
        return "";
    }
    return line(
        "usual",
        "P50 " + time_figure(around.usual_p50) + ", P99 " + time_figure(around.usual_p99) +
            ", longest " + time_figure(around.usual_max) + " of " +
            count_figure(around.usual_count) + " successes in the hour around it"
    );
}

std::string backend_lines(const explanation& of) {
    constexpr std::size_t shown = 6;
    auto steps = of.backend;
    std::erase_if(steps, [&](const auto& each) {
        return of.held_back && each.what.name == of.held_back->what.name &&
               each.started == of.held_back->started;  // has a line of its own
    });
    const auto nearest = nearest_steps(std::move(steps), of.what, shown);
    std::string out;
    for (const auto& step : nearest.all) {
        const std::string said = clean(said_of(step));
        std::string text = step.what.name + ' ' + apart(step.started, of.what);
        out += line("backend", said.empty() ? text : text.append(": ").append(said));
    }
    const std::size_t more = nearest.left_out + of.backend_left_out;
    return more == 0 ? out : out + line("backend", "and " + count_figure(more) + " further steps");
}

std::string hold_line(const explanation& of) {
    if (!of.held_back) {
        return "";
    }
    return line(
        "held back", apart(of.held_back->started, of.what) + ": " + clean(said_of(*of.held_back))
    );
}

std::string policy_lines(const explanation& of) {
    constexpr auto near = std::chrono::hours{24};
    std::string out;
    if (of.policy_by && of.what.started - of.policy_by->at <= near) {
        out += line(
            "policy", "changed " + apart(of.policy_by->at, of.what) + ", " + to_text(*of.policy_by)
        );
    }
    if (of.policy_since) {
        out += line(
            "policy",
            "changed " + apart(of.policy_since->at, of.what) + ", " + to_text(*of.policy_since) +
                "; it ran under the one before"
        );
    }
    return out;
}

std::string pressure_lines(const explanation& of) {
    std::string out;
    for (const auto& each : of.pressure) {
        out += line("pressure", change_of(each) + ", " + apart(each.at, of.what));
    }
    return out;
}

std::string deploy_line(const explanation& of) {
    if (!of.deployed) {
        return "";
    }
    return line("deploy", '"' + clean(of.deployed->text) + "\" " + apart(of.deployed->at, of.what));
}

}  // namespace

std::string to_text(const explanation& of) {
    const auto& what = of.what;
    std::string out = clean(what.what.name) + ": " + how_it_ended(what.what) + " after " +
                      time_figure(what.took) + '\n';
    out += line("began", rfc3339(what.started));
    out += line("surface", std::string{to_string(what.what.where)});
    out += limit_line(of);
    if (what.what.error) {
        const auto& entry = describe(*what.what.error);
        out += line("error", std::string{entry.id} + ": " + std::string{entry.title});
    }
    out += account_line(what);
    out += identity_lines(of);
    const auto minute = ledger::begin_of(ledger::minute_of(what.started + what.took));
    out += "\nin the minute in which it ended, " + rfc3339(minute).substr(0, 16) + "Z\n" +
           minute_lines(of);
    const std::string then = usual_line(of.around) + hold_line(of) + backend_lines(of) +
                             pressure_lines(of) + policy_lines(of) + deploy_line(of);
    out += "\nwhat else was true then\n" +
           (then.empty() ? line(
                               "nothing",
                               "no success of its like, no step of a backend, no pressure, "
                               "no reload, no deploy near it"
                           )
                         : then);
    if (!of.advice.empty()) {
        out += "\nwhat to do\n";
        for (const auto& each : of.advice) {
            out += "  - " + each + '\n';
        }
    }
    return out;
}

}  // namespace curfew::report
