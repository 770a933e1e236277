#include <curfew/core/adaptive_timeout.hpp>
#include <curfew/core/expects.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace curfew {

namespace {

constexpr std::uint32_t judge_every = 64;
constexpr double hysteresis = 0.1;
constexpr std::uint32_t widening_max = 1U << 20;
constexpr std::uint64_t generation_max = 1U << 31;

/// So many times as many were cut as completed in the second half of their limit: they hang.
constexpr std::uint64_t plateau = 10;

duration times(duration value, double factor) noexcept {
    const double product = static_cast<double>(value.count()) * factor;
    constexpr auto most = static_cast<double>(std::numeric_limits<duration::rep>::max()) / 2;
    return duration{static_cast<duration::rep>(std::min(product, most))};
}

template <class Counts>
std::uint64_t sum_of(const Counts& all, std::ptrdiff_t from) noexcept {
    return std::accumulate(all.begin() + from, all.end(), std::uint64_t{0});
}

}  // namespace

bool is_valid(const adaptive_timeout_config& config) noexcept {
    return config.floor > duration::zero() && config.floor <= config.ceiling &&
           config.false_timeouts >= 0.0001 && config.false_timeouts <= 0.1 && config.safety >= 1 &&
           config.safety <= 10 && config.span > duration::zero() &&
           config.interval > duration::zero();
}

std::string_view to_string(adaptive_state state) noexcept {
    switch (state) {
        case adaptive_state::cold:
            return "cold";
        case adaptive_state::live:
            return "live";
        case adaptive_state::widened:
            return "widened";
    }
    return "cold";
}

adaptive_timeout::adaptive_timeout(const adaptive_timeout_config& config) noexcept
    : limit_{config.ceiling.count()}, config_{config}, base_{config.ceiling} {
    expects(is_valid(config), "an adaptive time-out needs a valid configuration");
}

adaptive_timeout::call adaptive_timeout::begin(time_point now) const noexcept {
    call one;
    one.began_ = now;
    one.is_ = call::phase::running;
    one.limit_ = limit();
    return one;
}

bool adaptive_timeout::reaches_limit(call& one, time_point now) noexcept {
    using phase = call::phase;
    if (one.is_ != phase::running && one.is_ != phase::patient) return false;
    seen(now);
    const auto go_on = [&](phase as, duration limit) {
        ++told_.let_on;
        one.is_ = as;
        one.limit_ = limit < config_.ceiling ? limit : duration::max();
        return false;
    };
    if (is_cold_ || one.limit_ >= config_.ceiling) return go_on(one.is_, duration::max());
    const bool is_silent = answered_began_ <= one.began_;
    if (one.is_ == phase::running && is_silent) {
        return go_on(phase::patient, times(one.limit_, patience));
    }
    if (cut_since_scout_ + 1 >= scout_every && !scouting_) {
        scouting_ = true;
        return go_on(phase::scout, duration::max());
    }
    one.is_ = phase::cut;
    ++told_.cut;
    ++cut_since_scout_;
    ++undecided_[bucket_of(one.limit_)];
    silent_in_a_row_ += is_silent ? 1U : 0U;
    if (silent_in_a_row_ >= burst) {
        silent_in_a_row_ = 0;
        widening_ = std::min(widening_ * 2, widening_max);
        widened_at_ = now_;
    }
    judge();
    return true;
}

void adaptive_timeout::end(
    call& one, outcome result, cause_kind why, duration took, time_point now
) noexcept {
    using phase = call::phase;
    const auto was = std::exchange(one.is_, phase::none);
    if (was == phase::none) return;
    seen(now);
    const bool well = result == outcome::success;
    told_.answered += well ? 1U : 0U;
    if (was == phase::cut) return end_cut(one, result, why, took);
    if (was == phase::scout) end_scout(result, why, took);
    if (result == outcome::failure) return;
    if (well) {
        silent_in_a_row_ = 0;
        answered_began_ = std::max(answered_began_, one.began_);
        complete(bucket_of(took), 1);
    } else if (!counts_against_target(result, why)) {
        leave(took);
    }
    if (++fresh_ >= judge_every) judge();
}

/// A call that ended by the policy's own limit would have ended so under any limit of ours.
void adaptive_timeout::end_cut(
    const call& one, outcome result, cause_kind why, duration took
) noexcept {
    const bool well = result == outcome::success;
    const bool hung = why == cause_kind::own_timeout;
    if (well) {
        ++told_.cut_in_vain;
    } else {
        const auto whole = std::min(took, config_.ceiling);
        told_.saved += std::max(whole - one.limit_, duration::zero());
    }
    auto& undecided = undecided_[bucket_of(one.limit_)];
    if (!(well || hung) || undecided == 0) return;
    --undecided;
    if (well) complete(bucket_of(took), 1);
    judge();
}

void adaptive_timeout::end_scout(outcome result, cause_kind why, duration took) noexcept {
    scouting_ = false;
    cut_since_scout_ = 0;
    fresh_ = judge_every;
    const bool came_back = result == outcome::success;
    if (!came_back && why != cause_kind::own_timeout) return;
    last_scout_ = came_back ? fate::came_back : fate::hung;
    const auto at = bucket_of(took);
    for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
        const auto count = std::exchange(undecided_[bucket], 0);
        if (came_back) complete(std::max(bucket, at), count);
    }
}

void adaptive_timeout::complete(std::size_t bucket, std::uint32_t count) noexcept {
    current_.completed[bucket] += count;
    current_.samples += count;
}

void adaptive_timeout::leave(duration took) noexcept {
    ++current_.left[bucket_of(took)];
}

