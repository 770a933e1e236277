#include "slots.hpp"
#include <curfew/report/policy_history.hpp>
#include <curfew/report/trend.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace curfew::report {
namespace {

using ledger::series;
using ledger::wall_time;
using namespace std::chrono_literals;

constexpr auto queue_stage = static_cast<std::size_t>(stage::queue);

bool is_operation(const series& what) noexcept {
    return what.where != surface::supervisor && what.where != surface::policy &&
           what.where != surface::startup;
}

/// One operation, and what of the slot that is being read has no place in its figures yet.
struct collected {
    operation_trend made;
    ledger::figures now;
    bool touched = false;
};

class collecting {
  public:
    collecting(const slot_plan& plan, std::optional<surface> where) : plan_{plan}, where_{where} {
        begin(all_, surface::http, "");
    }

    void take(ledger::minute at, const series& what, const ledger::minute_figures& figures) {
        const auto slot = plan_.slot_of(at);
        if (!is_operation(what) || (where_ && what.where != *where_) || slot >= plan_.count) {
            return;
        }
        if (slot != slot_) {
            close_slot();
            slot_ = slot;
        }
        first_ = first_.value_or(at);
        auto*& mine = by_series_[&what];
        if (mine == nullptr) {
            auto& owner = operations_[{what.where, what.name}];
            if (!owner) {
                owner = std::make_unique<collected>();
                begin(*owner, what.where, what.name);
            }
            mine = owner.get();
        }
        add(*mine, what, figures);
        add(all_, what, figures);
    }

    /// The first minute with an operation.
    [[nodiscard]] std::optional<ledger::minute> first() const noexcept { return first_; }

    void finish(trend& to) {
        close_slot();
        to.all = std::move(all_.made);
        for (auto& [key, each] : operations_) {
            to.operations.push_back(std::move(each->made));
        }
        std::ranges::sort(to.operations, [](const auto& a, const auto& b) {
            return std::tie(b.count, a.where, a.name) < std::tie(a.count, b.where, b.name);
        });
    }

  private:
    void begin(collected& one, surface where, const std::string& name) const {
        one.made.where = where;
        one.made.name = name;
        one.made.slots.resize(plan_.count);
    }

    void add(collected& to, const series& what, const ledger::minute_figures& figures) const {
        auto& slot = to.made.slots[slot_];
        const auto count = figures.count();
        const bool completed = what.why == cause_kind::completed &&
                               (what.ended == outcome::success || what.ended == outcome::failure);
        to.made.count += count;
        slot.ended += count;
        slot.timed_out += what.ended == outcome::timeout ? count : 0;
        slot.failed += what.ended == outcome::failure ? count : 0;
        slot.refused += what.ended == outcome::ignored ? count : 0;
        if (completed) {
            slot.completed += count;
            figures.add_to(to.now);
            to.touched = true;
        }
    }

    void close(collected& one) const {
        if (!one.touched) {
            return;
        }
        auto& slot = one.made.slots[slot_];
        for (std::size_t i = 0; i < trend_quantiles.size(); ++i) {
            slot.took[i] = one.now.took.quantile(trend_quantiles[i]);
        }
        slot.queued = one.now.spent[queue_stage] / static_cast<duration::rep>(slot.completed);
        one.now = {};
        one.touched = false;
    }

    void close_slot() {
        close(all_);
        for (auto& [key, each] : operations_) {
            close(*each);
        }
    }

