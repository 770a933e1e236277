#include "sparse_figures.hpp"

#include "varint.hpp"

#include <algorithm>

namespace curfew::ledger {
namespace {

duration plus(duration a, duration b) noexcept {
    return add_saturated(time_point{a}, b).time_since_epoch();
}

std::uint64_t as_number(duration value) noexcept {
    return static_cast<std::uint64_t>(std::max(value, duration::zero()).count());
}

bool as_duration(std::uint64_t value, duration& to) noexcept {
    to = duration{static_cast<duration::rep>(value)};
    return to >= duration::zero();
}

}  // namespace

void sparse_figures::add(const event& what) {
    const duration took = std::max(what.took, duration::zero());
    totals_.below += took < histogram::range_begin ? 1 : 0;
    totals_.above += took >= histogram::range_end ? 1 : 0;
    totals_.sum = plus(totals_.sum, took);
    totals_.max = std::max(totals_.max, took);
    near_misses_ += is_near_miss(what) ? 1 : 0;
    for (const auto& each : what.account.entries()) {
        auto& spent = spent_[static_cast<std::size_t>(each.what)];
        spent = plus(spent, std::max(each.spent, duration::zero()));
    }
    add_bucket(static_cast<std::uint16_t>(histogram::index_of(took)), 1);
}

void sparse_figures::merge(const sparse_figures& other) {
    totals_.below += other.totals_.below;
    totals_.above += other.totals_.above;
    totals_.sum = plus(totals_.sum, other.totals_.sum);
    totals_.max = std::max(totals_.max, other.totals_.max);
    near_misses_ += other.near_misses_;
    for (std::size_t i = 0; i < stage_count; ++i) {
        spent_[i] = plus(spent_[i], other.spent_[i]);
    }
    for (const bucket& each : other.buckets_) {
        add_bucket(each.index, each.count);
    }
}

std::uint64_t sparse_figures::count() const noexcept {
    std::uint64_t sum = 0;
    for (const bucket& each : buckets_) {
        sum += each.count;
    }
    return sum;
}

void sparse_figures::add_to(figures& whole) const noexcept {
    for (const bucket& each : buckets_) {
        whole.took.add_bucket(each.index, each.count);
    }
    whole.took.add_totals(totals_);
    whole.near_misses += near_misses_;
    for (std::size_t i = 0; i < stage_count; ++i) {
        whole.spent[i] = plus(whole.spent[i], spent_[i]);
    }
}

void sparse_figures::add_bucket(std::uint16_t index, std::uint64_t count) {
    const auto at = std::ranges::lower_bound(buckets_, index, {}, &bucket::index);
    if (at != buckets_.end() && at->index == index) {
        at->count += count;
    } else {
        buckets_.insert(at, {index, count});
    }
}

std::string sparse_figures::encode() const {
    std::string text;
    put_varint(text, totals_.below);
    put_varint(text, totals_.above);
    put_varint(text, as_number(totals_.sum));
    put_varint(text, as_number(totals_.max));
    put_varint(text, static_cast<std::uint64_t>(std::ranges::count_if(spent_, [](duration each) {
                   return each > duration::zero();
               })));
    for (std::size_t i = 0; i < stage_count; ++i) {
        if (spent_[i] > duration::zero()) {
            put_varint(text, i);
            put_varint(text, as_number(spent_[i]));
        }
    }
    std::uint64_t next = 0;
    for (const bucket& each : buckets_) {
        put_varint(text, each.index - next);
        put_varint(text, each.count);
        next = each.index + 1U;
    }
    return text;
}

bool sparse_figures::decode(std::string_view from) {
    varint_reader left{from};
    std::uint64_t sum = 0;
    std::uint64_t max = 0;
    near_misses_ = 0;
    spent_ = {};
    buckets_.clear();
    return left.number(totals_.below) && left.number(totals_.above) && left.number(sum) &&
           left.number(max) && as_duration(sum, totals_.sum) && as_duration(max, totals_.max) &&
           read_stages(left) && read_buckets(left);
}

bool sparse_figures::read_stages(varint_reader& from) {
    std::uint64_t stages = 0;
    if (!from.number(stages) || stages > stage_count) {
        return false;
    }
    for (; stages > 0; --stages) {
        std::uint64_t which = 0;
        std::uint64_t spent = 0;
        if (!from.number(which) || which >= stage_count || !from.number(spent) ||
            !as_duration(spent, spent_[which])) {
            return false;
        }
    }
    return true;
}

bool sparse_figures::read_buckets(varint_reader& from) {
    std::uint64_t next = 0;
    while (!from.at_end()) {
        std::uint64_t distance = 0;
        std::uint64_t count = 0;
        if (!from.number(distance) || !from.number(count) ||
            distance >= histogram::bucket_count - next) {
            return false;
        }
        buckets_.push_back({static_cast<std::uint16_t>(next + distance), count});
        next += distance + 1;
        if (next >= histogram::bucket_count) {
            return from.at_end();
        }
    }
    return true;
}

}  // namespace curfew::ledger
