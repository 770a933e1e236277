#include "synthetic_series_test.hpp"
#include <curfew/statistics/change_point.hpp>

#include <gtest/gtest.h>

namespace curfew::statistics {
namespace {

using namespace std::chrono_literals;

std::vector<change_point> found_in(
    const std::vector<point>& series, const change_point_options& options = {}
) {
    return find_change_points(series, options).value();
}

auto step_at(std::size_t where, double before, double after) {
    return [=](std::size_t i) { return i < where ? before : after; };
}

std::vector<double> quiet(std::size_t count) {
    return std::vector<double>(count);
}

int false_alarms(const noise& kind, std::size_t points) {
    random_bits random{20};
    change_point_options options;
    options.min_change = 0;
    int alarms = 0;
    for (int round = 0; round < 1000; ++round) {
        const auto series =
            minutes(kind.make(random, points), 10, [](std::size_t) { return 100.0; });
        alarms += !found_in(series, options).empty();
    }
    return alarms;
}

// The promise is max_p_value = 1 %: 10 of 1 000, and by chance up to 20.
TEST(change_point, a_thousand_series_without_change_give_few_alarms) {
    const std::vector<noise> kinds{
        white(),
        independent("Student's t, 2 degrees", std::student_t_distribution<double>{2}),
        independent("Cauchy", std::cauchy_distribution<double>{}),
        independent("lognormal", std::lognormal_distribution<double>{}),
        independent("counts, mostly zero", std::poisson_distribution<int>{0.1}),
        autoregressive("AR(1), 0.3", 0.3),
        autoregressive("AR(1), 0.5", 0.5),
    };
    for (const noise& kind : kinds) {
        EXPECT_LE(false_alarms(kind, 100), 20) << kind.name;
    }
}

TEST(change_point, a_short_series_that_wanders_gives_some_alarms) {
    EXPECT_LE(false_alarms(white(), 24), 20);
    EXPECT_LE(false_alarms(autoregressive("AR(1), 0.5", 0.5), 24), 50);
    EXPECT_LE(false_alarms(autoregressive("AR(1), 0.8", 0.8), 24), 90);
}

TEST(change_point, steps_are_found_where_they_are) {
    const auto found = found_in(minutes(quiet(100), 0, [](std::size_t i) {
        return i < 40 ? 100.0 : i < 60 ? 150.0 : 120.0;
    }));
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].index, 40u);
    EXPECT_EQ(found[0].at, 40min);
    EXPECT_EQ(found[0].shape, change_shape::step);
    EXPECT_EQ(found[0].before, 100);
    EXPECT_EQ(found[0].after, 150);
    EXPECT_EQ(found[0].change, 0.5);
    EXPECT_LT(found[0].p_value, 1e-6);
    EXPECT_EQ(found[1].index, 60u);
    EXPECT_NEAR(found[1].change, -0.2, 1e-12);
}

TEST(change_point, a_step_of_three_deviations_is_found_within_three_points) {
    random_bits random{21};
    int once = 0;
    int near = 0;
    for (int round = 0; round < 300; ++round) {
        const std::size_t where = 15 + random() % 70;
        const auto found =
            found_in(minutes(white().make(random, 100), 10, step_at(where, 100, 130)));
        once += found.size() == 1;
        near += found.size() == 1 && found[0].index + 3 >= where && found[0].index <= where + 3;
    }
    EXPECT_GE(once, 290);
    EXPECT_GE(near, 285);
}

TEST(change_point, a_step_counts_however_far_the_windows_are_from_it) {
    random_bits random{22};
    for (const std::size_t where : {30u, 475u, 500u, 501u, 970u}) {
        const auto found =
            found_in(minutes(white().make(random, 1000), 5, step_at(where, 100, 130)));
        ASSERT_EQ(found.size(), 1u) << where;
        EXPECT_NEAR(static_cast<double>(found[0].index), static_cast<double>(where), 1) << where;
    }
}

TEST(change_point, one_to_three_spikes_are_no_level) {
    random_bits random{23};
    int levels = 0;
    for (int round = 0; round < 200; ++round) {
        auto series = minutes(white().make(random, 60), 2, [](std::size_t) { return 100.0; });
        const std::size_t where = random() % 58;
        const std::size_t length = 1 + random() % 3;
        for (std::size_t i = where; i < std::min<std::size_t>(where + length, 60); ++i) {
            series[i].value = 5000;
        }
        levels += !found_in(series).empty();
    }
    EXPECT_LE(levels, 2);
}

