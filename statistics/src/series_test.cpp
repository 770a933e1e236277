#include <curfew/statistics/series.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace curfew::statistics {
namespace {

using namespace std::chrono_literals;

TEST(series, the_first_bad_value_is_named) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_TRUE(check_series({}));
    EXPECT_TRUE(check_series(std::vector<point>{{1s, 1}, {1s, 2}, {3s, 1}}));
    EXPECT_EQ(
        check_series(std::vector<point>{{1s, 1}, {2s, nan}}).error(), (failure{errc::bad_usage, 1})
    );
    EXPECT_EQ(
        check_series(std::vector<point>{{1s, 1}, {2s, 1}, {1s, 1}}).error(),
        (failure{errc::bad_usage, 2})
    );
    EXPECT_EQ(
        check_series(std::vector<point>{{1s, HUGE_VAL}}).error(), (failure{errc::bad_usage, 0})
    );
}

TEST(moments, keep_their_digits_far_from_zero) {
    moments all;
    EXPECT_EQ(all.variance(), 0);
    for (const double each : {4.0, 7.0, 13.0, 16.0}) {
        all.add(1e9 + each);
    }
    EXPECT_EQ(all.mean, 1e9 + 10);
    EXPECT_EQ(all.variance(), 30);
}

TEST(median, is_the_middle_or_between_the_two) {
    std::vector<double> odd{9, 1, 5};
    std::vector<double> even{8, 2, 6, 1};
    EXPECT_EQ(median_in_place(odd), 5);
    EXPECT_EQ(median_in_place(even), 4);
    EXPECT_EQ(median_in_place({}), 0);
}

}  // namespace
}  // namespace curfew::statistics
