#include "synthetic_series_test.hpp"
#include <curfew/statistics/correlation.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace curfew::statistics {
namespace {

std::vector<double> counted(std::size_t count) {
    std::vector<double> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = static_cast<double>((i * 7919) % count);
    }
    return values;
}

TEST(correlation, agrees_with_the_textbook_formula_without_ties) {
    const std::vector<double> first = counted(23);
    std::vector<double> second = first;
    std::swap(second[3], second[17]);
    std::swap(second[5], second[11]);
    double squares = 0;
    for (std::size_t i = 0; i < first.size(); ++i) {
        squares += (first[i] - second[i]) * (first[i] - second[i]);
    }
    const correlation found = correlate(first, second).value();
    EXPECT_EQ(found.basis, correlation_basis::known);
    EXPECT_NEAR(found.rank, 1 - 6 * squares / (23.0 * (23 * 23 - 1)), 1e-12);
}

TEST(correlation, sees_any_rising_relation_as_complete) {
    const std::vector<double> first = counted(31);
    std::vector<double> second = first;
    for (double& each : second) {
        each = std::exp(each);
    }
    EXPECT_NEAR(correlate(first, second)->rank, 1, 1e-12);
    EXPECT_LT(correlate(first, second)->p_value, 1e-12);
    std::ranges::for_each(second, [](double& each) { each = -each; });
    EXPECT_NEAR(correlate(first, second)->rank, -1, 1e-12);
}

TEST(correlation, finds_how_far_the_effect_stands_behind) {
    random_bits random{31};
    int right = 0;
    for (int round = 0; round < 200; ++round) {
        const auto pressure = autoregressive("", 0.5).make(random, 100);
        auto rate = white().make(random, 100);
        for (std::size_t i = 3; i < rate.size(); ++i) {
            rate[i] += pressure[i - 3];
        }
        const correlation found = correlate(pressure, rate, 8).value();
        right += found.lag == 3 && found.p_value < 0.01 && found.rank > 0.3;
    }
    EXPECT_GE(right, 198);
}

TEST(correlation, unrelated_series_are_seldom_called_related) {
    const std::vector<noise> kinds{
        white(),
        independent("Student's t, 2 degrees", std::student_t_distribution<double>{2}),
        independent("counts, mostly zero", std::poisson_distribution<int>{0.1}),
        autoregressive("AR(1), 0.8", 0.8),
        random_walk(),
    };
    for (const noise& kind : kinds) {
        for (const std::size_t lags : {0u, 5u}) {
            random_bits random{32};
            int related = 0;
            for (int round = 0; round < 1000; ++round) {
                const auto first = kind.make(random, 60);
                related += correlate(first, kind.make(random, 60), lags)->p_value < 0.01;
            }
            EXPECT_LE(related, 22) << kind.name << ", lags " << lags;
        }
    }
}

TEST(correlation, says_when_it_cannot_know) {
    const std::vector<double> few = counted(19);
    EXPECT_EQ(correlate(few, few)->basis, correlation_basis::too_few);
    EXPECT_EQ(correlate(few, few)->p_value, 1);
    EXPECT_EQ(correlate({}, {})->pairs, 0u);
    const std::vector<double> still(40, 3.0);
    EXPECT_EQ(correlate(still, counted(40), 10)->basis, correlation_basis::constant);
    EXPECT_EQ(correlate(still, counted(40), 10)->p_value, 1);
}

TEST(correlation, lags_that_leave_too_few_pairs_are_not_tried) {
    const std::vector<double> short_one = counted(22);
    EXPECT_LE(correlate(short_one, short_one, 1000)->lag, 2u);
    EXPECT_EQ(correlate(short_one, short_one, 1000)->pairs, 22u);
}

TEST(correlation, bad_input_is_named) {
    std::vector<double> values = counted(30);
    EXPECT_EQ(correlate(values, counted(29)).error(), (failure{errc::bad_usage, -1}));
    const std::vector<double> good = values;
    values[4] = HUGE_VAL;
    EXPECT_EQ(correlate(good, values).error(), (failure{errc::bad_usage, 4}));
}

}  // namespace
}  // namespace curfew::statistics
