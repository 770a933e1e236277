#include "words.hpp"
#include <curfew/core/rfc3339.hpp>
#include <curfew/load/figures.hpp>
#include <curfew/policy/duration_text.hpp>
#include <curfew/report/explanation.hpp>

#include <algorithm>

namespace curfew::report {
namespace {

using load::count_figure;
using load::time_figure;

std::string line(std::string_view name, const std::string& text) {
    std::string head = "  " + std::string{name};
    head.resize(std::max<std::size_t>(head.size() + 1, 14), ' ');
    return head + text + '\n';
}

std::string limit_line(const explanation& of) {
    const auto& what = of.what;
    if (what.what.limit_name.empty()) {
        return what.limit > duration::zero()
                   ? line("limit", policy::duration_figure(what.limit) + ", not reached")
                   : "";
    }
    std::string text = what.what.limit_name;
    if (what.cause_limit > duration::zero()) {
        text += " = " + policy::duration_figure(what.cause_limit);
    } else if (of.source && !of.source->value.empty()) {
        text += " = " + of.source->value;
    }
    if (!of.source) {
        text += " (which layer said it was not recorded)";
    } else if (of.source->layer == of.source->origin) {
        text += " (" + of.source->layer + " default)";
    } else {
        text += " (said by " + of.source->origin + ", layer " + of.source->layer + ")";
    }
    return line("limit", text);
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

std::string around_lines(const explanation& of) {
    const auto& around = of.around;
    std::string out = line("same name", minute_line(around) + ", in its minute");
    out += line(
        "breaker",
        around.refused_by_breaker > 0
            ? "open: it refused " + count_figure(around.refused_by_breaker) + " in its minute"
            : "refused nothing in its minute"
    );
    out += line(
        "queue",
        time_figure(around.queue_mean) + " mean wait in its minute, " + count_figure(around.shed) +
            " shed"
    );
    out += line(
        "others",
        count_figure(around.others) + " other operations in its minute, of which " +
            count_figure(around.others_failed) + " failed or timed out"
    );
    if (around.usual_count > 0) {
        out += line(
            "usual",
            "P50 " + time_figure(around.usual_p50) + ", P99 " + time_figure(around.usual_p99) +
                ", longest " + time_figure(around.usual_max) + " of " +
                count_figure(around.usual_count) + " successes in the hour around it"
        );
    }
    return out;
}

std::string apart(ledger::wall_time at, ledger::wall_time from) {
    return time_figure(at < from ? from - at : at - from) + (at < from ? " before" : " after");
}

std::string backend_lines(const explanation& of) {
    constexpr std::size_t shown = 6;
    std::string out;
    const std::size_t skipped = of.backend.size() > shown ? of.backend.size() - shown : 0;
    if (skipped > 0) {
        out += line("backend", "... " + std::to_string(skipped) + " earlier steps");
    }
    for (std::size_t i = skipped; i < of.backend.size(); ++i) {
        const auto& step = of.backend[i];
        std::string text =
            step.what.name + ' ' + apart(step.started, of.what.started) + " it began";
        for (const auto& [key, value] : step.attributes) {
            text += key == "said" ? ": " + clean(value) : "";
        }
        out += line("backend", text);
    }
    if (of.deployed) {
        out += line(
            "deploy",
            '"' + clean(of.deployed->text) + "\" " + apart(of.deployed->at, of.what.started)
        );
    }
    return out;
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
    out += "\nwhat else was true then\n" + around_lines(of) + backend_lines(of);
    if (!of.advice.empty()) {
        out += "\nwhat to do\n";
        for (const auto& each : of.advice) {
            out += "  - " + each + '\n';
        }
    }
    return out;
}

}  // namespace curfew::report
