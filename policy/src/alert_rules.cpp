#include "building.hpp"
#include "value_text.hpp"
#include <curfew/policy/suggest.hpp>
#include <curfew/policy/webhook_url.hpp>

#include <algorithm>

namespace curfew::policy {

namespace {

/// Where in the file the text of a key is, from its `at`th byte on: behind the quote.
origin inside(origin of, std::size_t at) {
    if (of.at.column > 0) of.at.column += 1 + at;
    return of;
}

/// Four fifths, or five quarters from below: far enough not to flap, near enough to end.
std::int64_t usual_clear(const condition& due) {
    const bool from_below = due.how == relation::under || due.how == relation::at_most;
    if (measure_of(due.what) == measure::count) return due.value;
    return from_below ? due.value + due.value / 4 : due.value - due.value / 5;
}

void read_clear(building& of, alert_policy& alert, const std::string& prefix) {
    const auto where = of.setter(prefix + "clear");
    const auto parsed = parse_value(alert.due.what, alert.clear);
    if (!parsed) {
        of.wrong().add(
            inside(where, 0),
            "`clear` of the alert `" + alert.name + "`: " + parsed.error().sentence,
            parsed.error().hint
        );
        return;
    }
    const bool from_below = alert.due.how == relation::under || alert.due.how == relation::at_most;
    alert.clear_at = *parsed;
    if (from_below ? *parsed >= alert.due.value : *parsed <= alert.due.value) return;
    of.wrong().add(
        inside(where, 0),
        "`clear` of the alert `" + alert.name + "` (" + alert.clear + ") is " +
            (from_below ? "below" : "above") + " the value it is due at (" +
            print_value(alert.due.what, alert.due.value) + ")",
        "it would be over before it began"
    );
}

void read_condition(building& of, alert_policy& alert, const std::string& prefix) {
    if (alert.when.empty()) {
        of.wrong().add(
            of.declared("alert." + alert.name),
            "the alert `" + alert.name + "` does not say `when`",
            "write: when = \"timeout_rate > 1% for 5m\""
        );
        return;
    }
    auto parsed = parse_condition(alert.when);
    if (!parsed) {
        auto& [what, at] = parsed.error();
        of.wrong().add(inside(of.setter(prefix + "when"), at), what.sentence, what.hint);
        return;
    }
    alert.due = *parsed;
    alert.clear_at = usual_clear(alert.due);
    if (!alert.clear.empty()) read_clear(of, alert, prefix);
    for (const auto* key : {"operation", "surface", "window", "min_calls"}) {
        if (is_of_operation(alert.due.what) || !of.is_set(prefix + key)) continue;
        of.wrong().add(
            of.setter(prefix + key),
            "`" + std::string{to_string(alert.due.what)} + "` is of the process, so `" + key +
                "` of the alert `" + alert.name + "` means nothing",
            "leave it out"
        );
    }
}

void check_sink_names(building& of, const alert_policy& alert, const std::string& prefix) {
    std::vector<std::string_view> known;
    for (const auto& sink : of.made.sinks) {
        known.push_back(sink.name);
    }
    for (const auto& name : alert.sinks) {
        if (std::ranges::find(known, name) != known.end()) continue;
        const auto near = closest(name, known);
        of.wrong().add(
            of.setter(prefix + "sinks"),
            "the alert `" + alert.name + "` names the sink `" + name + "`, which does not exist",
            near ? "did you mean `" + std::string{*near} + "`?"
                 : "write a section [sink." + name + "]"
        );
    }
}

void check_sink(building& of, const sink_policy& sink) {
    const auto prefix = "sink." + sink.name + '.';
    if (sink.webhook.empty() == sink.command.empty()) {
        of.wrong().add(
            of.declared("sink." + sink.name),
            "the sink `" + sink.name + "` is " +
                (sink.webhook.empty() ? "neither a webhook nor a command"
                                      : "both a webhook and a command"),
            "write either `webhook` or `command`"
        );
        return;
    }
    if (!sink.command.empty() && sink.command.front().empty()) {
        of.wrong().add(of.setter(prefix + "command"), "a command has a name", {});
    }
    if (!sink.token.empty() && sink.webhook.empty()) {
        of.wrong().add(of.setter(prefix + "token"), "a token is for a webhook", "leave it out");
    }
    if (sink.webhook.empty()) return;
    if (const auto url = parse_webhook(sink.webhook); !url) {
        of.wrong().add(
            of.setter(prefix + "webhook"),
            "`" + prefix + "webhook`: " + url.error().sentence,
            url.error().hint
        );
    }
}

}  // namespace

std::expected<webhook_url, text_problem> parse_webhook(std::string_view text) {
    constexpr std::string_view scheme = "http://";
    if (text.starts_with("https://")) {
        return std::unexpected{text_problem{
            "a webhook is sent over http only, not over https",
            "let a command send it: command = [\"curl\", \"--fail\", ...] (docs/alerts.md)"
        }};
    }
    const auto rest = text.substr(std::min(scheme.size(), text.size()));
    const auto slash = text.starts_with(scheme) ? rest.find_first_of("/?#") : rest.npos;
    const auto authority = text.substr(0, slash == rest.npos ? slash : scheme.size() + slash);
    auto where = parse_url(authority);
    if (!where) return std::unexpected{std::move(where.error())};
    webhook_url made{*where};
    if (slash == rest.npos) return made;
    made.target = rest.substr(slash);
    const bool visible =
        std::ranges::all_of(made.target, [](char c) { return c > 0x20 && c < 0x7f; });
    if (!made.target.starts_with('/') || !visible || made.target.find('#') != rest.npos) {
        return std::unexpected{text_problem{
            "its path has a space, a # or an unprintable character, or does not begin with /", {}
        }};
    }
    return made;
}

void check_alerts(building& of) {
    for (auto& alert : of.made.alerts) {
        const auto prefix = "alert." + alert.name + '.';
        read_condition(of, alert, prefix);
        check_sink_names(of, alert, prefix);
    }
    for (const auto& sink : of.made.sinks) {
        check_sink(of, sink);
    }
}

}  // namespace curfew::policy