void adaptive_timeout::seen(time_point now) noexcept {
    now_ = std::max(now_, now);
    if (generation_began_ == time_point::min()) generation_began_ = now_;
    const bool is_whole =
        current_.samples >= samples_min() && now_ >= add_saturated(generation_began_, config_.span);
    if (is_whole || current_.samples >= generation_max) turn_generation();
    if (widening_ > 1 && now_ >= add_saturated(widened_at_, config_.interval)) {
        widening_ /= 2;
        widened_at_ = now_;
        publish();
    }
}

/// What is undecided by now will stay so.
void adaptive_timeout::turn_generation() noexcept {
    const bool slow = takes_cut_for_slow();
    for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
        const auto count = std::exchange(undecided_[bucket], 0);
        current_.left[bucket] += slow ? count : 0;
    }
    before_ = std::exchange(current_, {});
    generation_began_ = now_;
    last_scout_ = fate::unknown;
}

bool adaptive_timeout::takes_cut_for_slow() const noexcept {
    if (last_scout_ != fate::unknown) return last_scout_ == fate::came_back;
    constexpr std::size_t per_power = 1U << digit_bits;
    const auto first = std::ranges::find_if(undecided_, [](auto count) { return count > 0; });
    const auto at = static_cast<std::size_t>(first - undecided_.begin());
    const auto from = static_cast<std::ptrdiff_t>(at < per_power ? 0 : at - per_power);
    const auto beyond_half = sum_of(current_.completed, from) + sum_of(before_.completed, from);
    return beyond_half * plateau >= sum_of(undecided_, 0);
}

std::uint64_t adaptive_timeout::samples_min() const noexcept {
    return static_cast<std::uint64_t>(std::ceil(3 / config_.false_timeouts));
}

std::uint64_t adaptive_timeout::samples() const noexcept {
    return current_.samples + before_.samples;
}

/// By the product-limit estimate; where censored calls hide it, the longest of those.
duration adaptive_timeout::quantile() const noexcept {
    const double slow = takes_cut_for_slow() ? 1 : 0;
    auto at_risk =
        static_cast<double>(samples() + sum_of(current_.left, 0) + sum_of(before_.left, 0)) +
        slow * static_cast<double>(sum_of(undecided_, 0));
    const double accepted = config_.false_timeouts * (1 + 1e-9);
    double share = 1;
    std::size_t last = 0;
    for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
        const double completed =
            static_cast<double>(current_.completed[bucket]) + before_.completed[bucket];
        const double left = static_cast<double>(current_.left[bucket]) + before_.left[bucket] +
                            slow * undecided_[bucket];
        if (completed > 0) {
            share *= 1 - completed / at_risk;
            if (share <= accepted) return upper_bound(bucket);
        }
        at_risk -= completed + left;
        if (completed + left > 0) last = bucket;
    }
    return upper_bound(last);
}

void adaptive_timeout::judge() noexcept {
    fresh_ = 0;
    const bool was_cold = std::exchange(is_cold_, samples() < samples_min());
    if (is_cold_) {
        base_ = config_.ceiling;
        return publish();
    }
    const auto wanted =
        std::clamp(times(quantile(), config_.safety), config_.floor, config_.ceiling);
    const bool is_higher = wanted > times(base_, 1 + hysteresis);
    const bool is_lower = wanted < times(base_, 1 - hysteresis);
    const bool may_narrow = was_cold || now_ >= add_saturated(changed_at_, config_.interval);
    if (was_cold || is_higher || (is_lower && may_narrow)) set_base(wanted);
    publish();
}

void adaptive_timeout::set_base(duration base) noexcept {
    base_ = base;
    changed_at_ = now_;
}

void adaptive_timeout::publish() noexcept {
    const auto limit = std::min(times(base_, widening_), config_.ceiling);
    limit_.store(limit.count(), std::memory_order_relaxed);
}

adaptive_timeout_status adaptive_timeout::status() const noexcept {
    auto status = told_;
    status.state = is_cold_        ? adaptive_state::cold
                   : widening_ > 1 ? adaptive_state::widened
                                   : adaptive_state::live;
    status.limit = limit();
    status.samples = samples();
    status.samples_min = samples_min();
    return status;
}

void adaptive_timeout::reconfigure(const adaptive_timeout_config& config) noexcept {
    expects(is_valid(config), "an adaptive time-out needs a valid configuration");
    if (config == config_) return;
    config_ = config;
    base_ = std::clamp(base_, config.floor, config.ceiling);
    judge();
}

std::size_t adaptive_timeout::bucket_of(duration took) noexcept {
    const auto ns = static_cast<std::uint64_t>(std::max<duration::rep>(took.count(), 0));
    if (ns >> lowest_power == 0) return 0;
    const auto power = static_cast<unsigned>(std::bit_width(ns)) - 1;
    const auto digits = ns >> (power - digit_bits) & ((1U << digit_bits) - 1);
    const std::size_t bucket = ((power - lowest_power) << digit_bits) + digits + 1;
    return std::min(bucket, buckets - 1);
}

duration adaptive_timeout::upper_bound(std::size_t bucket) noexcept {
    if (bucket == 0) return duration{duration::rep{1} << lowest_power};
    const auto power = lowest_power + ((bucket - 1) >> digit_bits);
    const auto digits =
        (std::size_t{1} << digit_bits) + 1 + ((bucket - 1) & ((1U << digit_bits) - 1));
    return duration{static_cast<duration::rep>(digits << (power - digit_bits))};
}

}  // namespace curfew
