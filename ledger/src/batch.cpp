#include "batch.hpp"

#include "packed_event.hpp"
#include "varint.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace curfew::ledger {
namespace {

std::size_t hash_of(const event& what, std::string_view name) noexcept {
    const std::uint64_t ways = static_cast<std::uint64_t>(what.where) |
                               static_cast<std::uint64_t>(what.ended) << 8 |
                               static_cast<std::uint64_t>(what.why.kind) << 16 |
                               static_cast<std::uint64_t>(what.why.reason) << 24 |
                               (what.error ? static_cast<std::uint64_t>(*what.error) + 1 : 0) << 32;
    return std::hash<std::string_view>{}(name) ^
           std::hash<std::string_view>{}(what.why.limit_name) * 31 ^
           std::hash<std::uint64_t>{}(ways * 0x9e3779b97f4a7c15U);
}

bool is_same(const series& kept, const event& what, std::string_view name) noexcept {
    return kept.where == what.where && kept.ended == what.ended && kept.why == what.why.kind &&
           kept.reason == what.why.reason && kept.error == what.error && kept.name == name &&
           kept.limit_name == what.why.limit_name;
}

}  // namespace

void batch::take(const event& what, wall_time started, std::uint32_t one_in) {
    const wall_time ended{
        add_saturated(time_point{started.time_since_epoch()}, what.took).time_since_epoch()
    };
    const series_index index = index_of(what);
    const minute_key key{minute_of(ended), index};
    auto at = minutes_.find(key);
    if (at == minutes_.end() && minutes_.size() < minutes_max) {
        at = minutes_.emplace(key, sparse_figures{}).first;
    }
    if (at == minutes_.end()) {
        count(fate::figures_dropped);
    } else {
        at->second.add(what);
        count(fate::recorded);
    }
    if (one_in == 0) {
        count(fate::row_sampled_out);
    } else if (rows_.size() == rows_max) {
        count(fate::row_dropped);
    } else {
        rows_.push_back(
            {index,
             started,
             ended,
             what.took,
             what.limit,
             what.why.limit,
             what.trace,
             one_in,
             !is_plain_success(what),
             encode_detail(what)}
        );
        count(fate::row_kept);
    }
}

bool batch::take(mark what) {
    if (marks_.size() == marks_max) {
        return false;
    }
    marks_.push_back(std::move(what));
    return true;
}

batch::series_index batch::put(series what) {
    series_.push_back(std::move(what));
    return static_cast<series_index>(series_.size() - 1);
}

bool batch::empty() const noexcept {
    return rows_.empty() && minutes_.empty() && marks_.empty() && fates_ == fates{};
}

void batch::clear() noexcept {
    rows_.clear();
    minutes_.clear();
    marks_.clear();
    fates_ = {};
}

batch::series_index batch::index_of(const event& what) {
    const auto find = [&](std::string_view name) -> const series_index* {
        const auto [first, last] = index_.equal_range(hash_of(what, name));
        const auto found = std::find_if(first, last, [&](const auto& each) {
            return is_same(series_[each.second], what, name);
        });
        return found == last ? nullptr : &found->second;
    };
    std::string_view name = what.name;
    if (const auto* found = find(name)) {
        return *found;
    }
    if (series_.size() >= series_max) {
        name = "other";
        if (const auto* found = find(name)) {
            return *found;
        }
    }
    // `other` itself has few ways to end, so the few that come after the bound are no leak.
    const auto index = static_cast<series_index>(series_.size());
    series_.push_back(
        {what.where,
         std::string{name},
         what.ended,
         what.why.kind,
         what.why.reason,
         what.error,
         std::string{what.why.limit_name}}
    );
    index_.emplace(hash_of(what, name), index);
    return index;
}

std::string encode_detail(const event& what) {
    std::string text;
    text.reserve(96);
    put_varint(text, what.account.entries().size());
    for (const auto& each : what.account.entries()) {
        put_varint(text, static_cast<std::uint64_t>(each.what));
        put_varint(text, each.number);
        put_varint(text, static_cast<std::uint64_t>(std::max(each.spent.count(), duration::rep{})));
    }
    for (const auto& each : what.attributes) {
        put_varint(text, each.key.size());
        text += each.key;
        put_varint(text, each.value.size());
        text += each.value;
    }
    return text;
}

bool decode_detail(std::string_view from, kept_operation& to) {
    varint_reader left{from};
    std::uint64_t stages = 0;
    if (!left.number(stages) || stages > time_account::capacity) {
        return false;
    }
    for (; stages > 0; --stages) {
        std::uint64_t what = 0;
        std::uint64_t number = 0;
        std::uint64_t spent = 0;
        if (!left.number(what) || what >= stage_count || !left.number(number) || number > 255 ||
            !left.number(spent) || spent > static_cast<std::uint64_t>(duration::max().count())) {
            return false;
        }
        to.account.add(
            static_cast<stage>(what),
            duration{static_cast<duration::rep>(spent)},
            static_cast<std::uint8_t>(number)
        );
    }
    while (!left.at_end()) {
        std::uint64_t size = 0;
        std::string_view key;
        std::string_view value;
        if (to.attributes.size() == attributes_max || !left.number(size) || !left.text(key, size) ||
            !left.number(size) || !left.text(value, size)) {
            return false;
        }
        to.attributes.emplace_back(key, value);
    }
    return true;
}

}  // namespace curfew::ledger
