#include <curfew/gateway/usual_time.hpp>

#include <algorithm>
#include <bit>

namespace curfew::gateway {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;

/// The first bucket ends at 2^20 ns (about 1 ms).
constexpr unsigned lowest_power = 20;

}  // namespace

std::size_t usual_time::bucket_of(duration took) noexcept {
    const auto ns = static_cast<std::uint64_t>(std::max<duration::rep>(took.count(), 0));
    if (ns >> lowest_power == 0) return 0;
    const auto power = static_cast<unsigned>(std::bit_width(ns)) - 1;
    const auto quarter = ns >> (power - 2) & 3;
    return std::min<std::size_t>((power - lowest_power) * 4 + quarter + 1, buckets - 1);
}

duration usual_time::upper_bound(std::size_t bucket) noexcept {
    if (bucket == 0) return duration{1LL << lowest_power};
    const auto power = lowest_power + (bucket - 1) / 4;
    const auto quarters = static_cast<duration::rep>(5 + (bucket - 1) % 4);
    return duration{quarters << (power - 2)};
}

void usual_time::record(duration took) noexcept {
    if (total_ < samples_min) record_late(took);
    ++counts_[bucket_of(took)];
    ++fresh_;
    if (++total_ >= halve_at) halve();
    if (total_ < samples_min || fresh_ < refresh_every) return;
    fresh_ = 0;
    p95_.store(quantile(95).count(), relaxed);
    p99_.store(quantile(99).count(), relaxed);
}

void usual_time::record_late(duration took) noexcept {
    const auto at_least_some = std::max<duration::rep>(took.count(), 1);
    if (at_least_some > longest_.load(relaxed)) longest_.store(at_least_some, relaxed);
}

duration usual_time::patience() const noexcept {
    const auto usual = p99();
    const duration longest{longest_.load(relaxed)};
    if (!usual && longest == duration::zero()) return longest;
    return std::max(usual.value_or(longest * 2), shortest);
}

duration usual_time::hang_threshold(duration limit) const noexcept {
    const auto usual = p99();
    return usual ? std::min(std::max(*usual * multiple, floor), limit) : limit;
}

std::optional<duration> usual_time::known(const std::atomic<duration::rep>& value) noexcept {
    const auto taken = value.load(relaxed);
    return taken > 0 ? std::optional{duration{taken}} : std::nullopt;
}

void usual_time::halve() noexcept {
    total_ = 0;
    for (auto& count : counts_) {
        count /= 2;
        total_ += count;
    }
}

duration usual_time::quantile(std::uint32_t percent) const noexcept {
    const auto wanted = (total_ * percent + 99) / 100;
    std::uint32_t seen = 0;
    std::size_t bucket = 0;
    for (; bucket + 1 < buckets; ++bucket) {
        seen += counts_[bucket];
        if (seen >= wanted) break;
    }
    return upper_bound(bucket);
}

}  // namespace curfew::gateway
