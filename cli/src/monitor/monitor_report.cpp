#include "monitor_report.hpp"

#include <curfew/policy/duration_text.hpp>
#include <curfew/policy/json_text.hpp>

#include <algorithm>
#include <cstdio>

namespace curfew::cli {

namespace {

using policy::json_text;

constexpr std::array all_stages{probe_stage::connect, probe_stage::initialize, probe_stage::query};

double milliseconds(duration of) noexcept {
    return std::chrono::duration<double, std::milli>(of).count();
}

template <class... Values>
std::string formatted(const char* how, Values... values) {
    std::array<char, 256> text{};
    const int size = std::snprintf(text.data(), text.size(), how, values...);
    return {text.data(), std::min(static_cast<std::size_t>(std::max(size, 0)), text.size() - 1)};
}

std::string shown(duration of) {
    const double ms = milliseconds(of);
    return ms < 1000 ? formatted("%.1f ms", ms) : formatted("%.2f s", ms / 1000);
}

duration limit_of(const monitor_frame& frame, probe_stage which) {
    return frame.limits[static_cast<std::size_t>(which)];
}

std::string stage_lines(const monitor_figures& of, const monitor_frame& frame) {
    if (of.took(probe_stage::connect).count() == 0) return {};
    std::string text = formatted(
        "  %-12s %10s %10s %10s %10s %10s\n", "stage", "p50", "p95", "p99", "max", "limit"
    );
    for (const auto which : all_stages) {
        const auto& took = of.took(which);
        if (took.count() == 0) continue;
        text += formatted(
            "  %-12s %10s %10s %10s %10s %10s\n",
            std::string{to_string(which)}.c_str(),
            shown(took.quantile(0.5)).c_str(),
            shown(took.quantile(0.95)).c_str(),
            shown(took.quantile(0.99)).c_str(),
            shown(took.max()).c_str(),
            policy::format_duration(limit_of(frame, which)).c_str()
        );
    }
    return text;
}

std::string trend_lines(const monitor_figures& of) {
    if (of.slots().size() < 2) return {};
    std::string text = formatted("  %-12s %10s %10s %10s\n", "from", "probes", "bad", "p95");
    for (const auto& each : of.slots()) {
        if (each.probes == 0) continue;
        text += formatted(
            "  %-12s %10llu %10llu %10s\n",
            policy::format_duration(std::chrono::floor<std::chrono::milliseconds>(each.begins))
                .c_str(),
            static_cast<unsigned long long>(each.probes),
            static_cast<unsigned long long>(each.bad),
            each.took.count() == 0 ? "-" : shown(each.took.quantile(0.95)).c_str()
        );
    }
    return text;
}

void write_stages(json_text& to, const monitor_figures& of, const monitor_frame& frame) {
    to.key("stages").object();
    for (const auto which : all_stages) {
        const auto& took = of.took(which);
        to.key(to_string(which)).object().member("count", took.count());
        to.member("limit_s", milliseconds(limit_of(frame, which)) / 1000);
        if (took.count() > 0) {
            to.member("p50_ms", milliseconds(took.quantile(0.5)));
            to.member("p95_ms", milliseconds(took.quantile(0.95)));
            to.member("p99_ms", milliseconds(took.quantile(0.99)));
            to.member("max_ms", milliseconds(took.max()));
        }
        to.end();
    }
    to.end();
}

void write_trend(json_text& to, const monitor_figures& of) {
    to.key("trend").array();
    for (const auto& each : of.slots()) {
        if (each.probes == 0) continue;
        to.object().member("from_s", milliseconds(each.begins) / 1000);
        to.member("probes", each.probes).member("bad", each.bad);
        if (each.took.count() > 0) to.member("p95_ms", milliseconds(each.took.quantile(0.95)));
        to.end();
    }
    to.end();
}

}  // namespace

std::string progress_line(const monitor_figures& of, std::uint64_t planned) {
    std::string text = std::to_string(of.started()) + '/' + std::to_string(planned) + " probes, " +
                       std::to_string(of.timed_out()) + " timed out, " +
                       std::to_string(of.failed()) + " failed";
    if (of.not_started() > 0) text += ", " + std::to_string(of.not_started()) + " not started";
    const char* between = "; ";
    for (const auto which : {probe_stage::connect, probe_stage::query}) {
        const auto& took = of.took(which);
        if (took.count() == 0) continue;
        text += between + std::string{to_string(which)} + " p95 " + shown(took.quantile(0.95));
        between = ", ";
    }
    return text;
}

std::string to_text(const monitor_figures& of, const monitor_frame& frame) {
    std::string text =
        frame.name + "  " + frame.where + "  (" + frame.environment + ", " +
        policy::format_duration(std::chrono::round<std::chrono::milliseconds>(frame.ran)) +
        ")\n  " + progress_line(of, frame.planned) + '\n';
    text += stage_lines(of, frame) + trend_lines(of);
    for (const auto& [wrong, each] : of.complaints()) {
        text += "  " + std::to_string(each.count) + " x " + wrong + '\n';
        text += each.last.empty() ? "" : "      the last: " + each.last + '\n';
    }
    return text + std::string{to_string(judge(of, frame.allowed))} +
           formatted(
               "  %.2f %% were no success, and database.timeout_rate allows %.2f %%\n",
               of.bad_share() * 100,
               frame.allowed * 100
           );
}

std::string to_json(const monitor_figures& of, const monitor_frame& frame) {
    json_text to;
    to.object().member("name", frame.name).member("where", frame.where);
    to.member("environment", frame.environment).member("pressure", frame.pressure);
    to.member("verdict", to_string(judge(of, frame.allowed)));
    to.member("planned", frame.planned).member("started", of.started());
    to.member("succeeded", of.succeeded()).member("timed_out", of.timed_out());
    to.member("failed", of.failed()).member("not_started", of.not_started());
    to.member("bad_share", of.bad_share()).member("allowed_share", frame.allowed);
    to.member("duration_s", milliseconds(frame.ran) / 1000);
    write_stages(to, of, frame);
    write_trend(to, of);
    to.key("complaints").array();
    for (const auto& [wrong, each] : of.complaints()) {
        to.object().member("found", wrong).member("count", each.count);
        to.member("last", each.last).end();
    }
    return to.end().end().take();
}

}  // namespace curfew::cli
