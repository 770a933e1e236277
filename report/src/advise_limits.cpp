#include "call_record.hpp"
#include "history_span.hpp"
#include "slots.hpp"
#include "trend_series.hpp"
#include <curfew/report/limit_advice.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace curfew::report {
namespace {

using ledger::series;
using ledger::wall_time;
using statistics::advice_reason;
using statistics::timeout_advice;
using namespace std::chrono_literals;

constexpr std::size_t rows_most = 20'000;
constexpr auto settled_after = 24h;
constexpr std::size_t late_slots = 3;

using operation_name = std::pair<surface, std::string>;

bool is_operation(const series& what) noexcept {
    return what.where != surface::supervisor && what.where != surface::policy &&
           what.where != surface::startup;
}

/// Ended by the limit of the whole operation (`request.timeout`, `request.adaptive`), not of a part
/// of it such as `upstream.connect_timeout`, which says nothing about the time that the work needs.
bool is_cut(const series& what) noexcept {
    const bool own =
        what.why == cause_kind::own_timeout &&
        (what.limit_name.ends_with(".timeout") || what.limit_name.ends_with(".adaptive"));
    return what.ended == outcome::timeout && (own || what.why == cause_kind::inherited_deadline);
}

struct operation_calls {
    explicit operation_calls(std::size_t slots) : calls{slots}, seen{slots} {}

    call_record calls;
    history_span seen;
    std::uint64_t count = 0;
    std::uint64_t by_callers = 0;
    double all_time = 0;  ///< of successes
    double body_time = 0;
    bool touched = false;
};

class collecting {
  public:
    collecting(const slot_plan& plan, std::optional<surface> where)
        : seen_of_http{plan.count}, plan_{plan}, where_{where} {}

    void take(ledger::minute at, const series& what, const ledger::minute_figures& figures) {
        const bool success = what.ended == outcome::success && what.why == cause_kind::completed;
        const bool asked = is_operation(what) && (!where_ || what.where == *where_);
        const auto slot = plan_.slot_of(at);
        if (!asked || slot >= plan_.count || (!success && !is_cut(what))) {
            return;
        }
        if (slot != slot_) {
            close_slot();
            slot_ = slot;
        }
        auto*& mine = by_series_[&what];
        if (mine == nullptr) {
            auto& owner = operations[{what.where, what.name}];
            if (!owner) {
                owner = std::make_unique<operation_calls>(plan_.count);
            }
            mine = owner.get();
        }
        const duration waited = figures.spent(stage::queue) + figures.spent(stage::start);
        const bool pressed = waited > figures.sum() / 2;
        mine->calls.add(
            success ? (pressed ? call_kind::pressed : call_kind::calm)
                    : (pressed ? call_kind::pressed_cut : call_kind::calm_cut),
            figures
        );
        mine->seen.see(at, slot);
        if (what.where == surface::http) {
            seen_of_http.see(at, slot);
        }
        mine->touched = true;
        mine->count += figures.count();
        mine->by_callers += what.why == cause_kind::inherited_deadline ? figures.count() : 0;
        mine->all_time += success ? static_cast<double>(figures.sum().count()) : 0;
        mine->body_time += success ? static_cast<double>(figures.spent(stage::body).count()) : 0;
    }

    void close_slot() {
        for (auto& [name, each] : operations) {
            if (each->touched) {
                each->calls.close(slot_);
                each->touched = false;
            }
        }
    }

    std::map<operation_name, std::unique_ptr<operation_calls>> operations;
    history_span seen_of_http;

