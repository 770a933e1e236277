#include <curfew/statistics/distributions.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace curfew::statistics {

namespace {

constexpr int most_steps = 20'000;
constexpr double normal_from = 1e7;

// What Stirling's formula for ln gamma(z) leaves out: exact by recurrence below 16, then the series
// of DLMF 5.11.1.
double stirling_error(double z) noexcept {
    double below = 0;
    for (; z < 16; z += 1) {
        below += (z + 0.5) * std::log1p(1 / z) - 1;
    }
    const double inverse = 1 / z;
    const double square = inverse * inverse;
    const double series =
        1.0 / 12 -
        square * (1.0 / 360 - square * (1.0 / 1260 - square * (1.0 / 1680 - square / 1188)));
    return below + inverse * series;
}

// ln(1 + excess / part), where the quotient may be next to -1 and known better by `whole`.
double log_of_ratio(double part, double excess, double whole) noexcept {
    return std::abs(excess) < part / 2 ? std::log1p(excess / part) : std::log(whole / part);
}

// x^a (1-x)^b / B(a, b)
double leading_factor(double a, double b, double x) noexcept {
    const double sum = a + b;
    const double excess = a * (1 - x) - b * x;  // a - (a + b) x
    const double deviance =
        a * log_of_ratio(a, -excess, sum * x) + b * log_of_ratio(b, excess, sum * (1 - x));
    const double error = stirling_error(sum) - stirling_error(a) - stirling_error(b);
    return std::sqrt(a * (b / sum) / (2 * std::numbers::pi)) * std::exp(error + deviance);
}

double away_from_zero(double value) noexcept {
    return std::abs(value) < 1e-300 ? 1e-300 : value;
}

double beta_fraction(double a, double b, double x) noexcept {
    double c = 1;
    double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
    double value = d;
    for (int step = 1; step <= most_steps; ++step) {
        const double m = step;
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away_from_zero(1 + even * d);
        c = away_from_zero(1 + even / c);
        value *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away_from_zero(1 + odd * d);
        c = away_from_zero(1 + odd / c);
        value *= d * c;
        if (std::abs(d * c - 1) < 1e-14) {
            break;
        }
    }
    return value;
}

}  // namespace

double incomplete_beta(double a, double b, double x) noexcept {
    if (!(a > 0)) {
        return 1;
    }
    if (!(x > 0)) {
        return 0;
    }
    if (x >= 1) {
        return 1;
    }
    if (!(b > 0)) {
        return 0;
    }
    if (std::min(a, b) > normal_from) {
        const double mean = a / (a + b);
        return normal_cdf((x - mean) / std::sqrt(mean * (1 - mean) / (a + b + 1)));
    }
    if (x < (a + 1) / (a + b + 2)) {
        return std::min(1.0, leading_factor(a, b, x) * beta_fraction(a, b, x) / a);
    }
    return std::max(0.0, 1 - leading_factor(b, a, 1 - x) * beta_fraction(b, a, 1 - x) / b);
}

double binomial_cdf(double successes, double trials, double share) noexcept {
    if (successes < 0) {
        return 0;
    }
    if (successes >= trials) {
        return 1;
    }
    return incomplete_beta(trials - successes, successes + 1, 1 - share);
}

double student_t_two_sided(double t, double freedom) noexcept {
    const double square = t * t;
    return std::isinf(square) ? 0 : incomplete_beta(freedom / 2, 0.5, freedom / (freedom + square));
}

double normal_cdf(double z) noexcept {
    return std::erfc(-z / std::numbers::sqrt2) / 2;
}

// A first guess (Abramowitz and Stegun 26.2.23) made exact by Halley's method. Solved in the lower
// tail, where erfc loses no digits.
double normal_quantile(double p) noexcept {
    p = std::clamp(p, 1e-300, 1 - 1e-16);
    const double tail = std::min(p, 1 - p);
    const double t = std::sqrt(-2 * std::log(tail));
    double z = (2.515517 + t * (0.802853 + t * 0.010328)) /
                   (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) -
               t;
    for (int round = 0; round < 3; ++round) {
        const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
        const double step = (normal_cdf(z) - tail) / density;
        z -= step / (1 + z * step / 2);
    }
    return p < 0.5 ? z : -z;
}

share_interval wilson_interval(
    std::uint64_t hits, std::uint64_t trials, double confidence
) noexcept {
    if (trials == 0) {
        return {};
    }
    const double n = static_cast<double>(trials);
    const double share = static_cast<double>(std::min(hits, trials)) / n;
    const double z = normal_quantile(0.5 + std::clamp(confidence, 0.0, 1.0) / 2);
    const double shrink = 1 + z * z / n;
    const double centre = (share + z * z / (2 * n)) / shrink;
    const double reach = z / shrink * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
    return {
        hits == 0 ? 0 : std::max(0.0, centre - reach),
        hits >= trials ? 1 : std::min(1.0, centre + reach),
    };
}

}  // namespace curfew::statistics
