#include "advice.hpp"
#include <curfew/policy/load.hpp>
#include <curfew/report/explanation.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace curfew::report {
namespace {

using ledger::begin_of;
using ledger::filter;
using ledger::kept_operation;
using ledger::minute_of;
using namespace std::chrono_literals;

constexpr auto queue_stage = static_cast<std::size_t>(stage::queue);
constexpr std::size_t steps_max = 200;
constexpr std::string_view policy_loaded = "loaded";

void count_same(
    surroundings& to,
    duration& queued,
    const ledger::series& what,
    const ledger::minute_figures& figures
) {
    to.by_outcome[static_cast<std::size_t>(what.ended)] += figures.count();
    to.refused_by_breaker += what.why == cause_kind::breaker_open ? figures.count() : 0;
    to.shed += what.why == cause_kind::shed ? figures.count() : 0;
    ledger::figures sum;
    figures.add_to(sum);
    queued = duration{queued.count() + sum.spent[queue_stage].count()};
}

result<surroundings> look_around(ledger::reader& from, const kept_operation& what) {
    const auto its = minute_of(what.started + what.took);
    filter near;
    near.when = {begin_of(its - 30), begin_of(its + 31)};
    near.where = what.what.where;
    surroundings found;
    ledger::figures usual;
    duration queued{};
    const auto done = from.each_minute(near, [&](auto at, const auto& which, const auto& figures) {
        const bool same = which.name == what.what.name;
        if (same && which.ended == outcome::success) {
            figures.add_to(usual);
        }
        if (at == its && same) {
            count_same(found, queued, which, figures);
        } else if (at == its) {
            found.others += figures.count();
            const bool failed = which.ended == outcome::failure || which.ended == outcome::timeout;
            found.others_failed += failed ? figures.count() : 0;
        }
    });
    if (!done) {
        return std::unexpected{done.error()};
    }
    std::uint64_t all = 0;
    for (const auto count : found.by_outcome) {
        all += count;
    }
    found.queue_mean = all > 0 ? queued / static_cast<duration::rep>(all) : duration{};
    found.usual_count = usual.took.count();
    found.usual_p50 = usual.took.quantile(0.5);
    found.usual_p99 = usual.took.quantile(0.99);
    found.usual_max = usual.took.max();
    return found;
}

/// What a process said of its limits within a range, oldest first.
result<std::vector<kept_operation>> told_by(
    ledger::reader& from, std::int64_t process, const ledger::range& when
) {
    filter told;
    told.where = surface::policy;
    told.when = when;
    auto rows = from.operations(told, false, 10'000);
    if (!rows) {
        return rows;
    }
    std::erase_if(*rows, [&](const kept_operation& row) { return row.instance != process; });
    std::ranges::sort(*rows, {}, [](const kept_operation& row) {
        return std::pair{row.started, row.what.name != policy_loaded};
    });
    return rows;
}

/// What it said when it took over the policy under which the operation began: at its start, or by
/// the last reload before. That is looked for further and further back.
result<std::vector<kept_operation>> policy_of(
    ledger::reader& from, const kept_operation& what, const ledger::instance& in
) {
    const ledger::wall_time first = in.started - 1min;
    const ledger::wall_time last = std::max(what.started, in.started + 2min);
    for (auto back = std::chrono::minutes{15};; back *= 8) {
        const auto begin = std::max(first, what.started - back);
        auto rows = told_by(from, what.instance, {begin, last});
        if (!rows) {
            return rows;
        }
        const auto known = [&](const kept_operation& row) {
            return row.what.name == policy_loaded && row.started <= what.started;
        };
        const auto later = [&](const kept_operation& row) {
            return row.what.name == policy_loaded && row.started > what.started;
        };
        rows->erase(std::ranges::find_if(*rows, later), rows->end());
        const auto newest = std::ranges::find_if(rows->rbegin(), rows->rend(), known);
        if (newest != rows->rend()) {
            rows->erase(rows->begin(), newest.base() - 1);
            return rows;
        }
        if (begin == first) {
            return rows;
        }
    }
}

/// The row of a key's value in the process that applied it, and where it was set for the route.
result<std::optional<limit_source>> find_source(
    ledger::reader& from, const kept_operation& what, const std::optional<ledger::instance>& in
) {
    if (what.what.limit_name.empty() || !in) {
        return std::optional<limit_source>{};
    }
    const auto rows = policy_of(from, what, *in);
    if (!rows) {
        return std::unexpected{rows.error()};
    }
    const std::string& key = what.what.limit_name;
    const std::string of_route =
        "route." + what.what.name + key.substr(std::min(key.find('.'), key.size()));
    std::optional<limit_source> found;
    for (const auto& row : *rows) {
        const bool is_it = row.what.name == of_route || (row.what.name == key && !found);
        if (!is_it) {
            continue;
        }
        limit_source& source = found.emplace();
        for (const auto& [name, value] : row.attributes) {
            (name == "value"   ? source.value
             : name == "layer" ? source.layer
                               : source.origin) = value;
        }
    }
    if (!found && !rows->empty()) {
        const auto usual = policy::load({}).explain(key);
        found = limit_source{usual ? usual->value : "", "built-in", "built-in"};
    }
    return found;
}

std::optional<ledger::instance> find_process(ledger::reader& from, const kept_operation& what) {
    const auto all = from.instances({what.started - 24h * 365, what.started + 24h});
    if (!all) {
        return std::nullopt;
    }
    const auto found = std::ranges::find(*all, what.instance, &ledger::instance::id);
    return found == all->end() ? std::nullopt : std::optional{*found};
}

std::optional<ledger::mark> last_deploy(ledger::reader& from, ledger::wall_time before) {
    auto all = from.marks({before - 24h, before});
    return all && !all->empty() ? std::optional{std::move(all->back())} : std::nullopt;
}

result<std::vector<kept_operation>> steps_of_backend(
    ledger::reader& from, const kept_operation& what
) {
    const ledger::wall_time first = what.started - 2min;
    const ledger::wall_time last = what.started + what.took + 1min;
    filter near;
    near.where = surface::supervisor;
    near.when = {first, last + 1min};
    auto rows = from.operations(near, false, steps_max);
    if (rows) {
        std::erase_if(*rows, [&](const kept_operation& each) {
            return each.instance != what.instance || each.started < first || each.started > last;
        });
        std::ranges::reverse(*rows);
    }
    return rows;
}

result<explanation> explain_one(ledger::reader& from, kept_operation what) {
    explanation made;
    made.process = find_process(from, what);
    auto source = find_source(from, what, made.process);
    auto around = look_around(from, what);
    auto steps = steps_of_backend(from, what);
    if (!source || !around || !steps) {
        const failure why = !source ? source.error() : !around ? around.error() : steps.error();
        return std::unexpected{why};
    }
    made.source = *std::move(source);
    made.around = *around;
    made.backend = *std::move(steps);
    made.deployed = last_deploy(from, what.started + what.took);
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
