#include <curfew/statistics/distributions.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace curfew::statistics {
namespace {

void expect_relative(double found, double truth, double error) {
    EXPECT_NEAR(found, truth, error * std::abs(truth));
}

// The sums below were made term by term in 60-digit decimals.
TEST(binomial_cdf, agrees_with_exact_sums) {
    expect_relative(binomial_cdf(0, 10, 0.5), 9.765625e-4, 1e-13);
    expect_relative(binomial_cdf(3, 10, 0.5), 1.71875e-1, 1e-13);
    expect_relative(binomial_cdf(7, 20, 0.25), 8.981881430772773e-1, 1e-12);
    expect_relative(binomial_cdf(990, 1000, 0.99), 5.426994078251092e-1, 1e-11);
    expect_relative(binomial_cdf(970, 1000, 0.99), 2.059988850971958e-7, 1e-11);
    expect_relative(binomial_cdf(989'900, 1e6, 0.99), 1.586512321458001e-1, 1e-9);
    expect_relative(binomial_cdf(990'200, 1e6, 0.99), 9.783174222773082e-1, 1e-9);
    expect_relative(binomial_cdf(500, 1e6, 0.001), 7.325526246300051e-69, 1e-9);
}

TEST(binomial_cdf, begins_at_zero_and_ends_at_one) {
    EXPECT_EQ(binomial_cdf(-1, 10, 0.5), 0);
    EXPECT_EQ(binomial_cdf(10, 10, 0.5), 1);
    EXPECT_EQ(binomial_cdf(11, 10, 0.5), 1);
    EXPECT_EQ(binomial_cdf(0, 0, 0.5), 1);
    EXPECT_EQ(binomial_cdf(0, 10, 0), 1);
    EXPECT_EQ(binomial_cdf(9, 10, 1), 0);
}

TEST(binomial_cdf, is_right_for_billions_of_trials) {
    const double trials = 1e10;
    const double sd = std::sqrt(trials * 0.99 * 0.01);
    for (const double z : {-3.0, -1.0, 0.0, 1.0, 3.0}) {
        EXPECT_NEAR(binomial_cdf(trials * 0.99 + z * sd, trials, 0.99), normal_cdf(z), 1e-4) << z;
    }
}

TEST(incomplete_beta, never_falls_and_mirrors) {
    for (const double a : {0.5, 1.0, 3.7, 250.0, 4e6, 3e7}) {
        for (const double b : {0.5, 2.0, 99.5, 4e6, 3e7}) {
            double last = 0;
            for (int i = 0; i <= 200; ++i) {
                const double x = i / 200.0;
                const double here = incomplete_beta(a, b, x);
                ASSERT_GE(here, last - 1e-12) << a << ' ' << b << ' ' << x;
                ASSERT_LE(here, 1) << a << ' ' << b << ' ' << x;
                ASSERT_NEAR(here + incomplete_beta(b, a, 1 - x), 1, 1e-9) << a << ' ' << b;
                last = here;
            }
        }
    }
}

TEST(incomplete_beta, is_a_power_where_one_side_is_one) {
    for (const double x : {0.001, 0.3, 0.999}) {
        expect_relative(incomplete_beta(7.5, 1, x), std::pow(x, 7.5), 1e-12);
        EXPECT_NEAR(incomplete_beta(1, 7.5, x), 1 - std::pow(1 - x, 7.5), 1e-13);
    }
}

TEST(student_t, agrees_with_closed_forms_and_tables) {
    expect_relative(student_t_two_sided(3, 1), 1 - 2 / M_PI * std::atan(3.0), 1e-12);
    expect_relative(student_t_two_sided(5, 2), 1 - 5 / std::sqrt(27.0), 1e-12);
    expect_relative(student_t_two_sided(-2, 3), 0.13932596855884305, 1e-12);
    EXPECT_NEAR(student_t_two_sided(2.228, 10), 0.05, 1e-4);
    EXPECT_NEAR(student_t_two_sided(2.704, 40), 0.01, 1e-4);
    EXPECT_NEAR(student_t_two_sided(1.959964, 1e9), 0.05, 1e-6);
}

TEST(student_t, is_one_at_zero_and_keeps_digits_far_out) {
    EXPECT_EQ(student_t_two_sided(0, 5), 1);
    EXPECT_EQ(student_t_two_sided(std::numeric_limits<double>::infinity(), 5), 0);
    expect_relative(student_t_two_sided(1e8, 2), 1e-16, 1e-9);
}

TEST(normal, quantile_inverts_the_distribution_function) {
    expect_relative(normal_quantile(1e-12), -7.034483825301132, 1e-12);
    expect_relative(normal_quantile(0.001), -3.090232306167813, 1e-12);
    expect_relative(normal_quantile(0.3), -0.5244005127080409, 1e-12);
    EXPECT_NEAR(normal_quantile(0.5), 0, 1e-14);
    expect_relative(normal_quantile(0.975), 1.9599639845400536, 1e-12);
    for (double p = 0.0005; p < 1; p += 0.0005) {
        ASSERT_NEAR(normal_cdf(normal_quantile(p)), p, 1e-14);
    }
    EXPECT_LT(normal_quantile(0), -37);
    EXPECT_GT(normal_quantile(1), 8);
}

TEST(wilson, agrees_with_its_formula_by_hand) {
    const share_interval few = wilson_interval(1, 10, 0.95);
    EXPECT_NEAR(few.lower, 0.0178762131, 1e-9);
    EXPECT_NEAR(few.upper, 0.4041500268, 1e-9);
}

TEST(wilson, says_what_no_hit_and_no_trial_mean) {
    const share_interval none = wilson_interval(0, 20, 0.95);
    EXPECT_EQ(none.lower, 0);
    EXPECT_NEAR(none.upper, 0.1611251581, 1e-9);
    EXPECT_EQ(wilson_interval(20, 20, 0.95).upper, 1);
    EXPECT_EQ(wilson_interval(0, 0, 0.95).lower, 0);
    EXPECT_EQ(wilson_interval(0, 0, 0.95).upper, 1);
}

}  // namespace
}  // namespace curfew::statistics