  private:
    slot_plan plan_;
    std::optional<surface> where_;
    std::size_t slot_ = 0;
    std::unordered_map<const series*, operation_calls*> by_series_;
};

/// The limits that ended calls, by operation, and the last of them.
struct limits_seen {
    std::set<duration> all;
    std::optional<duration> last;
};

result<std::map<operation_name, limits_seen>> read_limits(
    ledger::reader& from, const advice_question& asked
) {
    ledger::filter rows;
    rows.when = asked.when;
    rows.where = asked.where;
    rows.ended = outcome::timeout;
    const auto all = from.operations(rows, false, rows_most);
    if (!all) {
        return std::unexpected{all.error()};
    }
    std::map<operation_name, limits_seen> made;
    for (const auto& row : *all) {
        if (!is_cut(row.what) || row.what.why != cause_kind::own_timeout ||
            row.cause_limit <= duration::zero()) {
            continue;
        }
        auto& seen = made[{row.what.where, row.what.name}];
        seen.all.insert(row.cause_limit);
        seen.last = seen.last ? seen.last : row.cause_limit;
    }
    return made;
}

void read_policy(advised_limit& to, const policy::policy& rules) {
    if (to.where != surface::http) {
        return;
    }
    const auto found = std::ranges::find(rules.routes, to.name, &policy::route_policy::name);
    if (found != rules.routes.end()) {
        to.in_force = found->limits.timeout;
        to.key = "route." + to.name + ".timeout";
    } else if (rules.routes.empty()) {
        to.in_force = rules.request.timeout;
    }
}

std::vector<trend_change> changes_of(const call_record& of, const slot_plan& plan) {
    operation_trend watched;
    watched.slots = of.slots();
    watched.quantile = quantile_of(watched.slots);
    const std::vector<double> whole(
        plan.count, std::chrono::duration<double>{plan.length()}.count()
    );
    std::vector<trend_change> all;
    for (const auto what : {measure::latency, measure::timeout_rate}) {
        for (const auto& point : changes_in(series_of(watched, what, whole, plan.length()))) {
            all.push_back({what, point, plan.begin(point.index), std::nullopt});
        }
    }
    std::ranges::sort(all, {}, &trend_change::at);
    return all;
}

timeout_advice advise_since(
    std::size_t slot, const call_record& of, const limits_seen& seen, const advised_limit& about
) {
    std::array<histogram, call_kinds> sums;
    for (std::size_t kind = 0; kind < call_kinds; ++kind) {
        of.add_since(slot, static_cast<call_kind>(kind), sums[kind]);
    }
    std::set<duration> limits = seen.all;
    statistics::advice_input input;
    input.current = about.in_force ? about.in_force : about.ran_under;
    if (input.current) {
        limits.insert(*input.current);
    }
    const std::vector<duration> known{limits.begin(), limits.end()};
    const auto at = [&](call_kind kind) -> const histogram& {
        return sums[static_cast<std::size_t>(kind)];
    };
    const auto calm = by_limit(at(call_kind::calm_cut), known);
    const auto pressed = by_limit(at(call_kind::pressed_cut), known);
    input.calm = {&at(call_kind::calm), calm};
    input.pressed = {&at(call_kind::pressed), pressed};
    return statistics::advise_timeout(input);
}

void advise(
    advised_limit& to, const operation_calls& of, const limits_seen& seen, const slot_plan& plan
) {
    const auto& slots = of.calls.slots();
    const auto begun =
        std::ranges::find_if(slots, [](const trend_slot& each) { return each.ended > 0; });
    const auto first = static_cast<std::size_t>(begun - slots.begin());
    const wall_time end = plan.begin(plan.count);
    to.since = plan.begin(first);
    const duration settled = std::min<duration>(settled_after, (end - to.since) / 4);
    std::size_t from = first;
    for (const auto& each : changes_of(of.calls, plan)) {
        if (end - each.at >= settled) {
            from = each.point.index;
            to.cut_at = each;
        } else {
            to.recent = each;
        }
    }
    to.since = to.cut_at ? to.cut_at->at : to.since;
    to.seen = of.seen.since(from);
    to.advice = advise_since(from, of.calls, seen, to);
    // No change is told at the very end of a history; what the last calls took holds all the same.
    const std::size_t late = std::max(from, plan.count - std::min(plan.count, late_slots));
    const auto lately = advise_since(late, of.calls, seen, to);
    if (lately.reason != advice_reason::cold_start &&
        lately.calm.quantile.value.value_or(lately.calm.quantile.at_least) > to.advice.limit) {
        to.advice = lately;
        to.since = plan.begin(late);
        return;
    }
    if (!to.recent || to.recent->point.after <= to.recent->point.before) {
        return;
    }
    const auto young = advise_since(to.recent->point.index, of.calls, seen, to);
    if (young.reason != advice_reason::cold_start && young.limit > to.advice.limit) {
        to.advice = young;
        to.since = to.recent->at;
    }
}

/// What an operation needs of a limit that it shares. Of one that is little known, or not for long,
/// no call may come close to it.
duration need_of(const advised_limit& of, duration in_force, const operation_calls& calls) {
    if (of.mostly_bodies() || of.held_by_contention()) {
        return in_force;
    }
    const bool is_new = of.advice.reason == advice_reason::cold_start;
    if (!is_new && !of.held_by_young_history()) {
        return of.advice.limit;
    }
    histogram all;
    calls.calls.add_since(0, call_kind::calm, all);
    calls.calls.add_since(0, call_kind::pressed, all);
    const bool cut = of.advice.calm.quantile.cut + of.advice.calm.hung > 0;
    const duration twice = is_new ? all.max() * 2 : std::max(of.advice.limit, all.max() * 2);
    return cut ? in_force : std::min(in_force, twice);
}

/// Two significant digits, as every advice has.
duration rounded_up(duration value) {
    duration::rep unit = 1;
    while (value.count() / unit >= 100) {
        unit *= 10;
    }
    return duration{(value.count() + unit - 1) / unit * unit};
}

void share_limit(limit_advice& to, const collecting& sums, const policy::policy& rules) {
    const statistics::advice_rules bounds;
    shared_limit made;
    made.in_force = rules.request.timeout;
    duration most{};
    bool any = false;
    for (const auto& each : to.operations) {
        if (each.where != surface::http) {
            continue;
        }
        any = any || each.is_new() || each.held_by_young_history() ||
              each.advice.reason == advice_reason::kept;
        const auto& calls = *sums.operations.at({each.where, each.name});
        const duration need = need_of(each, made.in_force, calls);
        if (need > most) {
            most = need;
            made.decided_by = each.name;
        }
    }
    if (!rules.routes.empty() || !any) {
        return;
    }
    made.limit = std::clamp(rounded_up(most), bounds.floor, std::max(bounds.cap, made.in_force));
    const auto difference = std::chrono::abs(made.limit - made.in_force);
    const std::chrono::duration<double> allowed{
        std::chrono::duration<double>{made.in_force} * bounds.hysteresis
    };
    made.limit = difference < allowed ? made.in_force : made.limit;
    made.seen = sums.seen_of_http.since(0);
    if (made.limit < made.in_force && !made.seen.is_long_enough_to_lower()) {
        made.too_low = std::exchange(made.limit, made.in_force);
    }
    to.shared = made;
}

}  // namespace

