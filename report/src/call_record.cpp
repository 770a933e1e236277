#include "call_record.hpp"

#include <algorithm>

namespace curfew::report {
namespace {

constexpr std::size_t index_of(call_kind kind) noexcept {
    return static_cast<std::size_t>(kind);
}

}  // namespace

packed_histogram::packed_histogram(const histogram& of)
    : totals_{of.below(), of.above(), of.sum(), of.max()} {
    for (std::size_t i = 0; i < histogram::bucket_count; ++i) {
        if (const auto count = of.at(i).count; count > 0) {
            buckets_.emplace_back(static_cast<std::uint16_t>(i), count);
        }
    }
}

void packed_histogram::add_to(histogram& sum) const {
    for (const auto& [index, count] : buckets_) {
        sum.add_bucket(index, count);
    }
    sum.add_totals(totals_);
}

void call_record::add(call_kind kind, const ledger::minute_figures& figures) {
    figures.add_to(now_[index_of(kind)]);
    touched_[index_of(kind)] = true;
}

void call_record::close(std::size_t slot) {
    trend_slot& to = slots_[slot];
    const auto& calm = now_[index_of(call_kind::calm)].took;
    to.completed = calm.count();
    to.timed_out = now_[index_of(call_kind::calm_cut)].took.count();
    to.ended = to.completed + to.timed_out;
    for (std::size_t i = 0; to.completed > 0 && i < trend_quantiles.size(); ++i) {
        to.took[i] = calm.quantile(trend_quantiles[i]);
    }
    for (std::size_t kind = 0; kind < call_kinds; ++kind) {
        if (touched_[kind]) {
            packed_[slot][kind] = packed_histogram{now_[kind].took};
            now_[kind] = {};
            touched_[kind] = false;
        }
    }
}

void call_record::add_since(std::size_t slot, call_kind kind, histogram& sum) const {
    for (std::size_t i = slot; i < packed_.size(); ++i) {
        packed_[i][index_of(kind)].add_to(sum);
    }
}

std::vector<statistics::cut_calls> by_limit(
    const histogram& cut, const std::vector<duration>& known
) {
    std::vector<statistics::cut_calls> made;
    cut.for_each_bucket([&](const histogram::bucket& each) {
        const auto above = std::ranges::upper_bound(known, each.upper);
        duration limit = each.lower;
        // A loop that was busy ends a call a little late.
        if (above != known.begin() && *(above - 1) + *(above - 1) / 10 >= each.lower) {
            limit = *(above - 1);
        }
        if (made.empty() || made.back().limit != limit) {
            made.push_back({limit, 0});
        }
        made.back().count += each.count;
    });
    return made;
}

}  // namespace curfew::report
