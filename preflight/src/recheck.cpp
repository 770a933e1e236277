#include <curfew/preflight/recheck.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/runtime/task_group.hpp>

#include <algorithm>
#include <utility>

namespace curfew::preflight {

using runtime::task;

recheck::recheck(surroundings around, std::vector<look> failing) : around_{std::move(around)} {
    for (auto& each : failing) {
        if (each.wrong) patients_.push_back({std::move(each)});
    }
}

task<> recheck::run(runtime::scope& under) {
    while (!patients_.empty()) {
        const duration pause = around_.rules()->startup.recheck;
        auto resting = runtime::sleep_until{under, add_saturated(around_.on.now(), pause)};
        const auto woken = co_await resting;
        if (woken == runtime::wake::ended) {
            co_return;
        }
        runtime::task_group all;
        for (auto& each : patients_) {
            all.spawn(look_at(each, under));
        }
        runtime::scope always{around_.on};
        auto joining = all.join(always);
        co_await joining;
        for (const auto& each : patients_) {
            if (!each.well.empty()) around_.passed(each.seen, each.well);
        }
        std::erase_if(patients_, [](const patient& each) { return !each.well.empty(); });
    }
}

task<> recheck::look_at(patient& one, runtime::scope& under) {
    const auto now = around_.rules();
    const auto found = std::ranges::find(now->checks, one.seen.name, &policy::check_policy::name);
    if (found == now->checks.end()) {
        one.well = "a reload took it away";
        co_return;
    }
    fit(one, *found, now->database);
    const policy::check_policy& rules = one.glass->rules;
    const time_point began = around_.on.outside().now();
    auto looking = look_once(*one.glass->with, rules, around_.connector_scales(), under);
    auto wrong = co_await looking;
    if (under.ended()) {
        co_return;
    }
    one.seen.type = rules.type;
    one.seen.where = place_of(rules);
    ++one.seen.attempts;
    one.seen.took = around_.on.outside().now() - began;
    if (wrong) {
        one.seen.wrong = std::move(wrong);
    } else {
        one.well = "passed";
    }
}

/// The same check is kept while nothing of it changed: what hangs in it is then one thread.
void recheck::fit(
    patient& one, const policy::check_policy& rules, const policy::database_policy& limits
) {
    if (one.glass && one.glass->rules == rules && one.glass->limits == limits) return;
    one.glass = std::make_unique<looking_glass>(rules, limits);
    one.glass->with = make_check(
        {around_.on, around_.through, around_.machine, one.glass->limits}, one.glass->rules
    );
}

std::vector<look> recheck::failing() const {
    std::vector<look> all;
    for (const auto& each : patients_) {
        if (each.well.empty()) all.push_back(each.seen);
    }
    return all;
}

}  // namespace curfew::preflight
