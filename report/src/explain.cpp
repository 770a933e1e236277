#include "advice.hpp"
#include "backend_steps.hpp"
#include "limit_source.hpp"
#include "surroundings.hpp"
#include <curfew/report/explanation.hpp>

#include <algorithm>
#include <utility>

namespace curfew::report {
namespace {

using ledger::kept_operation;
using namespace std::chrono_literals;

constexpr std::size_t failures_most = 2'000;

std::optional<ledger::mark> last_deploy(ledger::reader& from, ledger::wall_time before) {
    auto all = from.marks({before - 24h, before});
    return all && !all->empty() ? std::optional{std::move(all->back())} : std::nullopt;
}

/// What a breaker that refused had learnt last.
result<std::optional<kept_operation>> last_failure(
    ledger::reader& from, const kept_operation& what
) {
    if (what.what.why != cause_kind::breaker_open) {
        return std::optional<kept_operation>{};
    }
    ledger::filter like;
    like.where = what.what.where;
    like.name = what.what.name;
    const auto back = std::min<duration>(what.cause_limit + 2min, 1h);
    like.when = {what.started - back, what.started + 1min};
    std::optional<kept_operation> found;
    for (const auto ended : {outcome::failure, outcome::timeout}) {
        like.ended = ended;
        auto rows = from.operations(like, false, failures_most);
        if (!rows) {
            return std::unexpected{rows.error()};
        }
        for (auto& row : *rows) {
            const auto end = row.started + row.took;
            const bool is_before = end <= what.started && row.instance == what.instance;
            if (is_before && (!found || end > found->started + found->took)) {
                found = std::move(row);
            }
        }
    }
    return found;
}

bool is_of_route(const kept_operation& step, std::string_view route) noexcept {
    return std::ranges::any_of(step.attributes, [&](const auto& each) {
        // A long name was cut.
        return each.first == "route" && !each.second.empty() && route.starts_with(each.second);
    });
}

/// The last time before it that its route was held back for what its requests did to the backend,
/// if that lasted then.
result<std::optional<kept_operation>> find_hold(ledger::reader& from, const kept_operation& what) {
    std::optional<kept_operation> found;
    if (what.what.why != cause_kind::breaker_open) {
        return found;
    }
    ledger::filter holds;
    holds.where = surface::supervisor;
    holds.name = "held back";
    holds.when = {what.started - what.cause_limit, what.started + 1min};
    auto rows = from.operations(holds, false, failures_most);
    if (!rows) {
        return std::unexpected{rows.error()};
    }
    for (auto& row : *rows) {
        const bool then =
            row.started <= what.started && what.started - row.started <= what.cause_limit;
        if (then && row.instance == what.instance && is_of_route(row, what.what.name) &&
            (!found || row.started > found->started)) {
            found = std::move(row);
        }
    }
    return found;
}

result<explanation> explain_one(ledger::reader& from, kept_operation what) {
    explanation made;
    made.process = from.find_instance(what.instance).value_or(std::nullopt);
    auto policy = made.process ? find_policy_then(from, what, *made.process)
                               : result<policy_then>{policy_then{}};
    auto around = look_around(from, what);
    auto steps = steps_of_backend(from, what);
    auto failed = last_failure(from, what);
    auto hold = find_hold(from, what);
    const auto ended = what.started + what.took;
    const auto pressure = find_pressure(from, {what.started - 24h, ended + 1min});
    if (!policy || !around || !steps || !failed || !hold || !pressure) {
        const failure why = !policy   ? policy.error()
                            : !around ? around.error()
                            : !steps  ? steps.error()
                            : !failed ? failed.error()
                            : !hold   ? hold.error()
                                      : pressure.error();
        return std::unexpected{why};
    }
    if (!what.what.limit_name.empty()) {
        made.source = find_source(what, *policy);
    }
    made.policy_by = std::move(policy->by);
    made.policy_since = std::move(policy->next);
    made.around = *around;
    made.backend = std::move(steps->all);
    made.backend_left_out = steps->left_out;
    made.before = *std::move(failed);
    made.held_back = *std::move(hold);
    made.deployed = last_deploy(from, ended);
    made.pressure = pressure_at(*pressure, what.instance, ended);
    made.what = std::move(what);
    made.advice = advice_for(made);
    return made;
}

}  // namespace

result<std::vector<explanation>> explain(
    ledger::reader& from, std::uint64_t trace_high, std::uint64_t trace_low, std::size_t most
) {
    auto rows = from.find(trace_high, trace_low);
    if (!rows) {
        return std::unexpected{rows.error()};
    }
    std::vector<explanation> all;
    for (auto& row : *rows) {
        if (all.size() == most) {
            break;
        }
        auto one = explain_one(from, std::move(row));
        if (!one) {
            return std::unexpected{one.error()};
        }
        all.push_back(*std::move(one));
    }
    return all;
}

}  // namespace curfew::report
