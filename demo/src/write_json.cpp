#include "demo_result.hpp"
#include <curfew/load/figures.hpp>

#include <cstdio>

namespace curfew::demo {
namespace {

using load::ending;

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out + "\"";
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

std::string milliseconds(duration value) {
    return number(std::chrono::duration<double, std::milli>{value}.count());
}

/// {"value_ms": 4.2, "at_least": false}, or null where the samples do not carry it.
std::string quantile(const load::tally& of, double q) {
    if (!load::carries_quantile(of.waited(), q)) {
        return "null";
    }
    const auto found = of.response_quantile(q);
    return R"({"value_ms":)" + milliseconds(found.value) + R"(,"at_least":)" +
           (found.at_least ? "true" : "false") + "}";
}

std::string recovery(
    const arm_result& run, std::uint32_t operation, duration from, duration until
) {
    const auto found = run.recorder->time_to_recover(operation, from, until);
    return found ? milliseconds(*found) : "null";
}

std::string operation_json(const demo_result& of, const arm_result& run, std::uint32_t operation) {
    const auto all = run.recorder->of(operation, 0, run.recorder->phases().size());
    std::string out = R"({"name":)" + quoted(of.plan.operations[operation].name);
    out += R"(,"requests":)" + std::to_string(all.count());
    for (std::size_t i = 0; i < load::endings; ++i) {
        const auto how = static_cast<ending>(i);
        out += ",\"" + std::string{load::to_string(how)} + "\":" + std::to_string(all.count(how));
    }
    out += R"(,"errors":{)";
    for (std::size_t i = 1, told = 0; i < load::error_categories; ++i) {
        const auto why = static_cast<load::error_category>(i);
        if (all.count(why) > 0) {
            out += (told++ == 0 ? "" : ",") + quoted(load::to_string(why)) + ":" +
                   std::to_string(all.count(why));
        }
    }
    out += R"(},"p50":)" + quantile(all, 0.50) + R"(,"p95":)" + quantile(all, 0.95);
    out += R"(,"p99":)" + quantile(all, 0.99);
    out += R"(,"longest_outage_ms":)" + milliseconds(run.recorder->longest_outage(operation));
    out +=
        R"(,"recovered_after_hang_ms":)" + recovery(run, operation, run.at.hang_off, run.at.crash);
    out += R"(,"recovered_after_crash_ms":)" +
           recovery(run, operation, run.at.crash, of.plan.times.end);
    return out + "}";
}

std::string run_json(const demo_result& of, const arm_result& run) {
    const auto& made = run.generator;
    std::string out = R"({"name":)" + quoted(run.name);
    out += R"(,"validity":)" + quoted(load::to_string(run.validity.grade)) + R"(,"reasons":[)";
    for (std::size_t i = 0; i < run.validity.reasons.size(); ++i) {
        out += (i == 0 ? "" : ",") + quoted(run.validity.reasons[i]);
    }
    out += R"(],"generator":{"due":)" + std::to_string(made.due);
    out += R"(,"tried":)" + std::to_string(made.tried);
    out += R"(,"lag_p99_ms":)" + milliseconds(made.lag_p99);
    out += R"(,"busiest_5s_cpu":)" + number(made.busiest_5s);
    out += R"(,"steal":)" + number(made.steal_share);
    out += R"(,"in_flight_peak":)" + std::to_string(run.in_flight_peak);
    out += R"(},"faults":{"hang_on_ms":)" + milliseconds(run.at.hang_on);
    out += R"(,"hang_off_ms":)" + milliseconds(run.at.hang_off);
    out += R"(,"crash_ms":)" + milliseconds(run.at.crash);
    out += R"(,"trapped":)" + std::to_string(run.faults.trapped);
    out += R"(,"crashed":)" + std::string{run.faults.crashed ? "true" : "false"};
    out += R"(,"pid_before":)" + std::to_string(run.faults.pid_before);
    out += R"(,"pid_after":)" + std::to_string(run.faults.pid_after) + R"(},"operations":[)";
    for (std::uint32_t i = 0; i < of.plan.operations.size(); ++i) {
        out += (i == 0 ? "" : ",") + operation_json(of, run, i);
    }
    return out + "]}";
}

}  // namespace

std::string write_json(const demo_result& of) {
    std::string out =
        R"({"schema":"curfew.demo.1","verdict":)" + quoted(to_string(of.conclusion()));
    out += R"(,"seed":)" + std::to_string(of.seed);
    out += R"(,"rate_per_s":)" + number(scenario::rate);
    out += R"(,"patience_ms":)" + milliseconds(of.plan.times.patience) + R"(,"claims":[)";
    for (std::size_t i = 0; i < of.claims.size(); ++i) {
        const auto& made = of.claims[i];
        out += (i == 0 ? "" : ",") + (R"({"id":)" + quoted(made.id)) + R"(,"holds":)" +
               (made.holds ? "true" : "false") + R"(,"text":)" + quoted(made.text) +
               R"(,"measured":)" + quoted(made.measured) + "}";
    }
    out += R"(],"runs":[)" + run_json(of, of.direct) + "," + run_json(of, of.curfew) + "]}\n";
    return out;
}

}  // namespace curfew::demo