bool advised_limit::held_by_contention() const noexcept {
    const auto& calm = advice.calm_replay;
    const auto& pressed = advice.pressed_replay;
    const auto calls = static_cast<double>(calm.calls + pressed.calls);
    const auto ended = static_cast<double>(calm.false_timeouts + pressed.false_timeouts);
    return advice.reason == advice_reason::lowered && pressed.false_timeouts > 0 &&
           ended > calls * (1 - statistics::advice_rules{}.q);
}

bool advised_limit::held_by_young_history() const noexcept {
    return advice.reason == advice_reason::lowered && !seen.is_long_enough_to_lower();
}

bool advised_limit::is_new() const noexcept {
    return !mostly_bodies() && !held_by_contention() && !held_by_young_history() &&
           advice.reason != advice_reason::cold_start && advice.reason != advice_reason::kept &&
           (!in_force || advice.limit != *in_force);
}

result<limit_advice> advise_limits(ledger::reader& from, const advice_question& what) {
    const slot_plan plan = plan_slots(what.when);
    ledger::filter which;
    which.when = {plan.begin(0), what.when.to};
    collecting sums{plan, what.where};
    const auto read =
        from.each_minute(which, [&](auto at, const auto& series, const auto& figures) {
            sums.take(at, series, figures);
        });
    auto limits = read ? read_limits(from, what) : std::unexpected{read.error()};
    if (!limits) {
        return std::unexpected{limits.error()};
    }
    sums.close_slot();
    limit_advice made;
    made.when = which.when;
    for (const auto& [name, each] : sums.operations) {
        auto& one = made.operations.emplace_back();
        std::tie(one.where, one.name) = name;
        const limits_seen& seen = (*limits)[name];
        one.ran_under = seen.last;
        one.cut_by_callers = each->by_callers;
        one.body_share = each->all_time > 0 ? each->body_time / each->all_time : 0;
        read_policy(one, *what.rules);
        advise(one, *each, seen, plan);
    }
    std::ranges::sort(made.operations, [&](const auto& a, const auto& b) {
        const auto more = sums.operations.at({b.where, b.name})->count;
        const auto less = sums.operations.at({a.where, a.name})->count;
        return std::tie(more, a.where, a.name) < std::tie(less, b.where, b.name);
    });
    share_limit(made, sums, *what.rules);
    return made;
}

std::vector<policy::time_edit> edits_of(const limit_advice& of) {
    std::vector<policy::time_edit> all;
    for (const auto& each : of.operations) {
        if (!each.key.empty() && each.is_new()) {
            all.push_back({each.key, each.advice.limit});
        }
    }
    if (of.shared && of.shared->limit != of.shared->in_force) {
        all.push_back({"request.timeout", of.shared->limit});
    }
    return all;
}

}  // namespace curfew::report
