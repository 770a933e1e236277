#include "demo_result.hpp"

#include <curfew/load/figures.hpp>

#include <algorithm>

namespace curfew::demo {
namespace {

using load::count_figure;
using load::ending;
using load::time_figure;

std::string recovery_figure(
    const arm_result& run, std::uint32_t operation, duration from, duration until
) {
    const auto found = run.recorder->time_to_recover(operation, from, until);
    return found ? time_figure(*found) : "> " + time_figure(until - from);
}

table_row row_of(const demo_result& of, const arm_result& run, std::uint32_t operation) {
    const auto all = run.recorder->of(operation, 0, run.recorder->phases().size());
    return {
        .operation = of.plan.operations[operation].name,
        .run = run.name,
        .requests = count_figure(all.count()),
        .success = load::share_figure(all.success_share()),
        .timed_out = count_figure(all.count(ending::timed_out)),
        .refused = count_figure(all.count(ending::refused)),
        .failed = count_figure(all.count(ending::failed) + all.count(ending::unfinished)),
        .p50 = load::quantile_figure(all, 0.50),
        .p95 = load::quantile_figure(all, 0.95),
        .p99 = load::quantile_figure(all, 0.99),
        .outage = time_figure(run.recorder->longest_outage(operation)),
        .after_hang = recovery_figure(run, operation, run.at.hang_off, run.at.crash),
        .after_crash = recovery_figure(run, operation, run.at.crash, of.plan.times.end),
    };
}

}  // namespace

std::string_view to_string(verdict what) noexcept {
    constexpr std::string_view names[] = {"PASS", "FAIL", "INVALID", "VOID"};
    return names[static_cast<int>(what)];
}

int exit_code(verdict what) noexcept {
    constexpr int codes[] = {0, 1, 3, 4};
    return codes[static_cast<int>(what)];
}

verdict demo_result::conclusion() const {
    if (!direct.faults.fired() || !curfew.faults.fired()) {
        return verdict::void_;
    }
    if (direct.validity.grade == load::validity_grade::invalid ||
        curfew.validity.grade == load::validity_grade::invalid) {
        return verdict::invalid;
    }
    return std::ranges::all_of(claims, &claim::holds) ? verdict::pass : verdict::fail;
}

std::vector<table_row> table_of(const demo_result& of) {
    std::vector<table_row> rows;
    for (std::uint32_t i = 0; i < of.plan.operations.size(); ++i) {
        rows.push_back(row_of(of, of.direct, i));
        rows.push_back(row_of(of, of.curfew, i));
    }
    return rows;
}

std::vector<std::string_view> cells_of(const table_row& row) {
    return {
        row.operation,
        row.run,
        row.requests,
        row.success,
        row.timed_out,
        row.refused,
        row.failed,
        row.p50,
        row.p95,
        row.p99,
        row.outage,
        row.after_hang,
        row.after_crash
    };
}

std::string fault_sentence(const arm_result& run) {
    return count_figure(run.faults.trapped) + " calls caught by the hang; " +
           (run.faults.crashed ? "the crash killed process " + std::to_string(run.faults.pid_before)
                               : "the crash did not happen") +
           (run.faults.pid_after != 0
                ? ", process " + std::to_string(run.faults.pid_after) + " served at the end"
                : ", and nobody served at the end");
}

std::string generator_sentence(const arm_result& run) {
    std::string text = std::string{load::to_string(run.validity.grade)} + ": lag P99 " +
                       time_figure(run.generator.lag_p99) + ", " +
                       count_figure(run.generator.tried) + " of " +
                       count_figure(run.generator.due) + " due requests tried, busiest 5 s " +
                       load::share_figure(run.generator.busiest_5s) + " CPU, steal " +
                       load::share_figure(run.generator.steal_share) + ", at most " +
                       count_figure(run.in_flight_peak) + " open" +
                       (run.priority_raised ? "" : ", no priority over others");
    for (const auto& reason : run.validity.reasons) {
        text += "; " + reason;
    }
    return text;
}

}  // namespace curfew::demo
