#include <curfew/core/expects.hpp>
#include <curfew/load/counter_random.hpp>
#include <curfew/load/schedule.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace curfew::load {
namespace {

constexpr std::uint64_t gap_stream = 0;
constexpr std::uint64_t mix_stream = 1;
constexpr std::uint64_t checkpoint_every = 1024;
constexpr double unit = 4294967296.0;  // 2^32 positions an arrival

double seconds(duration length) {
    return std::chrono::duration<double>{length}.count();
}

}  // namespace

schedule::schedule(schedule_plan plan) : gaps_{plan.gaps}, seed_{plan.seed} {
    lay_pieces(plan.segments);
    const auto& last = pieces_.back();
    const double arrivals = last.arrivals_before + last.arrivals;
    expects(arrivals < unit, "a schedule has at most 2^32 arrivals");
    const auto end = static_cast<std::uint64_t>(std::llround(arrivals * unit));
    if (gaps_ == spacing::poisson) {
        lay_checkpoints(end);
    } else {
        size_ = static_cast<std::uint64_t>(std::ceil(static_cast<double>(end) / unit));
    }
    mix_ends_.resize(plan.mix.size());
    std::partial_sum(plan.mix.begin(), plan.mix.end(), mix_ends_.begin());
    expects(!mix_ends_.empty() && mix_ends_.back() > 0, "a mix needs a positive weight");
}

void schedule::lay_pieces(const std::vector<segment>& segments) {
    double before = 0;
    for (const auto& shape : segments) {
        expects(
            shape.length > duration::zero() && shape.from >= 0 && shape.to >= 0,
            "a segment has a length and rates that are not negative"
        );
        const double arrivals = (shape.from + shape.to) / 2 * seconds(shape.length);
        pieces_.push_back({shape, length_, before, arrivals});
        before += arrivals;
        length_ += shape.length;
    }
    expects(!pieces_.empty(), "a schedule has a segment");
}

void schedule::lay_checkpoints(std::uint64_t end) {
    std::uint64_t sum = 0;
    for (;; ++size_) {
        if (size_ % checkpoint_every == 0) {
            checkpoints_.push_back(sum);
        }
        sum += gap(size_);
        if (sum >= end) {
            return;
        }
    }
}

std::uint64_t schedule::gap(std::uint64_t index) const noexcept {
    const double exponential = -std::log(random_unit(seed_, gap_stream, index));
    return static_cast<std::uint64_t>(std::llround(exponential * unit));
}

std::uint64_t schedule::position(std::uint64_t index) const noexcept {
    if (gaps_ == spacing::even) {
        return index << 32;
    }
    const auto checkpoint = index / checkpoint_every;
    auto sum = checkpoints_[checkpoint];
    for (auto i = checkpoint * checkpoint_every; i <= index; ++i) {
        sum += gap(i);
    }
    return sum;
}

duration schedule::bend(std::uint64_t position) const noexcept {
    const double arrivals = static_cast<double>(position) / unit;
    const auto after = std::ranges::upper_bound(pieces_, arrivals, {}, [](const piece& p) {
        return p.arrivals_before + p.arrivals;
    });
    const auto& in = after == pieces_.end() ? pieces_.back() : *after;
    const double length = seconds(in.shape.length);
    const double inside = arrivals - in.arrivals_before;
    const double slope = (in.shape.to - in.shape.from) / length;
    // from * t + slope * t^2 / 2 = inside, in the form that does not cancel.
    const double root = std::sqrt(in.shape.from * in.shape.from + 2 * slope * inside);
    const double sum = in.shape.from + root;
    const double t = sum > 0 ? std::clamp(2 * inside / sum, 0.0, length) : 0.0;
    return in.begins + duration{std::llround(t * 1e9)};
}

std::optional<duration> schedule::due(std::uint64_t index) const noexcept {
    if (index >= size_) {
        return std::nullopt;
    }
    return bend(position(index));
}

std::uint32_t schedule::operation(std::uint64_t index) const noexcept {
    const double at = random_unit(seed_, mix_stream, index) * mix_ends_.back();
    const auto found = std::ranges::lower_bound(mix_ends_, at);
    return static_cast<std::uint32_t>(found - mix_ends_.begin());
}

schedule::walk::walk(const schedule& of, std::uint64_t first, std::uint64_t stride) noexcept
    : of_{of}, index_{first}, stride_{stride} {
    expects(stride > 0, "a walk moves");
}

std::optional<arrival> schedule::walk::next() noexcept {
    if (index_ >= of_.size_) {
        return std::nullopt;
    }
    if (of_.gaps_ == spacing::even) {
        position_ = index_ << 32;
    } else {
        while (drawn_ <= index_) {
            position_ += of_.gap(drawn_++);
        }
    }
    const arrival found{index_, of_.bend(position_), of_.operation(index_)};
    index_ += stride_;
    return found;
}

}  // namespace curfew::load
