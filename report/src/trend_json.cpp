#include "json.hpp"
#include <curfew/core/rfc3339.hpp>
#include <curfew/report/trend.hpp>

#include <cmath>
#include <string>

namespace curfew::report {
namespace {

using policy::json_text;

constexpr std::array quantile_names{"p50_ms", "p90_ms", "p95_ms", "p99_ms"};

double rounded(double value) noexcept {
    return std::round(value * 1e6) / 1e6;
}

/// A rate a second, a share or milliseconds: as the measure's name says.
double shown(measure of, double value) noexcept {
    return rounded(of == measure::latency ? value * 1000 : value);
}

std::string name_of(measure of) {
    return std::string{to_string(of)} + (of == measure::latency ? "_ms"
                                         : of == measure::rate  ? "_per_second"
                                                                : "");
}

template <class F>
void write_column(json_text& to, std::string_view name, const operation_trend& of, F&& value) {
    to.key(name).array();
    for (const auto& slot : of.slots) {
        value(slot);
    }
    to.end();
}

void write_slots(json_text& to, const operation_trend& of) {
    to.key("slots").object();
    const auto counts = [&](std::string_view name, std::uint64_t trend_slot::* member) {
        write_column(to, name, of, [&](const trend_slot& slot) { to.value(slot.*member); });
    };
    counts("ended", &trend_slot::ended);
    counts("timed_out", &trend_slot::timed_out);
    counts("failed", &trend_slot::failed);
    counts("refused", &trend_slot::refused);
    counts("completed", &trend_slot::completed);
    for (std::size_t i = 0; i < quantile_names.size(); ++i) {
        write_column(to, quantile_names[i], of, [&](const trend_slot& slot) {
            slot.completed > 0 ? to.value(milliseconds(slot.took[i])) : to.null();
        });
    }
    to.end();
}

void write(json_text& to, const trend_change& of) {
    to.object().member("measure", name_of(of.of)).member("at", rfc3339(of.at));
    to.member("slot", static_cast<std::uint64_t>(of.point.index));
    to.member("shape", of.point.shape == statistics::change_shape::step ? "step" : "drift");
    to.member("before", shown(of.of, of.point.before))
        .member("after", shown(of.of, of.point.after));
    to.key("change");
    std::isfinite(of.point.change) ? to.value(rounded(of.point.change)) : to.null();
    to.member("p_value", of.point.p_value).key("deploy");
    if (of.deploy) {
        const std::chrono::duration<double> before{of.deploy->before};
        to.object().member("at", rfc3339(of.deploy->what.at)).member("text", of.deploy->what.text);
        to.member("kind", of.deploy->what.is_reload ? "reload" : "deploy");
        to.member("seconds_before", rounded(before.count())).end();
    } else {
        to.null();
    }
    to.end();
}

void write_range(
    json_text& to,
    std::string_view name,
    measure of,
    const std::optional<statistics::value_range>& range
) {
    to.key(name);
    if (range) {
        to.object()
            .member("lower", shown(of, range->lower))
            .member("upper", shown(of, range->upper));
        to.end();
    } else {
        to.null();
    }
}

void write(json_text& to, const trend_outlook& of, const trend& in) {
    to.object().member("measure", name_of(of.of)).member("since", rfc3339(of.since));
    to.member("method", of.next.method == statistics::forecast_method::trend ? "trend" : "last");
    to.key("next").array();
    for (const auto& each : of.next.next) {
        to.object()
            .member("at", rfc3339(in.from + each.at))
            .member("value", shown(of.of, each.value));
        write_range(to, "likely", of.of, each.likely);
        write_range(to, "nearly_sure", of.of, each.nearly_sure);
        to.end();
    }
    to.end().end();
}

void write(json_text& to, const operation_trend& of, const trend& in) {
    to.object().key("surface");
    of.name.empty() ? to.null() : to.value(to_string(of.where));
    to.key("name");
    of.name.empty() ? to.null() : to.value(of.name);
    to.member("count", of.count).key("quantile");
    of.quantile ? to.value(trend_quantiles[*of.quantile]) : to.null();
    write_slots(to, of);
    to.key("changes").array();
    for (const auto& each : of.changes) {
        write(to, each);
    }
    to.end().key("outlooks").array();
    for (const auto& each : of.outlooks) {
        write(to, each, in);
    }
    to.end().end();
}

void write(json_text& to, const trend_relation& of) {
    using statistics::correlation_basis;
    const bool known = of.found.basis == correlation_basis::known;
    to.object().member("cause", of.cause).member("effect", of.effect);
    to.member(
        "basis",
        known                                          ? "known"
        : of.found.basis == correlation_basis::too_few ? "too_few"
                                                       : "constant"
    );
    to.member("pairs", static_cast<std::uint64_t>(of.found.pairs));
    for (const auto& [name, value] :
         {std::pair{"rank", of.found.rank}, std::pair{"p_value", of.found.p_value}}) {
        to.key(name);
        known ? to.value(value) : to.null();
    }
    to.member("lag_slots", static_cast<std::uint64_t>(of.found.lag)).member("clear", of.clear);
    to.end();
}

void write_markers(json_text& to, std::string_view name, const trend& of, bool reloads) {
    to.key(name).array();
    for (const auto& each : of.marks) {
        if (each.is_reload == reloads) {
            to.object().member("at", rfc3339(each.at)).member("text", each.text).end();
        }
    }
    to.end();
}

}  // namespace

std::string to_json(const trend& of) {
    json_text to;
    to.object().member("from", rfc3339(of.from)).member("to", rfc3339(of.to));
    to.member("ledger", of.path).key("surface");
    of.where ? to.value(to_string(*of.where)) : to.null();
    const std::chrono::duration<double> length{of.slot_length};
    to.member("slot_seconds", length.count()).key("known_seconds").array();
    for (const double each : of.seconds) {
        to.value(rounded(each));
    }
    to.end().key("lacking").array();
    for (const auto& sentence : of.lacking) {
        to.value(sentence);
    }
    to.end().member("series_searched", static_cast<std::uint64_t>(of.series_searched));
    to.key("all");
    write(to, of.all, of);
    to.key("operations").array();
    for (const auto& each : of.operations) {
        write(to, each, of);
    }
    to.end().key("pressure").array();
    for (const auto& each : of.pressure) {
        to.object().member("signal", each.signal).key("means").array();
        for (const double mean : each.means) {
            to.value(rounded(mean));
        }
        to.end().end();
    }
    to.end().key("relations").array();
    for (const auto& each : of.relations) {
        write(to, each);
    }
    to.end();
    write_markers(to, "deploys", of, false);
    write_markers(to, "reloads", of, true);
    return to.end().take();
}

}  // namespace curfew::report
