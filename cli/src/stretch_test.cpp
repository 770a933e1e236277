#include "stretch.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace curfew::cli {
namespace {

using namespace std::chrono_literals;

std::string refusal(std::string_view text) {
    const auto span = span_of("--since", text);
    return span ? "accepted" : span.error().sentence;
}

TEST(stretch, begins_with_days_or_not) {
    EXPECT_EQ(span_of("--since", "7d"), 168h);
    EXPECT_EQ(span_of("--since", "1d12h"), 36h);
    EXPECT_EQ(span_of("--since", "90m"), 90min);
    EXPECT_EQ(span_of("--since", "3650d"), std::chrono::days{3650});
}

TEST(stretch, what_is_out_of_range_is_told_the_range_however_long_it_is) {
    for (const std::string_view each :
         {"0s", "59s", "3651d", "3650d1s", "99999999999d", "99999999999999999999999d", "87601h"}) {
        EXPECT_EQ(
            refusal(each),
            "--since is from one minute to 3650 days, not `" + std::string{each} + '`'
        );
    }
}

TEST(stretch, what_is_no_time_is_told_why) {
    EXPECT_EQ(refusal("7"), "--since: `7` is no stretch of time: it has no unit");
    EXPECT_EQ(refusal("-1d"), "--since: `-1d` is no stretch of time: it is negative");
    EXPECT_NE(refusal("9999999999999999h"), "accepted");
}

}  // namespace
}  // namespace curfew::cli
