#pragma once

#include <curfew/core/histogram.hpp>

#include <cstdint>
#include <optional>
#include <span>

namespace curfew::statistics {

/// `count` calls that were cut off at `limit`: they would have taken at least that long.
struct cut_calls {
    duration limit{};
    std::uint64_t count = 0;

    friend bool operator==(const cut_calls&, const cut_calls&) noexcept = default;
};

/// A quantile, and how well it is known.
struct quantile_estimate {
    double q = 0;
    double confidence = 0;        ///< of the interval [lower, upper]
    std::uint64_t completed = 0;  ///< calls whose length is known
    std::uint64_t cut = 0;        ///< calls of which only a lower bound is

    /// The smallest bucket bound that the share `q` does not exceed: for uncut calls what
    /// histogram::quantile tells. None: there are no calls, or the quantile lies beyond the longest
    /// limit that cut calls; then it is at least `at_least`.
    std::optional<duration> value{};
    duration at_least{};

    /// None: too few calls to bound it on that side. They are ends of buckets, chosen outwards, so
    /// the width of a bucket (3.125 %) never makes the interval too narrow.
    std::optional<duration> lower{};
    std::optional<duration> upper{};

    /// Fewer than 10 calls are expected on the thinner side of the quantile (fewer than 1 000 for
    /// P99, 10 000 for P99.9): a report says so or leaves the figure out.
    bool thin = true;
};

/// The `q`-quantile (clamped to [0.0001, 0.9999999]) with a distribution-free interval: the order
/// statistics between which it lies with at least this `confidence` (clamped to [0.5, 0.9999]),
/// half of the doubt on each side, by the binomial distribution (H. A. David and H. N. Nagaraja,
/// Order Statistics, 7.1).
///
/// Cut calls are neither dropped (that would make everything look fast) nor taken as if they had
/// ended at their limit: the estimate is Kaplan and Meier's (1958), and the interval asks the same
/// binomial question of the effective number of calls that Greenwood's variance leaves (E. Dorey
/// and E. Korn, 1987). Without cut calls this is exact. The estimate supposes that being cut says
/// nothing about a call but that it was slow: a call that would never have come back is not told
/// apart here (timeout_advice does).
///
/// It supposes independent calls; those of one incident are not, and the interval is then too
/// narrow. `cut` may be in any order. Reads the 1 024 buckets once, allocates nothing.
/// Thread rule: any thread; `calls` may be recorded to meanwhile (a copy of it is used).
[[nodiscard]] quantile_estimate estimate_quantile(
    const histogram& calls, double q, double confidence = 0.95, std::span<const cut_calls> cut = {}
) noexcept;

}  // namespace curfew::statistics