TEST(change_point, a_spike_hides_no_step_and_is_not_in_its_means) {
    random_bits random{24};
    auto series = minutes(white().make(random, 80), 2, step_at(40, 100, 150));
    series[20].value = 1e6;
    series[60].value = 1e6;
    const auto found = found_in(series);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].index, 40u);
    EXPECT_NEAR(found[0].before, 100, 2);
    EXPECT_NEAR(found[0].after, 150, 2);
}

TEST(change_point, nothing_is_told_at_the_edges) {
    for (std::size_t length = 1; length < shortest_level; ++length) {
        EXPECT_TRUE(found_in(minutes(quiet(60), 0, step_at(length, 100, 200))).empty());
        EXPECT_TRUE(found_in(minutes(quiet(60), 0, step_at(60 - length, 100, 200))).empty());
    }
    EXPECT_EQ(found_in(minutes(quiet(60), 0, step_at(5, 100, 200))).size(), 1u);
    EXPECT_EQ(found_in(minutes(quiet(60), 0, step_at(55, 100, 200))).size(), 1u);
}

TEST(change_point, a_ramp_is_drift) {
    random_bits random{25};
    for (const double size : {0.0, 1.0, 5.0}) {
        const auto found = found_in(minutes(white().make(random, 200), size, [](std::size_t i) {
            return 100 + 0.5 * static_cast<double>(i);
        }));
        ASSERT_FALSE(found.empty()) << size;
        for (const change_point& each : found) {
            EXPECT_EQ(each.shape, change_shape::drift) << size << " at " << each.index;
            EXPECT_GT(each.change, 0);
        }
    }
}

TEST(change_point, a_small_change_is_dropped_however_sure_it_is) {
    const auto series = minutes(quiet(100), 0, step_at(50, 100, 109));
    EXPECT_TRUE(found_in(series).empty());
    change_point_options options;
    options.min_change = 0.05;
    EXPECT_EQ(found_in(series, options).size(), 1u);
}

TEST(change_point, order_of_size_is_all_that_decides) {
    random_bits random{26};
    const auto series = minutes(white().make(random, 120), 0.2, step_at(70, 1, 2));
    auto bent = series;
    for (point& each : bent) {
        each.value = std::exp(each.value);
    }
    const auto straight = found_in(series);
    const auto exponential = found_in(bent);
    ASSERT_EQ(straight.size(), 1u);
    ASSERT_EQ(exponential.size(), 1u);
    EXPECT_EQ(straight[0].index, exponential[0].index);
    EXPECT_EQ(straight[0].p_value, exponential[0].p_value);
}

TEST(change_point, from_nothing_to_something_is_an_infinite_change) {
    const auto found = found_in(minutes(quiet(60), 0, step_at(30, 0, 3)));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_TRUE(std::isinf(found[0].change));
    change_point_options options;
    options.min_change = 0;
    EXPECT_TRUE(found_in(minutes(quiet(60), 0, step_at(30, 7, 7)), options).empty());
}

TEST(change_point, same_series_same_answer) {
    random_bits random{27};
    const auto series =
        minutes(random_walk().make(random, 500), 1, [](std::size_t) { return 100.0; });
    EXPECT_EQ(found_in(series), found_in(series));
}

TEST(change_point, too_few_points_have_none) {
    for (std::size_t count = 0; count < 2 * shortest_level; ++count) {
        EXPECT_TRUE(found_in(minutes(quiet(count), 0, step_at(count / 2, 1, 9))).empty());
    }
}

TEST(change_point, bad_input_is_named) {
    auto series = minutes(quiet(30), 0, step_at(15, 1, 2));
    change_point_options options;
    options.window = 10;
    EXPECT_EQ(find_change_points(series, options).error(), (failure{errc::bad_usage, -1}));
    options = {};
    options.max_p_value = 0;
    EXPECT_EQ(find_change_points(series, options).error(), (failure{errc::bad_usage, -1}));
    series[7].value = HUGE_VAL;
    EXPECT_EQ(find_change_points(series).error(), (failure{errc::bad_usage, 7}));
    const std::vector<point> endless(most_series_points + 1);
    EXPECT_EQ(find_change_points(endless).error(), (failure{errc::bad_usage, -1}));
}

}  // namespace
}  // namespace curfew::statistics
