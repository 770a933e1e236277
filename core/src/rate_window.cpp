#include <curfew/core/expects.hpp>
#include <curfew/core/rate_window.hpp>

#include <algorithm>
#include <utility>

namespace curfew {

count_window::count_window(std::size_t size) noexcept : size_{static_cast<std::uint32_t>(size)} {
    expects(size >= 1 && size <= max_size, "a count window has 1 to 1024 places");
}

count_window count_window::resized(std::size_t size) const noexcept {
    count_window other{size};
    const auto replay = [&](const bits& from, std::size_t next, std::size_t total, auto put) {
        for (auto age = std::min(total, size); age > 0; --age) {
            const auto place = (next + size_ - age) % size_;
            put(from[place / 64] >> (place % 64) & 1);
        }
    };
    replay(failures_, next_failure_, sum_.failures.total, [&](auto hits) {
        other.record({.failures = {1, hits}});
    });
    replay(slow_, next_slow_, sum_.slow.total, [&](auto hits) {
        other.record({.slow = {1, hits}});
    });
    return other;
}

time_window::time_window(duration span, std::size_t buckets) noexcept
    : width_{span / static_cast<duration::rep>(std::max<std::size_t>(buckets, 1))}, size_{buckets} {
    expects(buckets >= 1 && buckets <= max_buckets, "a time window has 1 to 60 buckets");
    expects(width_ > duration::zero(), "a bucket is at least a nanosecond long");
}

std::int64_t time_window::slice_of(time_point at) const noexcept {
    const auto since = at.time_since_epoch().count();
    const auto width = width_.count();
    return since / width - (since % width < 0 ? 1 : 0);
}

std::size_t time_window::place_of(std::int64_t slice) const noexcept {
    const auto size = static_cast<std::int64_t>(size_);
    return static_cast<std::size_t>((slice % size + size) % size);
}

void time_window::advance_to(std::int64_t slice) noexcept {
    slices_[place_of(newest_)] = sum_ - before_newest_;
    const auto size = static_cast<std::int64_t>(size_);
    const auto first = slice - newest_ >= size ? slice - size + 1 : newest_ + 1;
    for (auto entered = first; entered <= slice; ++entered)
        sum_ -= std::exchange(slices_[place_of(entered)], {});
    before_newest_ = sum_;
    newest_ = slice;
    newest_end_ = add_saturated(time_point{width_ * slice}, width_);
}

tallies time_window::count_ahead(time_point now) const noexcept {
    const auto gone = slice_of(now) - newest_;
    if (gone >= static_cast<std::int64_t>(size_)) return {};
    tallies left = sum_;
    for (std::int64_t step = 1; step <= gone; ++step)
        left -= slices_[place_of(newest_ + step)];
    return left;
}

time_window time_window::reshaped(duration span, std::size_t buckets) const noexcept {
    time_window other{span, buckets};
    if (newest_end_ == time_point::min()) return other;
    for (auto age = static_cast<std::int64_t>(size_) - 1; age > 0; --age)
        other.record(slices_[place_of(newest_ - age)], time_point{width_ * (newest_ - age)});
    other.record(sum_ - before_newest_, time_point{width_ * newest_});
    return other;
}

bool is_valid(const window_shape& shape) noexcept {
    if (shape.over == window_shape::kind::calls)
        return shape.calls >= 1 && shape.calls <= count_window::max_size;
    return shape.buckets >= 1 && shape.buckets <= time_window::max_buckets &&
           shape.span >= duration{shape.buckets};
}

rate_window::rate_window(const window_shape& shape) noexcept
    : window_{make(shape)}, shape_{shape} {}

rate_window::either rate_window::make(const window_shape& shape) noexcept {
    if (shape.over == window_shape::kind::calls) return count_window{shape.calls};
    return time_window{shape.span, shape.buckets};
}

void rate_window::clear() noexcept {
    window_ = make(shape_);
}

void rate_window::reshape(const window_shape& shape) noexcept {
    if (shape == shape_) return;
    const bool same_kind = shape.over == shape_.over;
    shape_ = shape;
    if (!same_kind)
        window_ = make(shape);
    else if (auto* calls = std::get_if<count_window>(&window_))
        window_ = calls->resized(shape.calls);
    else
        window_ = std::get_if<time_window>(&window_)->reshaped(shape.span, shape.buckets);
}

}  // namespace curfew
