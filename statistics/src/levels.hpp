#pragma once

#include <cstddef>
#include <span>

namespace curfew::statistics {

/// Two neighbouring levels compared.
struct level_change {
    double plain_p = 1;    ///< as if the points were independent
    double p = 1;          ///< with the effective number of points
    bool is_line = false;  ///< one straight line fits better than two levels
};

/// Student's two-sided t-test of the levels before and from `split`, on the normal scores of all
/// values: right for any distribution and deaf to outliers. Both sides are at least 2 points long.
/// Pooled variance: Welch's test trusts the chance spread of a handful of points too much.
///
/// The correlation of neighbours comes from the residuals of the ranks around whichever fits them
/// better, levels or line, so that a ramp is not taken for correlated noise. Its bias in
/// short series is corrected (M. G. Kendall, 1954; once for each of the two fitted numbers).
[[nodiscard]] level_change compare_levels(std::span<const double> values, std::size_t split);

}  // namespace curfew::statistics
