#pragma once

#include <cstdint>

namespace curfew::statistics {

// The few distributions that tests and intervals need. Pure, without allocation; arguments outside
// the stated ranges are clamped, never undefined. Thread rule: any thread.

/// I_x(a, b), the regularised incomplete beta function, for real a and b. Continued fraction (DLMF
/// 8.17.22) by Lentz's method; its leading factor by Loader's deviance form (C. Loader, "Fast and
/// accurate computation of binomial probabilities", 2000), so it stays right for counts in the
/// billions: relative error below 1e-9. Where both a and b exceed 1e7, the normal approximation
/// (error below 1e-3). At most 20 000 steps; usually under 50.
/// a <= 0: all mass lies at 0, so 1. b <= 0: all mass lies at 1, so 0 for x < 1.
[[nodiscard]] double incomplete_beta(double a, double b, double x) noexcept;

/// P(no more than `successes` of `trials` succeed), each with chance `share`. Both counts may be
/// fractional (effective sample sizes are).
[[nodiscard]] double binomial_cdf(double successes, double trials, double share) noexcept;

/// P(|T| >= |t|) of Student's t with `freedom` > 0 degrees of freedom, whole or not. Tails are
/// exact far below 1e-16.
[[nodiscard]] double student_t_two_sided(double t, double freedom) noexcept;

/// P(Z <= z) of the standard normal distribution.
[[nodiscard]] double normal_cdf(double z) noexcept;

/// The z with normal_cdf(z) = p; p is clamped to [1e-300, 1 - 1e-16]. Error below 1e-12.
[[nodiscard]] double normal_quantile(double p) noexcept;

/// Where a true share lies, seen `hits` in `trials`.
struct share_interval {
    double lower = 0;
    double upper = 1;
};

/// Wilson's score interval (E. B. Wilson, 1927) of a share: sensible for few trials and for shares
/// near 0 or 1, where hits / trials +- error is not. Without trials: from 0 to 1.
[[nodiscard]] share_interval wilson_interval(
    std::uint64_t hits, std::uint64_t trials, double confidence
) noexcept;

}  // namespace curfew::statistics
