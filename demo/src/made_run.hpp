#pragma once

#include "arm_result.hpp"

#include <functional>
#include <string>

namespace curfew::demo {

/// How one request of a made-up run ends.
struct made_end {
    load::error_category error = load::error_category::none;
    duration response = std::chrono::milliseconds{2};
    bool breaker_open = false;
};

/// A run that never happened, for tests of what is computed from one: `ends` is asked for each
/// request of the plan by operation and due time. Faults fired at the planned times.
inline arm_result make_run(
    const scenario& plan,
    std::string name,
    const std::function<made_end(std::uint32_t operation, duration due)>& ends
) {
    arm_result run;
    run.name = std::move(name);
    run.start = time_point{std::chrono::seconds{1000}};
    run.recorder =
        std::make_unique<load::recorder>(plan.plan, plan.phases, run.start, scenario::objective);
    evidence_log log{*run.recorder};
    load::schedule::walk walk{plan.plan};
    while (const auto next = walk.next()) {
        const auto how = ends(next->operation, next->due);
        const auto due = run.start + next->due;
        log.record(
            {next->index,
             next->operation,
             {due, due, due, due + how.response},
             how.error,
             how.breaker_open}
        );
    }
    run.samples = log.samples();
    run.at = {plan.times.hang_on, plan.times.hang_off, plan.times.crash};
    run.faults = {.trapped = 8, .crashed = true, .pid_before = 41, .pid_after = 42};
    run.generator = {
        .due = plan.plan.size(),
        .tried = plan.plan.size(),
        .lag_p99 = std::chrono::microseconds{100},
        .response_p99 = std::chrono::seconds{5}
    };
    return run;
}

/// What a backend without Curfew does in the scenario.
inline made_end frozen(const scenario& plan, duration due) {
    const auto& at = plan.times;
    if (due >= at.hang_on && due < at.hang_off - at.patience) {
        return {load::error_category::timeout_first_byte, at.patience};
    }
    if (due >= at.hang_on && due < at.hang_off) {
        return {load::error_category::none, at.hang_off - due};
    }
    if (due >= at.crash && due < at.restart) {
        return {load::error_category::connect_refused, std::chrono::microseconds{200}};
    }
    return {};
}

/// What it should do behind Curfew: the hung route is refused half a second into the hang.
inline made_end guarded(const scenario& plan, std::uint32_t operation, duration due) {
    const auto& at = plan.times;
    const auto open = at.hang_on + std::chrono::milliseconds{500};
    if (operation != scenario::recommendations || due < at.hang_on || due >= at.hang_off) {
        return {};
    }
    if (due < open) {
        return {load::error_category::timeout_first_byte, at.patience};
    }
    return {load::error_category::http_503, std::chrono::milliseconds{1}, true};
}

}  // namespace curfew::demo
