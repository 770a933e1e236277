#include "demo_result.hpp"
#include <curfew/policy/json_text.hpp>

namespace curfew::demo {
namespace {

using load::ending;
using policy::json_text;

double milliseconds(duration value) {
    return std::chrono::duration<double, std::milli>{value}.count();
}

/// Null where the samples do not carry it.
void write_quantile(json_text& to, std::string_view name, const load::tally& of, double q) {
    to.key(name);
    if (!load::carries_quantile(of.waited(), q)) {
        to.null();
        return;
    }
    const auto found = of.response_quantile(q);
    to.object().member("value_ms", milliseconds(found.value));
    to.member("at_least", found.at_least).end();
}

void write_recovery(
    json_text& to,
    std::string_view name,
    const arm_result& run,
    std::uint32_t operation,
    duration from,
    duration until
) {
    const auto found = run.recorder->time_to_recover(operation, from, until);
    to.key(name);
    found ? to.value(milliseconds(*found)) : to.null();
}

void write_operation(
    json_text& to, const scenario& plan, const arm_result& run, std::uint32_t operation
) {
    const auto all = run.recorder->of(operation, 0, run.recorder->phases().size());
    to.object().member("name", plan.operations[operation].name).member("requests", all.count());
    for (std::size_t i = 0; i < load::endings; ++i) {
        const auto how = static_cast<ending>(i);
        to.member(load::to_string(how), all.count(how));
    }
    to.key("errors").object();
    for (std::size_t i = 1; i < load::error_categories; ++i) {
        const auto why = static_cast<load::error_category>(i);
        if (all.count(why) > 0) {
            to.member(load::to_string(why), all.count(why));
        }
    }
    to.end();
    write_quantile(to, "p50", all, 0.50);
    write_quantile(to, "p95", all, 0.95);
    write_quantile(to, "p99", all, 0.99);
    to.member("longest_outage_ms", milliseconds(run.recorder->longest_outage(operation)));
    write_recovery(to, "recovered_after_hang_ms", run, operation, run.at.hang_off, run.at.crash);
    write_recovery(to, "recovered_after_crash_ms", run, operation, run.at.crash, plan.times.end);
    to.end();
}

void write_generator(json_text& to, const arm_result& run) {
    const auto& made = run.generator;
    to.key("generator").object();
    to.member("validity", load::to_string(run.validity.grade)).key("reasons").array();
    for (const auto& reason : run.validity.reasons) {
        to.value(reason);
    }
    to.end().member("due", made.due).member("tried", made.tried);
    to.member("lag_p99_ms", milliseconds(made.lag_p99));
    to.member("busiest_5s_cpu_share", made.busiest_5s).member("steal_share", made.steal_share);
    to.member("in_flight_peak", std::uint64_t{run.in_flight_peak});
    to.member("priority_raised", run.priority_raised).end();
}

void write_faults(json_text& to, const arm_result& run) {
    to.key("faults").object();
    to.member("hang_on_ms", milliseconds(run.at.hang_on));
    to.member("hang_off_ms", milliseconds(run.at.hang_off));
    to.member("crash_ms", milliseconds(run.at.crash));
    to.member("trapped", run.faults.trapped).member("crashed", run.faults.crashed);
    to.member("pid_before", static_cast<std::uint64_t>(run.faults.pid_before));
    to.member("pid_after", static_cast<std::uint64_t>(run.faults.pid_after)).end();
}

void write_run(json_text& to, const scenario& plan, const arm_result& run) {
    to.object().member("name", run.name);
    write_generator(to, run);
    write_faults(to, run);
    to.key("operations").array();
    for (std::uint32_t i = 0; i < plan.operations.size(); ++i) {
        write_operation(to, plan, run, i);
    }
    to.end().end();
}

}  // namespace

std::string write_json(const demo_result& of) {
    json_text to;
    to.object().member("verdict", to_string(of.conclusion())).member("seed", of.seed);
    to.member("rate_per_s", scenario::rate);
    to.member("patience_ms", milliseconds(of.plan.times.patience));
    to.member("objective_ms", milliseconds(scenario::objective)).key("claims").array();
    for (const auto& made : of.claims) {
        to.object().member("id", made.id).member("holds", made.holds);
        to.member("text", made.text).member("measured", made.measured).end();
    }
    to.end().key("runs").array();
    write_run(to, of.plan, of.direct);
    write_run(to, of.plan, of.curfew);
    return to.end().end().take();
}

}  // namespace curfew::demo
