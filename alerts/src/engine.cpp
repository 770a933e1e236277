#include <curfew/alerts/engine.hpp>

#include <algorithm>
#include <utility>

namespace curfew::alerts {

namespace {

constexpr std::string_view other = "other";

policy::metric metric_of(incident what) noexcept {
    switch (what) {
        case incident::restart:
            return policy::metric::restarts;
        case incident::hang:
            return policy::metric::hangs;
        case incident::dropped:
            return policy::metric::dropped;
    }
    return policy::metric::dropped;
}

bool has_pattern(const policy::alert_policy& rule) noexcept {
    return rule.operation.find('*') != rule.operation.npos;
}

/// Whether what was counted and decided under one is right under the other.
bool means_the_same(const policy::alert_policy& a, const policy::alert_policy& b) noexcept {
    return a.name == b.name && a.due == b.due && a.clear_at == b.clear_at && a.where == b.where &&
           a.operation == b.operation && a.window == b.window;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view name) noexcept {
    std::size_t at = 0;
    std::size_t in = 0;
    std::size_t star = pattern.npos;
    std::size_t tried = 0;
    while (at < name.size()) {
        if (in < pattern.size() && pattern[in] == '*') {
            star = in++;
            tried = at;
        } else if (in < pattern.size() && pattern[in] == name[at]) {
            ++in;
            ++at;
        } else if (star != pattern.npos) {
            in = star + 1;
            at = ++tried;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', in) == pattern.npos;
}

engine::engine(const std::vector<policy::alert_policy>& rules, time_point now) {
    (void)adopt(rules, now);
}

std::vector<change> engine::adopt(const std::vector<policy::alert_policy>& rules, time_point now) {
    std::vector<watched> before = std::exchange(rules_, {});
    for (const policy::alert_policy& rule : rules) {
        const auto old = std::ranges::find(before, rule.name, [](const watched& each) {
            return std::string_view{each.rule.name};
        });
        watched next{rule};
        if (old != before.end()) {
            next.silent_until = old->silent_until;
            if (means_the_same(old->rule, rule)) {
                next = std::move(*old);
                next.rule = rule;
                before.erase(old);
            }
        }
        if (next.all.empty() && !policy::is_of_operation(rule.due.what)) {
            next.all.emplace_back("", rule, now);
        }
        rules_.push_back(std::move(next));
    }
    series_count_ = 0;
    for (const watched& each : rules_) {
        series_count_ += each.all.size();
    }
    std::vector<change> ended;
    for (const watched& each : before) {
        for (const series& one : each.all) {
            if (one.fires.active()) {
                standing last = standing_of(each, one, now);
                last.is = state::inactive;
                last.figure_text = "the policy changed";
                ended.push_back(
                    {transition::resolved, last, each.rule, each.is_silent(now) || !one.told}
                );
            }
        }
    }
    return ended;
}

engine::series* engine::series_of(watched& of, const sample& what) {
    const auto& rule = of.rule;
    if (!policy::is_of_operation(rule.due.what) || rule.where != what.where) {
        return nullptr;
    }
    if (!has_pattern(rule)) {
        if (!rule.operation.empty() && rule.operation != what.name) {
            return nullptr;
        }
        if (of.all.empty()) {
            of.all.emplace_back(rule.operation, rule, what.at);
            ++series_count_;
        }
        return &of.all.front();
    }
    if (!matches(rule.operation, what.name)) {
        return nullptr;
    }
    if (const auto found = of.index.find(what.name); found != of.index.end()) {
        return &of.all[found->second];
    }
    const bool full = of.all.size() + 1 >= operations_max || series_count_ + 1 >= series_max;
    const std::string name{full ? other : what.name};
    const auto [found, is_new] = of.index.try_emplace(name, of.all.size());
    if (is_new) {
        of.all.emplace_back(name, rule, what.at);
        ++series_count_;
    }
    of.folds = of.folds || full;
    return &of.all[found->second];
}

void engine::take(const sample& what) {
    for (watched& each : rules_) {
        const window::counts counts = counts_of(each.rule, what);
        if (counts.calls == 0) {
            continue;
        }
        if (series* const to = series_of(each, what)) {
            to->last.add(what.at, counts);
        }
    }
}

void engine::take(incident what, std::uint64_t count, time_point at) noexcept {
    for (watched& each : rules_) {
        if (each.rule.due.what == metric_of(what)) {
            each.all.front().last.add(at, {count, count, 0, 0});
        }
    }
}

// Whether it is told to nobody.
bool engine::settle(series& of, transition& what, bool silent) noexcept {
    if (what == transition::none && of.fires.is() == state::firing && !of.told && !silent) {
        what = transition::fired;
    }
    if (what == transition::resolved) {
        return !std::exchange(of.told, false) || silent;
    }
    of.told = of.told || (is_told(what) && !silent);
    return silent;
}

void engine::step(watched& of, time_point now, std::vector<change>& to) {
    const patience how = patience_of(of.rule);
    for (series& each : of.all) {
        window::counts counted = each.last.sum(now);
        if (of.rule.due.what == policy::metric::ledger_failing) {
            counted.calls = ledger_failing_ ? 1 : 0;
        }
        const bool whole = now - each.born >= each.last.length();
        each.measured = figure_of(of.rule, counted, each.last.covered(now), whole);
        const time_point since = each.fires.since();
        transition what = each.fires.step(each.measured.is, how, now);
        const bool unheard = settle(each, what, of.is_silent(now));
        if (what == transition::none) {
            continue;
        }
        standing stands = standing_of(of, each, now);
        if (what == transition::resolved) {
            stands.for_so_long = now - since;
        }
        to.push_back({what, std::move(stands), of.rule, unheard});
    }
}

std::vector<change> engine::step(time_point now) {
    std::vector<change> all;
    for (watched& each : rules_) {
        step(each, now, all);
    }
    return all;
}

bool engine::silence(std::string_view name, duration for_so_long, time_point now) {
    const auto found = std::ranges::find(rules_, name, [](const watched& each) {
        return std::string_view{each.rule.name};
    });
    if (found == rules_.end()) {
        return false;
    }
    found->silent_until = for_so_long > duration::zero()
                              ? std::optional{add_saturated(now, for_so_long)}
                              : std::nullopt;
    return true;
}

standing engine::standing_of(const watched& of, const series& each, time_point now) {
    return {
        of.rule.name,
        each.name,
        each.fires.is(),
        now - each.fires.since(),
        each.measured,
        describe(of.rule, each.measured)
    };
}

std::vector<summary> engine::summaries(time_point now) const {
    std::vector<summary> all;
    for (const watched& each : rules_) {
        summary made{each.rule, each.is_silent(now), {}, {}, each.folds};
        if (!each.rule.silent && made.silenced) {
            made.silenced_for = *each.silent_until - now;
        }
        for (const series& one : each.all) {
            made.operations.push_back(standing_of(each, one, now));
        }
        if (made.operations.empty()) {
            standing nothing{each.rule.name, has_pattern(each.rule) ? "" : each.rule.operation};
            nothing.figure_text = describe(each.rule, {});
            made.operations.push_back(std::move(nothing));
        }
        all.push_back(std::move(made));
    }
    return all;
}

}  // namespace curfew::alerts
