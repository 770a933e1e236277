#include "sampler.hpp"

#include <algorithm>
#include <bit>

namespace curfew::ledger {
namespace {

// The finaliser of SplitMix64: trace identifiers of others need not be random.
std::uint64_t mix(std::uint64_t z) noexcept {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

}  // namespace

std::uint32_t sampler::choose(const trace_context& trace, time_point now) noexcept {
    if (rows_ == 0) {
        return 0;
    }
    const auto second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    if (second != second_ || quota_ == 0) {
        begin_second(second);
    }
    ++seen_;
    const std::uint64_t draw =
        trace.valid() ? mix(trace.trace_low ^ mix(trace.trace_high)) : counter_++;
    const std::uint32_t n = one_in();
    if ((draw & (n - 1)) != 0) {
        return 0;
    }
    if (left_ == 0) {
        if (quota_ == 1 || power_ == power_max) {
            return 0;
        }
        ++power_;
        quota_ /= 2;
        left_ = quota_;
        if ((draw & (one_in() - 1)) != 0) {
            return 0;
        }
    }
    --left_;
    return one_in();
}

void sampler::begin_second(std::int64_t second) noexcept {
    const std::uint64_t share = second == second_ + 1 ? (seen_ + rows_ - 1) / rows_ : 1;
    power_ =
        std::min(share <= 1 ? 0U : static_cast<unsigned>(std::bit_width(share - 1)), power_max);
    second_ = second;
    seen_ = 0;
    quota_ = rows_;
    left_ = quota_;
}

}  // namespace curfew::ledger
