#include <curfew/core/expects.hpp>
#include <curfew/core/histogram.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace curfew {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr std::size_t per_power = std::size_t{1} << histogram::digit_bits;

// A plain read, add and write: there is one writer, so no locked instruction is needed.
template <class T>
void add(std::atomic<T>& to, T by) noexcept {
    to.store(to.load(relaxed) + by, relaxed);
}

template <class T>
void copy(std::atomic<T>& to, const std::atomic<T>& from) noexcept {
    to.store(from.load(relaxed), relaxed);
}

duration times(duration value, std::uint64_t count) noexcept {
    duration::rep product = 0;
    return __builtin_mul_overflow(value.count(), count, &product) ? duration::max()
                                                                  : duration{product};
}

duration plus(duration a, duration b) noexcept {
    return add_saturated(time_point{a}, b).time_since_epoch();
}

}  // namespace

histogram::histogram(const histogram& other) noexcept {
    *this = other;
}

histogram& histogram::operator=(const histogram& other) noexcept {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < bucket_count; ++i) {
        const std::uint64_t count = other.buckets_[i].load(relaxed);
        buckets_[i].store(count, relaxed);
        total += count;
    }
    count_.store(total, relaxed);
    copy(below_, other.below_);
    copy(above_, other.above_);
    copy(sum_, other.sum_);
    copy(max_, other.max_);
    return *this;
}

void histogram::record(duration value, std::uint64_t count) noexcept {
    value = std::max(value, duration::zero());
    add(buckets_[index_of(value)], count);
    if (value < range_begin) {
        add(below_, count);
    } else if (value >= range_end) [[unlikely]] {
        add(above_, count);
    }
    add_totals(count == 1 ? value : times(value, count), count, count == 0 ? duration{} : value);
}

void histogram::merge(const histogram& other) noexcept {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < bucket_count; ++i) {
        const std::uint64_t count = other.buckets_[i].load(relaxed);
        add(buckets_[i], count);
        total += count;
    }
    add(below_, other.below());
    add(above_, other.above());
    add_totals(other.sum(), total, other.max());
}

void histogram::add_bucket(std::size_t index, std::uint64_t count) noexcept {
    expects(index < bucket_count, "a histogram has 1024 buckets");
    add(buckets_[index], count);
    add(count_, count);
}

void histogram::add_totals(const totals& more) noexcept {
    add(below_, more.below);
    add(above_, more.above);
    add_totals(more.sum, 0, more.max);
}

duration histogram::mean() const noexcept {
    const std::uint64_t samples = count();
    return samples == 0
               ? duration::zero()
               : duration{
                     static_cast<duration::rep>(static_cast<std::uint64_t>(sum().count()) / samples)
                 };
}

duration histogram::quantile(double q) const noexcept {
    const std::uint64_t samples = count();
    if (samples == 0) {
        return duration::zero();
    }
    const double share = std::clamp(std::isnan(q) ? 1.0 : q, 0.0, 1.0);
    const double exact_rank = std::ceil(share * static_cast<double>(samples));
    const std::uint64_t rank =
        exact_rank >= static_cast<double>(samples)
            ? samples
            : std::max(static_cast<std::uint64_t>(exact_rank), std::uint64_t{1});
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i + 1 < bucket_count; ++i) {
        const bucket next = at(i);
        seen += next.count;
        if (seen >= rank) {
            return std::min(next.upper, max());
        }
    }
    return max();
}

std::uint64_t histogram::count_at_most(duration bound) const noexcept {
    std::uint64_t found = 0;
    count_at_most({&bound, 1}, {&found, 1});
    return found;
}

void histogram::count_at_most(std::span<const duration> bounds, std::span<std::uint64_t> counts)
    const noexcept {
    expects(bounds.size() == counts.size(), "one count for each bound");
    constexpr duration last = range_end - duration{1};
    std::uint64_t seen = 0;
    std::size_t index = 0;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        const bool in_range = bounds[i] < last;
        const std::size_t end = in_range ? index_of(bounds[i] + duration{1}) : bucket_count;
        for (; index < end; ++index) {
            seen += buckets_[index].load(relaxed);
        }
        const bool too_long_too = in_range || bounds[i] == duration::max();
        counts[i] = too_long_too ? seen : seen - std::min(seen, above());
    }
}

histogram::bucket histogram::at(std::size_t index) const noexcept {
    const std::size_t power = index / per_power;
    const auto digits = static_cast<duration::rep>(per_power + index % per_power);
    const auto shift = power + lowest_power - digit_bits;
    return {
        index == 0 ? duration::zero() : duration{digits << shift},
        duration{((digits + 1) << shift) - 1},
        buckets_[index].load(relaxed),
    };
}

std::size_t histogram::index_of(duration value) noexcept {
    const duration inside = std::clamp(value, range_begin, range_end - duration{1});
    const auto bits = static_cast<std::uint64_t>(inside.count());
    const auto power = static_cast<unsigned>(std::bit_width(bits)) - 1;
    const std::uint64_t digits = (bits >> (power - digit_bits)) - per_power;
    return (power - lowest_power) * per_power + digits;
}

void histogram::add_totals(duration sum, std::uint64_t count, duration max) noexcept {
    add(count_, count);
    sum_.store(plus(histogram::sum(), sum).count(), relaxed);
    if (max > histogram::max()) {
        max_.store(max.count(), relaxed);
    }
}

}  // namespace curfew
