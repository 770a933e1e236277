#include <curfew/load/chart.hpp>
#include <curfew/load/figures.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curfew::load {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST(chart, tells_long_times_as_it_is_told_to) {
    chart plot{.title = "t", .lines = {}, .bands = {}};
    plot.step_seconds = 3600;
    plot.time = [](double seconds) { return plain_tick(seconds / 3600) + " h"; };
    plot.lines.push_back({"a", "a", std::vector<std::optional<double>>(8, 1.0)});
    const auto svg = draw(plot);
    EXPECT_NE(svg.find(">2 h<"), svg.npos) << svg;
    EXPECT_NE(svg.find(">8 h<"), svg.npos) << svg;
    EXPECT_EQ(svg.find(" s<"), svg.npos) << svg;
}

TEST(chart, places_values_on_a_linear_axis) {
    chart plot{.title = "t", .highest = 100, .lines = {}, .bands = {}};
    plot.lines = {{"direct", "direct", {0, 100}}};
    // Two seconds, centred at a quarter and three quarters of 360 units that begin at 50.
    EXPECT_THAT(draw(plot), HasSubstr(R"(class="line direct" d="M140.0 206.0)"));
    EXPECT_THAT(draw(plot), HasSubstr("L320.0 22.0"));
}

TEST(chart, a_missing_value_leaves_a_gap) {
    chart plot{.title = "t", .highest = 10, .lines = {}, .bands = {}};
    plot.lines = {{"x", "x", {1, std::nullopt, 1}}};
    const auto svg = draw(plot);
    EXPECT_EQ(std::ranges::count(svg, 'M'), 2);
}

TEST(chart, decades_are_evenly_apart_and_small_values_stick_to_the_lowest) {
    chart plot{
        .title = "t", .logarithmic = true, .lowest = 1, .highest = 100, .lines = {}, .bands = {}
    };
    plot.lines = {{"x", "x", {10, 0.001, 1000}}};
    const auto svg = draw(plot);
    EXPECT_THAT(svg, HasSubstr(" 114.0"));
    EXPECT_THAT(svg, HasSubstr(" 206.0"));
    EXPECT_THAT(svg, HasSubstr(" 22.0"));
}

TEST(chart, a_tick_says_its_unit_and_a_level_stands_where_its_value_is) {
    chart plot{
        .title = "t",
        .tick = [](double value) { return plain_tick(value) + " ms"; },
        .highest = 100,
        .lines = {},
        .bands = {},
        .levels = {{50, "limit"}}
    };
    EXPECT_THAT(draw(plot), HasSubstr(">40 ms</text>"));
    EXPECT_THAT(draw(plot), HasSubstr(R"(y1="114.0" y2="114.0"/><text class="level-name")"));
    EXPECT_THAT(draw(plot), HasSubstr(">limit</text>"));
}

TEST(chart, names_cannot_break_out_of_the_markup) {
    chart plot{.title = "<script>", .lines = {}, .bands = {{0, 1, "\"><b>"}}};
    plot.levels = {{1, "<b>"}};
    EXPECT_THAT(draw(plot), Not(HasSubstr("<script>")));
    EXPECT_THAT(draw(plot), Not(HasSubstr("<b>")));
}

TEST(figures, read_as_people_write_them) {
    EXPECT_EQ(time_figure(0s), "0");
    EXPECT_EQ(time_figure(312us), "0.31 ms");
    EXPECT_EQ(time_figure(4210us), "4.2 ms");
    EXPECT_EQ(time_figure(120ms), "120 ms");
    EXPECT_EQ(time_figure(999900us), "1.00 s");
    EXPECT_EQ(time_figure(12s), "12.0 s");
    EXPECT_EQ(count_figure(999), "999");
    EXPECT_EQ(count_figure(1234567), "1 234 567");
}

TEST(figures, a_share_is_never_rounded_up_to_all) {
    EXPECT_EQ(share_figure(1.0), "100.00 %");
    EXPECT_EQ(share_figure(0.99999), "99.99 %");
    EXPECT_EQ(share_figure(0.0), "0.00 %");
}

TEST(figures, a_quantile_without_enough_samples_is_a_dash) {
    tally few;
    few.record({.at = {time_point{}, time_point{}, time_point{}, time_point{1ms}}});
    EXPECT_EQ(quantile_figure(few, 0.5), "-");
}

TEST(figures, a_quantile_known_only_from_below_says_so) {
    tally lost;
    for (int i = 0; i < 100; ++i) {
        lost.record(
            {.at = {time_point{}, time_point{}, time_point{}, time_point{5s}},
             .error = error_category::timeout_first_byte}
        );
    }
    EXPECT_EQ(quantile_figure(lost, 0.5), ">= 5.00 s");
}

}  // namespace
}  // namespace curfew::load
