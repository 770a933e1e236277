#include "bypass_record.hpp"
#include <curfew/report/summary.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace curfew::report {
namespace {

using ledger::kept_operation;
using ledger::minute_of;
using ledger::series;

constexpr std::size_t slots_most = 120;
constexpr std::size_t rows_most = 20'000;
constexpr std::size_t shown_most = 20;

bool is_refused(const series& what) noexcept {
    return what.ended == outcome::ignored;
}

bool is_operation(const series& what) noexcept {
    return what.where != surface::supervisor && what.where != surface::policy &&
           what.where != surface::startup;
}

/// Sums of one pass, by the address of the reader's series: it is the same for all its minutes.
struct one_series {
    const series* what = nullptr;
    ledger::figures sums;
};

class collecting {
  public:
    collecting(summary& to, const question& asked) : to_{to}, asked_{asked} {
        const auto minutes =
            std::max<ledger::minute>(1, minute_of(asked.when.to) - minute_of(asked.when.from));
        const auto each = (minutes + slots_most - 1) / static_cast<ledger::minute>(slots_most);
        first_ = minute_of(asked.when.from);
        minutes_each_ = std::max<ledger::minute>(1, each);
        to_.slot_length = std::chrono::minutes{minutes_each_};
        to_.slots.resize(static_cast<std::size_t>((minutes + minutes_each_ - 1) / minutes_each_));
    }

    void take(ledger::minute at, const series& what, const ledger::minute_figures& figures) {
        if (is_operation(what) && asked_.where && what.where != *asked_.where) {
            return;
        }
        auto& mine = all_[&what];
        if (!mine) {
            mine = std::make_unique<one_series>();
            mine->what = &what;
        }
        figures.add_to(mine->sums);
        const auto index = static_cast<std::size_t>((at - first_) / minutes_each_);
        if (!is_operation(what) || at < first_ || index >= to_.slots.size()) {
            return;
        }
        slot& in = to_.slots[index];
        in.ended += figures.count();
        in.timed_out += what.ended == outcome::timeout ? figures.count() : 0;
        in.failed += what.ended == outcome::failure ? figures.count() : 0;
        in.refused += is_refused(what) ? figures.count() : 0;
    }

    void finish() {
        for (const auto& [address, each] : all_) {
            const series& what = *each->what;
            const ending end{what, each->sums.took.count(), {}};
            if (what.where == surface::supervisor) {
                to_.backend.push_back(end);
            } else if (is_bypass(what)) {
                to_.bypassed += end.count;
            } else if (is_operation(what)) {
                add(what, each->sums);
                auto* list = what.ended == outcome::timeout     ? &to_.timed_out
                             : what.ended == outcome::failure   ? &to_.failed
                             : what.ended == outcome::cancelled ? &to_.cancelled
                             : is_refused(what)                 ? &to_.refused
                                                                : nullptr;
                if (list != nullptr) {
                    list->push_back(end);
                }
            }
        }
        std::vector<const operation_figures*> frequent;
        for (const auto& [key, each] : operations_) {
            frequent.push_back(each.get());
        }
        std::ranges::sort(frequent, [](const auto* a, const auto* b) {
            const auto more = b->count();
            const auto less = a->count();
            return std::tie(more, a->where, a->name) < std::tie(less, b->where, b->name);
        });
        for (const auto* each : frequent) {
            to_.operations.push_back(*each);
        }
        for (auto* list :
             {&to_.timed_out, &to_.failed, &to_.refused, &to_.cancelled, &to_.backend}) {
            std::ranges::sort(*list, [](const ending& a, const ending& b) {
                return std::tie(b.count, a.what) < std::tie(a.count, b.what);
            });
        }
    }

  private:
    void add(const series& what, const ledger::figures& sums) {
        auto& to = operations_[{what.where, what.name}];
        if (!to) {
            to = std::make_unique<operation_figures>();
            to->where = what.where;
            to->name = what.name;
        }
        to->by_outcome[static_cast<std::size_t>(what.ended)] += sums.took.count();
        to->near_misses += sums.near_misses;
        if (what.why == cause_kind::completed && what.ended != outcome::timeout) {
            to->took.merge(sums.took);
        }
        for (std::size_t i = 0; i < to->spent.size(); ++i) {
            to->spent[i] += sums.spent[i];
        }
    }

