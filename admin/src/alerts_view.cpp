#include "alerts_status.hpp"
#include "clean_text.hpp"
#include <curfew/admin/alerts_view.hpp>
#include <curfew/policy/duration_text.hpp>

#include <algorithm>
#include <array>

namespace curfew::admin {

namespace {

using alerts::standing;
using alerts::state;
using alerts::summary;

std::int64_t whole_ms(duration time) {
    return std::chrono::ceil<std::chrono::milliseconds>(time).count();
}

std::string_view severity_of(policy::urgency level) noexcept {
    constexpr std::array<std::string_view, 3> names{"info", "warning", "critical"};
    return names[static_cast<std::size_t>(level)];
}

bool is_active(const standing& what) noexcept {
    return what.is == state::firing || what.is == state::clearing;
}

std::uint64_t active_in(const summary& of) noexcept {
    return static_cast<std::uint64_t>(std::ranges::count_if(of.operations, is_active));
}

std::optional<std::string> shown(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional{text};
}

void write(json_writer& out, const standing& what) {
    out.begin_object();
    out.member("operation", shown(what.operation));
    out.member("state", to_string(what.is));
    out.member("for_ms", whole_ms(what.for_so_long));
    out.member("calls", what.measured.calls);
    out.member("figure", what.figure_text);
    out.end_object();
}

void write(json_writer& out, const summary& what) {
    out.begin_object();
    out.member("alert", what.rule.name);
    out.member("when", policy::print(what.rule.due));
    out.member("severity", severity_of(what.rule.severity));
    out.member("surface", to_string(what.rule.where));
    out.member("state", to_string(worst_of(what).is));
    out.member("silenced", what.silenced);
    const bool for_a_while = what.silenced_for > duration::zero();
    out.member(
        "silenced_ms", for_a_while ? std::optional{whole_ms(what.silenced_for)} : std::nullopt
    );
    out.member("folds", what.folds);
    out.key("operations");
    out.begin_array();
    for (const standing& each : what.operations) {
        write(out, each);
    }
    out.end_array();
    out.end_object();
}

void write_sinks(json_writer& out, const alerts::status& now) {
    out.begin_object();
    for (const auto& [name, numbers] : now.sinks) {
        out.key(name);
        out.begin_object();
        out.member("failing", numbers.failing);
        out.member("sent", numbers.sent);
        out.member("failed", numbers.failed);
        out.member("dropped", numbers.dropped);
        out.member("waiting", numbers.waiting);
        out.member("said", shown(numbers.said));
        out.end_object();
    }
    out.end_object();
}

std::string padded(std::string_view text, std::size_t width) {
    std::string made{text};
    made.resize(std::max(width, made.size()), ' ');
    return made;
}

std::string line_of(const standing& what) {
    std::string text = padded(to_string(what.is), 9);
    if (is_active(what) || what.is == state::pending) {
        text += " for " +
                policy::format_duration(std::chrono::floor<std::chrono::seconds>(what.for_so_long));
    }
    return text + "  " + (what.operation.empty() ? "" : clean_text(what.operation) + ": ") +
           clean_text(what.figure_text);
}

std::string text_of(const summary& what, bool serving) {
    std::string text =
        padded(what.rule.name, 16) + ' ' + padded(severity_of(what.rule.severity), 9);
    text += policy::print(what.rule.due);
    if (what.silenced) {
        text += what.silenced_for > duration::zero()
                    ? "  (silenced for " +
                          policy::format_duration(
                              std::chrono::ceil<std::chrono::seconds>(what.silenced_for)
                          ) +
                          " more)"
                    : "  (silent)";
    }
    text += '\n';
    if (!serving) {
        return text;
    }
    const auto calm = [](const standing& each) {
        return each.is == state::inactive || each.is == state::no_data;
    };
    const auto calm_ones = std::ranges::count_if(what.operations, calm);
    if (std::cmp_equal(calm_ones, what.operations.size())) {
        text += "  " + line_of(worst_of(what));
        if (calm_ones > 1) text += " (and " + std::to_string(calm_ones - 1) + " more)";
        return text + '\n';
    }
    for (const standing& each : what.operations) {
        if (!calm(each)) text += "  " + line_of(each) + '\n';
    }
    return text;
}

}  // namespace

std::vector<std::string> alert_problems(const alerts::status& now) {
    std::vector<std::string> problems;
    for (const summary& each : now.alerts) {
        if (each.silenced || active_in(each) == 0) {
            continue;
        }
        const standing& worst = worst_of(each);
        std::string text = "alert " + each.rule.name + " fires: ";
        if (active_in(each) > 1) {
            text += std::to_string(active_in(each)) + " operations, such as ";
        }
        problems.push_back(
            text + (worst.operation.empty() ? "" : worst.operation + ": ") + worst.figure_text
        );
    }
    for (const auto& [name, numbers] : now.sinks) {
        if (numbers.failing) {
            problems.push_back("alerts do not reach the sink " + name + ": " + numbers.said);
        }
    }
    return problems;
}

void write_alerts(json_writer& out, const alerts::status& now) {
    out.key("alerts");
    out.begin_object();
    for (const summary& each : now.alerts) {
        out.key(each.rule.name);
        out.begin_object();
        out.member("state", to_string(worst_of(each).is));
        out.member("firing", active_in(each));
        out.member("silenced", each.silenced);
        out.member("operation", shown(worst_of(each).operation));
        out.member("figure", worst_of(each).figure_text);
        out.end_object();
    }
    out.end_object();
    out.key("alert_sinks");
    write_sinks(out, now);
}

void write_alerts(exposition& out, const alerts::status& now) {
    using enum metric_type;
    const auto gauge_of = [&](std::string_view name, std::string_view help, auto value_of) {
        out.family(name, gauge, help);
        for (const summary& each : now.alerts) {
            out.sample(
                format_labels(
                    {{"alert", each.rule.name}, {"severity", severity_of(each.rule.severity)}}
                ),
                std::uint64_t{value_of(each)}
            );
        }
    };
    gauge_of("curfew_alert_firing", "Operations for which the alert fires.", active_in);
    gauge_of(
        "curfew_alert_no_data",
        "1 where nothing was measured: neither well nor ill.",
        [](const summary& each) { return worst_of(each).is == state::no_data ? 1U : 0U; }
    );
    gauge_of("curfew_alert_silenced", "1 while nobody is told.", [](const summary& each) {
        return each.silenced ? 1U : 0U;
    });
    out.family("curfew_alert_notices_total", counter, "Notices by sink and what became of them.");
    for (const auto& [name, numbers] : now.sinks) {
        const auto labels = format_labels({{"sink", name}});
        out.sample(labels, {"result", "sent"}, numbers.sent);
        out.sample(labels, {"result", "failed"}, numbers.failed);
    }
    out.family(
        "curfew_alert_dropped_total", counter, "Changes that did not fit into the queue of a sink."
    );
    for (const auto& [name, numbers] : now.sinks) {
        out.sample(format_labels({{"sink", name}}), numbers.dropped);
    }
}

std::string render_alerts(const alerts::status& now, bool serving) {
    json_writer out;
    out.begin_object();
    out.member("serving", serving);
    out.key("alerts");
    out.begin_array();
    for (const summary& each : now.alerts) {
        write(out, each);
    }
    out.end_array();
    out.key("sinks");
    write_sinks(out, now);
    out.end_object();
    return std::move(out).take() + '\n';
}

std::string render_alerts_text(const alerts::status& now, bool serving) {
    std::string text;
    if (now.alerts.empty()) {
        text = "the policy has no alerts\n";
    }
    for (const summary& each : now.alerts) {
        text += text_of(each, serving);
    }
    for (const auto& [name, numbers] : now.sinks) {
        text += "sink " + padded(name, 11) + ' ';
        if (!serving) {
            text += "\n";
            continue;
        }
        text += std::to_string(numbers.sent) + " sent, " + std::to_string(numbers.failed) +
                " failed, " + std::to_string(numbers.dropped) + " dropped";
        if (!numbers.said.empty()) {
            text += "; the last one: " + clean_text(numbers.said);
        }
        text += '\n';
    }
    return text;
}

}  // namespace curfew::admin