    slot_plan plan_;
    std::optional<surface> where_;
    std::size_t slot_ = 0;
    std::optional<ledger::minute> first_;
    collected all_;
    std::unordered_map<const series*, collected*> by_series_;
    std::map<std::pair<surface, std::string>, std::unique_ptr<collected>> operations_;
};

/// When a process was there to record, without overlaps, oldest first.
std::vector<ledger::range> times_recorded(std::vector<ledger::instance> all, wall_time now) {
    std::ranges::sort(all, {}, &ledger::instance::started);
    std::vector<ledger::range> made;
    for (const auto& each : all) {
        // It says once a minute that it is there.
        const bool runs = !each.stopped && each.last_seen + 3min > now;
        const wall_time end = runs ? now : each.last_seen;
        if (end <= each.started) {
            continue;  // killed at once; or what took over a spool, by an older Curfew
        }
        if (!made.empty() && each.started <= made.back().to) {
            made.back().to = std::max(made.back().to, end);
        } else {
            made.push_back({each.started, end});
        }
    }
    return made;
}

std::vector<double> known_seconds(
    const trend& of, const slot_plan& plan, const std::vector<ledger::range>& recorded
) {
    std::vector<double> seconds(plan.count);
    for (std::size_t i = 0; i < plan.count; ++i) {
        const wall_time begin = plan.begin(i);
        const wall_time end = std::min(begin + plan.length(), of.to);
        duration known{};
        for (const auto& each : recorded) {
            const auto both = std::min(end, each.to) - std::max(begin, each.from);
            known += std::max<duration>(both, duration::zero());
        }
        if (known == duration::zero() && of.all.slots[i].ended > 0) {
            known = end - begin;
        }
        seconds[i] = std::chrono::duration<double>{known}.count();
    }
    return seconds;
}

/// Deploys and changes of the policy, by time.
std::vector<trend_marker> markers_of(
    std::vector<ledger::mark> marks, const policy_history& policy
) {
    std::vector<trend_marker> made;
    for (auto& each : marks) {
        made.push_back({each.at, std::move(each.text), false});
    }
    for (const auto& each : policy.reloads) {
        if (each.is_change()) {
            made.push_back({each.at, each.changed, true});
        }
    }
    std::ranges::sort(made, {}, [](const auto& each) {
        return std::tie(each.at, each.is_reload, each.text);
    });
    return made;
}

/// A usual slot should carry a P50 (trend_series.hpp), by some margin.
constexpr double completed_wanted = 30;
constexpr ledger::minute fewest_fitted_slots = 6;

/// Of a history that is younger than what was asked about: slots as short as it allows, so that
/// there are some, and as long as they need to be to have enough in them.
slot_plan fit_slots(ledger::range history, const trend& coarse) {
    double completed = 0;
    for (const auto& each : coarse.all.slots) {
        completed += static_cast<double>(each.completed);
    }
    const auto minutes = std::max<ledger::minute>(
        1, ledger::minute_of(history.to) - ledger::minute_of(history.from)
    );
    const double wanted =
        completed_wanted * static_cast<double>(minutes) / std::max(completed, 1.0);
    const slot_plan fine = plan_slots(history);
    const auto coarse_each = std::chrono::floor<std::chrono::minutes>(coarse.slot_length).count();
    const auto longest = std::min(coarse_each, minutes / fewest_fitted_slots);
    if (wanted <= static_cast<double>(fine.each) || longest <= fine.each) {
        return fine;
    }
    const auto least = std::min(static_cast<ledger::minute>(std::ceil(wanted)), longest);
    return plan_slots(history, least);
}

result<trend> collect(
    ledger::reader& from,
    const trend_question& what,
    const slot_plan& plan,
    wall_time end,
    std::optional<ledger::minute>& first
) {
    trend made;
    made.where = what.where;
    made.from = plan.begin(0);
    made.to = what.now;
    made.slot_length = plan.length();
    ledger::filter which;
    which.when = {made.from, end};
    collecting sums{plan, what.where};
    const auto read =
        from.each_minute(which, [&](auto at, const auto& series, const auto& figures) {
            sums.take(at, series, figures);
        });
    if (!read) {
        return std::unexpected{read.error()};
    }
    first = sums.first();
    sums.finish(made);
    return made;
}

/// Where the history begins of what was asked about.
wall_time history_begin(
    const trend& of, const std::vector<ledger::range>& recorded, std::optional<ledger::minute> first
) {
    wall_time begin = of.to;
    if (first) {
        begin = std::min(begin, ledger::begin_of(*first));
    }
    if (!recorded.empty()) {
        begin = std::min(begin, recorded.front().from);
    }
    return begin == of.to ? of.from : std::max(begin, of.from);
}

}  // namespace

result<trend> find_trend(ledger::reader& from, const trend_question& what) {
    const wall_time end = ledger::begin_of(ledger::minute_of(what.now) + 1);
    slot_plan plan = plan_slots({what.from, end});
    std::optional<ledger::minute> first;
    auto made = collect(from, what, plan, end, first);
    auto processes = from.instances({plan.begin(0), end});
    auto marks = from.marks({plan.begin(0), end});
    auto policy = find_policy_history(from, {plan.begin(0), end});
    const auto pressure = find_pressure(from, {plan.begin(0), end});
    if (!made || !processes || !marks || !policy || !pressure) {
        return std::unexpected{
            !made        ? made.error()
            : !processes ? processes.error()
            : !marks     ? marks.error()
            : !policy    ? policy.error()
                         : pressure.error()
        };
    }
    const auto recorded = times_recorded(*processes, what.now);
    const slot_plan fitted = fit_slots({history_begin(*made, recorded, first), end}, *made);
    if (fitted.each < plan.each) {
        plan = fitted;
        made = collect(from, what, plan, end, first);
        if (!made) {
            return made;
        }
    }
    made->seconds = known_seconds(*made, plan, recorded);
    made->marks = markers_of(*std::move(marks), *policy);
    made->pressure =
        average_pressure(*pressure, *processes, plan.begin(0), plan.length(), plan.count);
    interpret(*made);
    return made;
}

}  // namespace curfew::report
