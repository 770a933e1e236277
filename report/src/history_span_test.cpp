#include "history_span.hpp"

#include <gtest/gtest.h>

namespace curfew::report {
namespace {

using namespace std::chrono_literals;

TEST(history_span, of_nothing_is_nothing) {
    const auto seen = history_span{4}.since(0);
    EXPECT_EQ(seen.length, 0s);
    EXPECT_EQ(seen.clock_hours, 0U);
    EXPECT_FALSE(seen.is_long_enough_to_lower());
}

TEST(history_span, begins_at_any_slot_and_counts_an_hour_once) {
    history_span tried{3};
    for (const ledger::minute at : {30, 31, 31, 59, 60}) {
        tried.see(at, 0);
    }
    tried.see(125, 1);
    tried.see(199, 2);
    const auto all = tried.since(0);
    EXPECT_EQ(all.length, 170min);
    EXPECT_EQ(all.clock_hours, 4U);
    EXPECT_EQ(all.hours_with_calls, 4U);
    const auto late = tried.since(1);
    EXPECT_EQ(late.length, 75min);
    EXPECT_EQ(late.clock_hours, 2U);
    EXPECT_EQ(late.hours_with_calls, 2U);
}

TEST(history_span, a_day_of_the_clock_in_which_six_hours_were_busy_is_enough) {
    history_span tried{24};
    for (ledger::minute hour = 0; hour < 24; ++hour) {
        EXPECT_FALSE(tried.since(0).is_long_enough_to_lower()) << hour;
        if (hour < 5 || hour == 23) {
            tried.see(hour * 60 + 7, static_cast<std::size_t>(hour));
        }
    }
    EXPECT_TRUE(tried.since(0).is_long_enough_to_lower());
    EXPECT_FALSE(tried.since(1).is_long_enough_to_lower()) << "23 hours";
}

TEST(history_span, two_bursts_a_day_apart_are_no_day) {
    history_span tried{1};
    for (ledger::minute at = 0; at < 20; ++at) {
        tried.see(at, 0);
    }
    for (ledger::minute at = 1'500; at < 1'520; ++at) {
        tried.see(at, 0);
    }
    EXPECT_GE(tried.since(0).clock_hours, 24U);
    EXPECT_FALSE(tried.since(0).is_long_enough_to_lower());
}

}  // namespace
}  // namespace curfew::report
