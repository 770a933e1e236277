#include <curfew/alerts/window.hpp>

#include <algorithm>

namespace curfew::alerts {

namespace {

constexpr auto width = static_cast<std::int64_t>(window::buckets);

std::size_t place_of(std::int64_t bucket) noexcept {
    return static_cast<std::size_t>((bucket % width + width) % width);
}

void add_to(window::counts& to, const window::counts& what) noexcept {
    to.calls += what.calls;
    to.of += what.of;
    to.over += what.over;
    to.unclear += what.unclear;
}

}  // namespace

void window::move_to(std::int64_t bucket) noexcept {
    if (bucket <= newest_) {
        return;
    }
    const bool all = newest_ == INT64_MIN || bucket - newest_ >= width;
    for (std::int64_t each = all ? bucket - width + 1 : newest_ + 1; each <= bucket; ++each) {
        counts& old = ring_[place_of(each)];
        sum_.calls -= old.calls;
        sum_.of -= old.of;
        sum_.over -= old.over;
        sum_.unclear -= old.unclear;
        old = {};
    }
    newest_ = bucket;
}

void window::add(time_point at, const counts& what) noexcept {
    const std::int64_t bucket = at.time_since_epoch() / pace_;
    move_to(bucket);
    add_to(ring_[place_of(std::max(bucket, newest_ - width + 1))], what);
    add_to(sum_, what);
}

const window::counts& window::sum(time_point now) noexcept {
    move_to(now.time_since_epoch() / pace_);
    return sum_;
}

}  // namespace curfew::alerts
