#include <curfew/core/expects.hpp>
#include <curfew/load/recorder.hpp>

#include <algorithm>
#include <deque>

namespace curfew::load {
namespace {

duration width_for(duration length) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(length).count();
    const auto most = static_cast<std::int64_t>(recorder::slots_max);
    return std::chrono::seconds{std::max<std::int64_t>(1, (seconds + most - 1) / most)};
}

}  // namespace

recorder::recorder(
    const schedule& plan, std::vector<phase> phases, time_point start, duration objective
)
    : plan_{plan},
      phases_{std::move(phases)},
      start_{start},
      objective_{objective},
      slot_width_{width_for(plan.length())},
      slots_{static_cast<std::size_t>((plan.length() + slot_width_ - duration{1}) / slot_width_)},
      tallies_(plan.operations() * phases_.size()),
      time_lines_(plan.operations() * slots_),
      recorded_(plan.size()),
      good_(plan.size()) {
    expects(
        !phases_.empty() && phases_.front().begins == duration::zero() &&
            std::ranges::is_sorted(phases_, {}, &phase::begins),
        "phases begin at zero and in order"
    );
}

std::size_t recorder::phase_at(duration due) const noexcept {
    const auto after = std::ranges::upper_bound(phases_, due, {}, &phase::begins);
    return static_cast<std::size_t>(after - phases_.begin()) - 1;
}

void recorder::record(const sample& what) noexcept {
    expects(what.index < recorded_.size() && !recorded_[what.index], "a request is recorded once");
    recorded_[what.index] = true;
    const auto how = ending_of(what.error);
    good_[what.index] = how == ending::success && what.at.response() <= objective_;
    const auto due = what.at.due - start_;
    tallies_[what.operation * phases_.size() + phase_at(due)].record(what);
    const auto slot = std::min(static_cast<std::size_t>(due / slot_width_), slots_ - 1);
    auto& in = time_lines_[what.operation * slots_ + slot];
    ++in.ended[static_cast<std::size_t>(how)];
    in.good += good_[what.index] ? 1 : 0;
    if (how == ending::success || how == ending::timed_out || how == ending::unfinished) {
        in.waited.record(what.at.response());
    }
}

void recorder::finish(time_point end) noexcept {
    schedule::walk walk{plan_};
    while (const auto due = walk.next()) {
        const auto point = start_ + due->due;
        if (point < end && !recorded_[due->index]) {
            record({due->index, due->operation, {point, end, end, end}, error_category::unfinished}
            );
        }
    }
}

const tally& recorder::of(std::uint32_t operation, std::size_t phase_index) const noexcept {
    return tallies_[operation * phases_.size() + phase_index];
}

tally recorder::of(std::uint32_t operation, std::size_t first, std::size_t last) const {
    tally sum;
    for (auto i = first; i < last; ++i) {
        sum.merge(of(operation, i));
    }
    return sum;
}

tally recorder::total() const {
    tally sum;
    for (const auto& part : tallies_) {
        sum.merge(part);
    }
    return sum;
}

std::span<const time_slot> recorder::time_line(std::uint32_t operation) const noexcept {
    return std::span{time_lines_}.subspan(operation * slots_, slots_);
}

duration recorder::longest_outage(std::uint32_t operation) const noexcept {
    duration longest{};
    std::optional<duration> since;
    schedule::walk walk{plan_};
    while (const auto due = walk.next()) {
        if (due->operation != operation) {
            continue;
        }
        if (!good_[due->index]) {
            since = since.value_or(due->due);
        } else if (since) {
            longest = std::max(longest, due->due - *since);
            since.reset();
        }
    }
    return since ? std::max(longest, plan_.length() - *since) : longest;
}

std::optional<duration> recorder::time_to_recover(
    std::uint32_t operation, duration from, duration until, const recovery_rule& rule
) const {
    std::deque<arrival> window;
    std::size_t good = 0;
    const auto settled = [&](duration end) {
        return !window.empty() && end - window.front().due >= rule.window &&
               static_cast<double>(good) >= rule.share * static_cast<double>(window.size());
    };
    bool dropped = false;
    const auto recovered = [&] { return dropped ? window.front().due - from : duration::zero(); };
    const auto drop_first = [&] {
        dropped = true;
        good -= good_[window.front().index] ? 1 : 0;
        window.pop_front();
    };
    schedule::walk walk{plan_};
    for (auto due = walk.next(); due && due->due < until; due = walk.next()) {
        if (due->operation != operation || due->due < from) {
            continue;
        }
        // A window that could hold one more arrival is complete only now.
        while (!window.empty() && due->due - window.front().due >= rule.window) {
            if (settled(due->due)) {
                return recovered();
            }
            drop_first();
        }
        window.push_back(*due);
        good += good_[due->index] ? 1 : 0;
    }
    for (; !window.empty(); drop_first()) {
        if (settled(until)) {
            return recovered();
        }
    }
    return std::nullopt;
}

}  // namespace curfew::load
