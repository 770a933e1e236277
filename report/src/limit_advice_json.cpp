#include "json.hpp"
#include <curfew/core/rfc3339.hpp>
#include <curfew/report/limit_advice.hpp>

#include <cmath>

namespace curfew::report {
namespace {

using policy::json_text;

double rounded(double value) noexcept {
    return std::round(value * 1e6) / 1e6;
}

void time(json_text& to, std::string_view name, const std::optional<duration>& value) {
    to.key(name);
    value ? to.value(milliseconds(*value)) : to.null();
}

void write(json_text& to, const statistics::advice_evidence& of) {
    const auto& quantile = of.quantile;
    to.object().member("q", quantile.q).member("completed", quantile.completed);
    to.member("cut", quantile.cut).member("hung", of.hung);
    time(to, "value_ms", quantile.value);
    to.key("at_least_ms");
    quantile.value ? to.null() : to.value(milliseconds(quantile.at_least));
    time(to, "lower_ms", quantile.lower);
    time(to, "upper_ms", quantile.upper);
    to.member("confidence", quantile.confidence).member("thin", quantile.thin).end();
}

void write(json_text& to, const statistics::advice_replay& of) {
    to.object().member("calls", of.calls).member("false_timeouts", of.false_timeouts);
    to.member("unknown", of.unknown).member("rate", rounded(of.rate));
    to.member("lower", rounded(of.interval.lower))
        .member("upper", rounded(of.interval.upper))
        .end();
}

void write(json_text& to, const seen_history& of) {
    const std::chrono::duration<double> length{of.length};
    to.key("seen").object().member("seconds", length.count());
    to.member("clock_hours", std::uint64_t{of.clock_hours});
    to.member("hours_with_calls", std::uint64_t{of.hours_with_calls});
    to.member("enough_to_lower", of.is_long_enough_to_lower()).end();
}

void write(json_text& to, std::string_view name, const std::optional<trend_change>& change) {
    to.key(name);
    if (!change) {
        to.null();
        return;
    }
    to.object().member("at", rfc3339(change->at));
    to.member("measure", to_string(change->of));
    to.member("rose", change->point.after > change->point.before).end();
}

void write(json_text& to, const advised_limit& of) {
    to.object().member("surface", to_string(of.where)).member("name", of.name).key("key");
    of.key.empty() ? to.null() : to.value(of.key);
    time(to, "in_force_ms", of.in_force);
    time(to, "ran_under_ms", of.ran_under);
    to.member("advised_ms", milliseconds(of.advice.limit));
    to.member(
        "reason",
        of.mostly_bodies()           ? "mostly_bodies"
        : of.held_by_contention()    ? "contention"
        : of.held_by_young_history() ? "young_history"
                                     : to_string(of.advice.reason)
    );
    to.member("new", of.is_new());
    to.member("at_floor", of.advice.at_floor).member("at_cap", of.advice.at_cap);
    to.member("since", rfc3339(of.since));
    write(to, of.seen);
    write(to, "cut_at", of.cut_at);
    write(to, "recent", of.recent);
    to.key("calm");
    write(to, of.advice.calm);
    to.key("calm_replay");
    write(to, of.advice.calm_replay);
    to.key("pressed");
    write(to, of.advice.pressed);
    to.key("pressed_replay");
    write(to, of.advice.pressed_replay);
    to.key("pressure_factor");
    of.advice.pressure_factor ? to.value(rounded(*of.advice.pressure_factor)) : to.null();
    to.member("cut_by_callers", of.cut_by_callers).member("body_share", rounded(of.body_share));
    to.end();
}

void write(json_text& to, const written_advice& of) {
    to.object().member("file", of.file).member("written", of.written).key("lines").array();
    for (const auto& line : of.edited.lines) {
        to.object().member("line", static_cast<std::uint64_t>(line.line)).key("before");
        line.before ? to.value(*line.before) : to.null();
        to.member("after", line.after).end();
    }
    to.end().key("refused").array();
    for (const auto& each : of.edited.refused) {
        to.object().member("key", each.what.key);
        to.member("advised_ms", milliseconds(each.what.value));
        to.member("why", each.why.sentence).member("hint", each.why.hint).end();
    }
    to.end().end();
}

}  // namespace

std::string to_json(const limit_advice& of, const std::optional<written_advice>& written) {
    json_text to;
    to.object().member("from", rfc3339(of.when.from)).member("to", rfc3339(of.when.to));
    to.member("ledger", of.path).key("operations").array();
    for (const auto& each : of.operations) {
        write(to, each);
    }
    to.end().key("shared");
    if (of.shared) {
        to.object().member("key", "request.timeout");
        to.member("in_force_ms", milliseconds(of.shared->in_force));
        to.member("advised_ms", milliseconds(of.shared->limit));
        time(to, "too_low_ms", of.shared->too_low);
        to.member("decided_by", of.shared->decided_by);
        write(to, of.shared->seen);
        to.end();
    } else {
        to.null();
    }
    to.key("write");
    if (written) {
        write(to, *written);
    } else {
        to.null();
    }
    return to.end().take();
}

}  // namespace curfew::report
