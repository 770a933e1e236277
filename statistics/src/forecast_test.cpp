#include "synthetic_series_test.hpp"
#include <curfew/statistics/forecast.hpp>

#include <gtest/gtest.h>

namespace curfew::statistics {
namespace {

using namespace std::chrono_literals;

auto rising(double by) {
    return [=](std::size_t i) { return 100 + by * static_cast<double>(i); };
}

struct coverage {
    int likely = 0;
    int nearly_sure = 0;
};

// Of 1 000 series, how often the value `steps` ahead was inside.
coverage cover(const noise& kind, double slope, std::size_t points, std::size_t steps) {
    random_bits random{41};
    coverage held;
    for (int round = 0; round < 1000; ++round) {
        const auto series = minutes(kind.make(random, points + steps), 10, rising(slope));
        const forecast made = forecast_next(std::span{series}.first(points), steps).value();
        const prediction& last = made.next.back();
        const auto is_inside = [&](const std::optional<value_range>& range) {
            return range && series.back().value >= range->lower &&
                   series.back().value <= range->upper;
        };
        held.likely += is_inside(last.likely);
        held.nearly_sure += is_inside(last.nearly_sure);
    }
    return held;
}

TEST(forecast, intervals_hold_about_as_often_as_they_say) {
    const std::vector<noise> kinds{
        white(),
        independent("Student's t, 2 degrees", std::student_t_distribution<double>{2}),
        independent("lognormal", std::lognormal_distribution<double>{0, 0.5}),
        autoregressive("AR(1), 0.5", 0.5),
        random_walk(),
    };
    for (const noise& kind : kinds) {
        for (const double slope : {0.0, 2.0}) {
            for (const std::size_t steps : {1u, 4u}) {
                const coverage held = cover(kind, slope, 60, steps);
                const auto where = testing::Message()
                                   << kind.name << ", slope " << slope << ", steps " << steps;
                EXPECT_GE(held.likely, 745) << where;
                EXPECT_LE(held.likely, 880) << where;
                EXPECT_GE(held.nearly_sure, 910) << where;
            }
        }
    }
}

TEST(forecast, a_straight_line_goes_on) {
    const auto series = minutes(std::vector<double>(30), 0, rising(6));
    const forecast made = forecast_next(series, 3).value();
    EXPECT_EQ(made.method, forecast_method::trend);
    EXPECT_NEAR(made.slope_a_second, 0.1, 1e-12);
    ASSERT_EQ(made.next.size(), 3u);
    EXPECT_EQ(made.next[2].at, 32min);
    EXPECT_NEAR(made.next[2].value, 100 + 6 * 32, 1e-9);
    ASSERT_TRUE(made.next[2].nearly_sure);
    EXPECT_NEAR(made.next[2].nearly_sure->upper - made.next[2].value, 0, 1e-9);
}

TEST(forecast, a_quarter_of_outliers_does_not_bend_it) {
    auto series = minutes(std::vector<double>(40), 0, rising(6));
    for (std::size_t i = 3; i < series.size(); i += 4) {
        series[i].value = 1e5;
    }
    series.pop_back();
    const forecast made = forecast_next(series, 1).value();
    EXPECT_EQ(made.method, forecast_method::trend);
    EXPECT_NEAR(made.next[0].value, 100 + 6 * 39, 1);
}

TEST(forecast, a_random_walk_stays_where_it_is) {
    random_bits random{42};
    const auto series = minutes(random_walk().make(random, 150), 1, rising(0));
    const forecast made = forecast_next(series, 1).value();
    EXPECT_EQ(made.method, forecast_method::last);
    EXPECT_EQ(made.next[0].value, series.back().value);
    EXPECT_EQ(made.slope_a_second, 0);
}

TEST(forecast, says_no_more_than_the_series_can) {
    random_bits random{43};
    const auto series = minutes(white().make(random, 60), 10, rising(0));
    const auto with = [&](std::size_t points, std::size_t steps) {
        return forecast_next(std::span{series}.first(points), steps).value();
    };
    EXPECT_TRUE(with(7, 1).next.empty());
    EXPECT_TRUE(with(0, 1).next.empty());
    EXPECT_TRUE(with(60, 0).next.empty());
    EXPECT_EQ(with(60, 1000).next.size(), 15u);
    EXPECT_FALSE(with(8, 1).next[0].likely);
    EXPECT_TRUE(with(9, 1).next[0].likely);
    EXPECT_FALSE(with(23, 1).next[0].nearly_sure);
    EXPECT_TRUE(with(24, 1).next[0].nearly_sure);
}

TEST(forecast, nothing_is_predicted_below_the_least) {
    const auto series = minutes(std::vector<double>(40), 0, [](std::size_t i) {
        return 39.0 - static_cast<double>(i);
    });
    const forecast made = forecast_next(series, 5, 0).value();
    EXPECT_EQ(made.next[4].value, 0);
    EXPECT_EQ(made.next[4].likely->lower, 0);
    EXPECT_LT(forecast_next(series, 5)->next[4].value, 0);
}

TEST(forecast, points_of_one_moment_are_no_trend) {
    const std::vector<point> series(20, point{5min, 3});
    const forecast made = forecast_next(series, 2).value();
    EXPECT_EQ(made.next[1].value, 3);
    EXPECT_EQ(made.next[1].at, 5min);
}

TEST(forecast, bad_input_is_named) {
    std::vector<point> series(20);
    series[9].value = -HUGE_VAL;
    EXPECT_EQ(forecast_next(series, 1).error(), (failure{errc::bad_usage, 9}));
}

}  // namespace
}  // namespace curfew::statistics
