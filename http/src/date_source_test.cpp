#include <curfew/http/date_source.hpp>
#include <curfew/runtime/wall_clock.hpp>

#include <gtest/gtest.h>

namespace curfew::http {
namespace {

using namespace std::chrono_literals;

TEST(date_source, asks_the_wall_clock_again_when_a_second_has_passed_and_not_before) {
    const auto wall = [] { return std::chrono::floor<std::chrono::seconds>(runtime::wall_now()); };
    const auto written = [](auto second) {
        const auto text = http1::format_date(second);
        return std::string{text.begin(), text.end()};
    };
    date_source source;
    const auto before = wall();
    const std::string first{source.text(time_point{1h})};
    const auto after = wall();
    EXPECT_TRUE(first == written(before) || first == written(after)) << first;
    const auto* const kept = source.text(time_point{1h}).data();
    EXPECT_EQ(source.text(time_point{1h}), first);
    EXPECT_EQ(source.text(time_point{2h}).data(), kept) << "written in place";
    EXPECT_GE(std::string{source.text(time_point{2h})}.size(), 29U);
}

}  // namespace
}  // namespace curfew::http
