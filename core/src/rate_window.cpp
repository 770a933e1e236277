#include <curfew/core/expects.hpp>
#include <curfew/core/rate_window.hpp>

#include <algorithm>

namespace curfew {

count_window::count_window(std::size_t size) noexcept : size_{static_cast<std::uint32_t>(size)} {
    expects(size >= 1 && size <= max_size, "a count window has 1 to 1024 places");
}

bool count_window::at(std::size_t place) const noexcept {
    return ((bits_[place / 64] >> (place % 64)) & 1) != 0;
}

void count_window::put(std::size_t place, bool hit) noexcept {
    const auto bit = std::uint64_t{1} << (place % 64);
    bits_[place / 64] = hit ? bits_[place / 64] | bit : bits_[place / 64] & ~bit;
}

void count_window::record(bool hit) noexcept {
    if (filled_ < size_)
        ++filled_;
    else if (at(next_))
        --hits_;
    put(next_, hit);
    hits_ += hit ? 1 : 0;
    next_ = next_ + 1 == size_ ? 0 : next_ + 1;
}

count_window count_window::resized(std::size_t size) const noexcept {
    count_window other{size};
    const auto kept = std::min<std::size_t>(filled_, size);
    for (auto age = kept; age > 0; --age)
        other.record(at((next_ + size_ - age) % size_));
    return other;
}

time_window::time_window(duration span, std::size_t buckets) noexcept
    : width_{span / static_cast<duration::rep>(std::max<std::size_t>(buckets, 1))},
      size_{static_cast<std::uint32_t>(buckets)} {
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
    const auto size = static_cast<std::int64_t>(size_);
    const auto first = slice - newest_ >= size ? slice - size + 1 : newest_ + 1;
    for (auto entered = first; entered <= slice; ++entered) {
        auto& reused = slices_[place_of(entered)];
        sum_.total -= reused.total;
        sum_.hits -= reused.hits;
        reused = {};
    }
    newest_ = slice;
}

void time_window::record(bool hit, time_point now) noexcept {
    if (!begun_ || now >= newest_end_) {
        const auto slice = slice_of(now);
        if (begun_)
            advance_to(slice);
        else
            newest_ = slice;
        begun_ = true;
        newest_end_ = add_saturated(time_point{width_ * slice}, width_);
    }
    auto& newest = slices_[place_of(newest_)];
    ++newest.total;
    ++sum_.total;
    newest.hits += hit ? 1 : 0;
    sum_.hits += hit ? 1 : 0;
}

tally time_window::count(time_point now) const noexcept {
    if (!begun_) return {};
    if (now < newest_end_) return sum_;
    tally left = sum_;
    const auto size = static_cast<std::int64_t>(size_);
    const auto gone = std::min(slice_of(now) - newest_, size);
    for (std::int64_t step = 1; step <= gone; ++step) {
        const auto& leaving = slices_[place_of(newest_ + step)];
        left.total -= leaving.total;
        left.hits -= leaving.hits;
    }
    return left;
}

time_window time_window::reshaped(duration span, std::size_t buckets) const noexcept {
    time_window other{span, buckets};
    if (!begun_) return other;
    other.begun_ = true;
    other.newest_ = other.slice_of(time_point{width_ * newest_});
    other.newest_end_ = add_saturated(time_point{other.width_ * other.newest_}, other.width_);
    for (std::int64_t age = 0; age < static_cast<std::int64_t>(size_); ++age) {
        const auto& moved = slices_[place_of(newest_ - age)];
        const auto slice = other.slice_of(time_point{width_ * (newest_ - age)});
        if (moved.total == 0 || other.newest_ - slice >= static_cast<std::int64_t>(buckets))
            continue;
        auto& into = other.slices_[other.place_of(slice)];
        into.total += moved.total;
        into.hits += moved.hits;
        other.sum_.total += moved.total;
        other.sum_.hits += moved.hits;
    }
    return other;
}

bool is_valid(const window_shape& shape) noexcept {
    if (shape.over == window_shape::kind::calls)
        return shape.calls >= 1 && shape.calls <= count_window::max_size;
    return shape.buckets >= 1 && shape.buckets <= time_window::max_buckets &&
           shape.span >= duration{shape.buckets};
}

rate_window::rate_window(const window_shape& shape) noexcept
    : shape_{shape}, window_{make(shape)} {}

rate_window::either rate_window::make(const window_shape& shape) noexcept {
    if (shape.over == window_shape::kind::calls) return count_window{shape.calls};
    return time_window{shape.span, shape.buckets};
}

void rate_window::record(bool hit, time_point now) noexcept {
    if (auto* calls = std::get_if<count_window>(&window_))
        calls->record(hit);
    else
        std::get_if<time_window>(&window_)->record(hit, now);
}

tally rate_window::count(time_point now) const noexcept {
    if (const auto* calls = std::get_if<count_window>(&window_)) return calls->count();
    return std::get_if<time_window>(&window_)->count(now);
}

void rate_window::clear() noexcept {
    window_ = make(shape_);
}

std::uint64_t rate_window::most() const noexcept {
    const auto* calls = std::get_if<count_window>(&window_);
    return calls != nullptr ? calls->size() : UINT64_MAX;
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
