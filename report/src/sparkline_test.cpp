#include "sparkline.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace curfew::report {
namespace {

using values = std::vector<std::optional<double>>;

TEST(sparkline, is_one_column_a_value_with_the_highest_full) {
    EXPECT_EQ(sparkline(values{1.0, 4.0, 8.0}, 10), "▂▅█");
}

TEST(sparkline, tells_nothing_from_zero) {
    EXPECT_EQ(sparkline(values{0.0, std::nullopt, 1.0}, 10), "· █");
    EXPECT_EQ(sparkline(values{0.0, 0.0}, 10), "··");
    EXPECT_EQ(sparkline(values{}, 10), "");
}

TEST(sparkline, keeps_every_peak_where_values_are_joined) {
    values many(100, 1.0);
    many[57] = 8.0;
    EXPECT_EQ(sparkline(many, 10), "▂▂▂▂▂█▂▂▂▂");
}

}  // namespace
}  // namespace curfew::report