    summary& to_;
    const question& asked_;
    ledger::minute first_ = 0;
    ledger::minute minutes_each_ = 1;
    std::unordered_map<const series*, std::unique_ptr<one_series>> all_;
    std::map<std::pair<surface, std::string>, std::unique_ptr<operation_figures>> operations_;
};

std::string trace_of(const kept_operation& row) {
    const auto text = format_trace(row.trace);
    return row.trace.valid() ? std::string{text.data(), text.size()} : std::string{};
}

void find_examples(summary& in, const std::vector<kept_operation>& rows) {
    std::map<series, std::string> newest;
    for (const auto& row : rows) {
        newest.try_emplace(row.what, trace_of(row));
        const bool near = row.what.why == cause_kind::completed &&
                          row.what.ended != outcome::timeout && row.limit > duration::zero() &&
                          row.took > row.limit / 5 * 4;
        if (near) {
            const auto share =
                static_cast<double>(row.took.count()) / static_cast<double>(row.limit.count());
            in.near.push_back({row, share});
        }
    }
    for (auto* list : {&in.timed_out, &in.failed, &in.refused, &in.cancelled}) {
        for (auto& each : *list) {
            const auto found = newest.find(each.what);
            each.trace_id = found == newest.end() ? "" : found->second;
        }
    }
    std::ranges::sort(in.near, [](const near_miss& a, const near_miss& b) {
        return std::tie(b.share, b.what.started) < std::tie(a.share, a.what.started);
    });
    in.near.resize(std::min(in.near.size(), shown_most));
}

result<> read_rows(ledger::reader& from, const question& asked, summary& to) {
    ledger::filter rows;
    rows.when = asked.when;
    rows.where = asked.where;
    auto all = from.operations(rows, false, rows_most);
    if (!all) {
        return std::unexpected{all.error()};
    }
    find_examples(to, *all);
    rows.where = surface::supervisor;
    auto steps = from.operations(rows, false, rows_most);
    if (!steps) {
        return std::unexpected{steps.error()};
    }
    std::erase_if(*steps, [](const kept_operation& each) {
        return each.what.ended == outcome::ignored;
    });
    steps->resize(std::min(steps->size(), shown_most));
    to.incidents = *std::move(steps);
    rows.where = surface::startup;
    auto starts = from.operations(rows, false, rows_most);
    if (!starts) {
        return std::unexpected{starts.error()};
    }
    std::ranges::copy_if(*starts, std::back_inserter(to.bypasses), [&](const auto& each) {
        return is_bypass(each.what) && to.bypasses.size() < shown_most;
    });
    starts->resize(std::min(starts->size(), shown_most));
    to.starts = *std::move(starts);
    return {};
}

template <class T>
std::uint64_t sum_of(const std::vector<T>& of, auto&& value) {
    std::uint64_t sum = 0;
    for (const T& each : of) {
        sum += value(each);
    }
    return sum;
}

}  // namespace

std::uint64_t operation_figures::count() const noexcept {
    std::uint64_t sum = 0;
    for (const auto each : by_outcome) {
        sum += each;
    }
    return sum;
}

std::uint64_t operation_figures::count(outcome of) const noexcept {
    return by_outcome[static_cast<std::size_t>(of)];
}

std::uint64_t summary::count() const noexcept {
    return sum_of(operations, [](const auto& each) { return each.count(); });
}

std::uint64_t summary::count(outcome of) const noexcept {
    return sum_of(operations, [of](const auto& each) { return each.count(of); });
}

std::uint64_t summary::near_misses() const noexcept {
    return sum_of(operations, [](const auto& each) { return each.near_misses; });
}

result<summary> summarize(ledger::reader& from, const question& what) {
    summary made;
    made.when = what.when;
    made.where = what.where;
    ledger::filter all;
    all.when = what.when;
    collecting sums{made, what};
    const auto read = from.each_minute(all, [&](auto at, const auto& which, const auto& figures) {
        sums.take(at, which, figures);
    });
    if (!read) {
        return std::unexpected{read.error()};
    }
    sums.finish();
    if (const auto rows = what.examples ? read_rows(from, what, made) : result<>{}; !rows) {
        return std::unexpected{rows.error()};
    }
    std::optional<failure> failed;
    const auto keep = [&failed](auto asked, auto& to) {
        if (asked) {
            to = *std::move(asked);
        } else if (!failed) {
            failed = asked.error();
        }
    };
    keep(from.marks(what.when), made.marks);
    if (what.examples) {
        keep(find_policy_history(from, what.when), made.policy);
    }
    keep(from.instances(what.when), made.processes);
    keep(from.what_became(what.when), made.became);
    keep(from.covers(), made.covers);
    if (failed) {
        return std::unexpected{*failed};
    }
    return made;
}

}  // namespace curfew::report
