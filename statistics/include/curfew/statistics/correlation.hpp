#pragma once

#include <curfew/core/failure.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace curfew::statistics {

enum class correlation_basis : std::uint8_t {
    known,
    too_few,   ///< fewer than `fewest_pairs` at a lag of zero
    constant,  ///< one of the two never changes
};

/// How one series follows another.
struct correlation {
    correlation_basis basis = correlation_basis::too_few;
    double rank = 0;      ///< Spearman's coefficient, -1..1
    std::size_t lag = 0;  ///< how many places `effect` stands after `cause`
    std::size_t pairs = 0;
    double effective_pairs = 0;  ///< what they are worth as independent ones, 3..pairs

    /// The chance that two unrelated series like these show as much at any of the lags tried.
    double p_value = 1;

    friend bool operator==(const correlation&, const correlation&) = default;
};

/// Pairs that a coefficient needs, and the longest series: more is errc::bad_usage.
inline constexpr std::size_t fewest_pairs = 20;
inline constexpr std::size_t most_pairs = 100'000;

/// Spearman's rank correlation (1904) of two series on the same grid, at the lag from 0 to
/// `longest_lag` where it is surest; a lag that leaves fewer than `fewest_pairs` is not tried.
/// Ranks, because rates and pressures have heavy tails, and what matters is that both rise; equal
/// values (a pressure that is mostly zero) share a rank; for the p-value they stand in a scrambled
/// order that is always the same, since tables for ranks without ties do not hold for them.
///
/// The p-value is that of Student's t with the effective number of pairs, n (1 - a b) / (1 + a b),
/// a and b being the correlations of neighbours in each series (G. Bretherton et al., "The
/// effective number of spatial degrees of freedom", 1999): two series that both wander agree by
/// chance far more often than their length suggests. It is multiplied by the number of lags tried.
/// It says nothing of what caused what.
///
/// n log n steps a lag. Errors: errc::bad_usage with the index of the first value that is not
/// finite, or with -1 where the lengths differ or exceed `most_pairs`. Thread rule: any thread.
[[nodiscard]] result<correlation> correlate(
    std::span<const double> cause, std::span<const double> effect, std::size_t longest_lag = 0
);

}  // namespace curfew::statistics
