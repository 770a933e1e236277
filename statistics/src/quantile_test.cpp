#include <curfew/statistics/quantile.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace curfew::statistics {
namespace {

using namespace std::chrono_literals;

duration of(double seconds) {
    return duration{static_cast<duration::rep>(seconds * 1e9)};
}

histogram one_to(int count) {
    histogram calls;
    for (int i = 1; i <= count; ++i) {
        calls.record(i * 1ms);
    }
    return calls;
}

bool is_within(const quantile_estimate& found, duration truth) {
    return (!found.lower || *found.lower <= truth) && (!found.upper || *found.upper >= truth);
}

TEST(quantile, without_calls_nothing_is_known) {
    const quantile_estimate found = estimate_quantile({}, 0.5);
    EXPECT_FALSE(found.value);
    EXPECT_FALSE(found.lower);
    EXPECT_FALSE(found.upper);
    EXPECT_TRUE(found.thin);
    EXPECT_EQ(found.at_least, 0ns);
}

// Ranks 40 and 61 of 100 are the textbook interval of the median at 95 %.
TEST(quantile, interval_is_between_the_order_statistics_of_the_binomial) {
    const histogram calls = one_to(100);
    const quantile_estimate median = estimate_quantile(calls, 0.5);
    ASSERT_TRUE(median.lower && median.upper);
    EXPECT_EQ(*median.value, calls.quantile(0.5));
    EXPECT_LE(*median.lower, 40ms);
    EXPECT_GT(*median.lower, 38ms);
    EXPECT_GE(*median.upper, 61ms);
    EXPECT_LT(*median.upper, 63ms);
    EXPECT_FALSE(median.thin);
}

// 0.99^n falls to 2.5 % at n = 368: below, no call is surely beyond the quantile.
TEST(quantile, upper_end_of_p99_needs_368_calls) {
    EXPECT_FALSE(estimate_quantile(one_to(367), 0.99).upper);
    EXPECT_TRUE(estimate_quantile(one_to(368), 0.99).upper);
    EXPECT_FALSE(estimate_quantile(one_to(367), 0.01).lower);
    EXPECT_TRUE(estimate_quantile(one_to(368), 0.01).lower);
}

TEST(quantile, p99_is_thin_below_1000_calls) {
    EXPECT_TRUE(estimate_quantile(one_to(999), 0.99).thin);
    EXPECT_FALSE(estimate_quantile(one_to(1000), 0.99).thin);
    EXPECT_TRUE(estimate_quantile(one_to(19), 0.5).thin);
    EXPECT_FALSE(estimate_quantile(one_to(20), 0.5).thin);
}

TEST(quantile, value_is_what_the_histogram_tells) {
    std::mt19937_64 random{3};
    std::lognormal_distribution<double> seconds{std::log(0.02), 1.5};
    for (int round = 0; round < 100; ++round) {
        histogram calls;
        const auto count = 1 + random() % 3000;
        for (std::size_t i = 0; i < count; ++i) {
            calls.record(of(seconds(random)));
        }
        for (const double q : {0.1234567, 0.5012345, 0.9012345, 0.9912345}) {
            ASSERT_EQ(estimate_quantile(calls, q).value, calls.quantile(q)) << round << ' ' << q;
        }
    }
}

TEST(quantile, interval_holds_the_truth_as_often_as_it_says) {
    std::mt19937_64 random{5};
    std::lognormal_distribution<double> seconds{std::log(0.01), 1};
    const duration p90 = of(0.01 * std::exp(1.2815515655446004));
    int held = 0;
    for (int round = 0; round < 1000; ++round) {
        histogram calls;
        for (int i = 0; i < 150; ++i) {
            calls.record(of(seconds(random)));
        }
        held += is_within(estimate_quantile(calls, 0.9), p90);
    }
    EXPECT_GE(held, 945);
    EXPECT_LE(held, 995);
}

TEST(quantile, cut_calls_do_not_make_it_shorter) {
    std::mt19937_64 random{7};
    std::exponential_distribution<double> seconds{1};
    const duration p90 = of(std::log(10.0));
    int held = 0;
    double sum = 0;
    for (int round = 0; round < 500; ++round) {
        histogram calls;
        cut_calls soon{800ms, 0};
        cut_calls late{3s, 0};
        for (int i = 0; i < 300; ++i) {
            const duration took = of(seconds(random));
            cut_calls& limit = i % 3 == 0 ? soon : late;
            if (took >= limit.limit) {
                ++limit.count;
            } else {
                calls.record(took);
            }
        }
        const quantile_estimate found =
            estimate_quantile(calls, 0.9, 0.95, std::vector{late, soon});
        held += is_within(found, p90);
        sum += std::chrono::duration<double>{found.value.value_or(3s)}.count();
    }
    EXPECT_GE(held, 470);
    EXPECT_NEAR(sum / 500, std::log(10.0), 0.06);
}

TEST(quantile, beyond_the_limits_only_a_lower_bound_is_known) {
    const quantile_estimate found =
        estimate_quantile(one_to(100), 0.9, 0.95, std::vector<cut_calls>{{5s, 50}, {9s, 0}});
    EXPECT_FALSE(found.value);
    EXPECT_FALSE(found.upper);
    EXPECT_EQ(found.at_least, 5s);
    EXPECT_EQ(found.cut, 50u);
    ASSERT_TRUE(found.lower);
    EXPECT_EQ(*found.lower, 100ms);
}

// By hand: 10 calls at risk, 4 end by 1 s; 3 are cut at 2 s; 1 of the 3 left ends at 4 s, so the
// share that is still running falls from 0.6 to 0.6 * 2 / 3.
TEST(quantile, agrees_with_kaplan_and_meier_by_hand) {
    histogram calls;
    calls.record(1s, 4);
    calls.record(4s);
    calls.record(8s, 2);
    const std::vector<cut_calls> cut{{2s, 3}};
    EXPECT_EQ(estimate_quantile(calls, 0.40, 0.95, cut).value, calls.quantile(0.5));
    EXPECT_EQ(estimate_quantile(calls, 0.41, 0.95, cut).value, calls.quantile(0.7));
    EXPECT_EQ(estimate_quantile(calls, 0.60, 0.95, cut).value, calls.quantile(0.7));
    EXPECT_EQ(estimate_quantile(calls, 0.61, 0.95, cut).value, 8s);
}

TEST(quantile, out_of_range_calls_stay_within_what_is_known) {
    histogram calls;
    calls.record(10ns, 500);
    calls.record(3h, 500);
    const quantile_estimate low = estimate_quantile(calls, 0.01);
    const quantile_estimate high = estimate_quantile(calls, 0.99);
    EXPECT_EQ(*low.lower, 0ns);
    EXPECT_EQ(*high.value, 3h);
    EXPECT_EQ(*high.upper, 3h);
}

TEST(quantile, senseless_arguments_are_clamped) {
    const histogram calls = one_to(50);
    const std::vector<cut_calls> odd{{-1s, 3}, {duration::max(), 2}};
    for (const double q : {-1.0, 0.0, 1.0, 7.0}) {
        for (const double confidence : {-1.0, 0.0, 1.0, 2.0}) {
            const quantile_estimate found = estimate_quantile(calls, q, confidence, odd);
            EXPECT_GT(found.q, 0);
            EXPECT_LT(found.q, 1);
            EXPECT_LT(found.confidence, 1);
            EXPECT_EQ(found.cut, 5u);
        }
    }
}

}  // namespace
}  // namespace curfew::statistics
