#include "access_sample.hpp"

#include <curfew/ledger/records.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace curfew::cli {

namespace {

/// Traces are chosen by clients too, and some count them up. (The finaliser of SplitMix64.)
std::uint64_t spread(std::uint64_t trace) noexcept {
    trace = (trace ^ (trace >> 30U)) * 0xbf58476d1ce4e5b9U;
    trace = (trace ^ (trace >> 27U)) * 0x94d049bb133111ebU;
    return trace ^ (trace >> 31U);
}

bool is_slow(const event& what) noexcept {
    return std::ranges::any_of(what.attributes, [](const event::attribute& each) {
        return each.key == "slow" && each.value == "true";
    });
}

}  // namespace

access_sample::access_sample(double part) noexcept
    : weight_{1 / part},
      below_{
          part < 1 ? static_cast<std::uint64_t>(std::ldexp(part, 64))
                   : std::numeric_limits<std::uint64_t>::max()
      } {}

double access_sample::one_in(const event& what) const noexcept {
    if (!ledger::is_plain_success(what) || is_slow(what)) {
        return 1;
    }
    const std::uint64_t chosen = spread(what.trace.trace_low ^ spread(what.trace.trace_high));
    return chosen <= below_ ? weight_ : 0;
}

}  // namespace curfew::cli
