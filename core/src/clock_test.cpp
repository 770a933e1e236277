#include <curfew/core/clock.hpp>

#include <gtest/gtest.h>

namespace curfew {
namespace {

using namespace std::chrono_literals;

TEST(clock, sums_stop_at_the_ends_of_the_timeline) {
    const time_point last = time_point::max();
    const time_point first = time_point::min();
    EXPECT_EQ(add_saturated(last - 1ns, 1ns), last);
    EXPECT_EQ(add_saturated(last, 1ns), last);
    EXPECT_EQ(add_saturated(first, -1ns), first);
    EXPECT_EQ(add_saturated(first, duration::max()), time_point{} - 1ns);
    EXPECT_EQ(add_saturated(time_point{} + 5s, -7s), time_point{} - 2s);
}

TEST(clock, steady_time_never_goes_back) {
    const steady_clock steady;
    time_point before = steady.now();
    for (int i = 0; i < 10'000; ++i) {
        const time_point now = steady.now();
        ASSERT_GE(now, before);
        before = now;
    }
}

TEST(clock, coarse_time_is_never_ahead_of_steady_time_and_never_far_behind) {
    const steady_clock steady;
    const coarse_clock coarse;
    for (int i = 0; i < 10'000; ++i) {
        const time_point before = steady.now();
        const time_point about = coarse.now();
        ASSERT_LE(about, steady.now());
        ASSERT_GT(about, before - 1s) << "both are CLOCK_MONOTONIC";
    }
}

TEST(clock, manual_time_stands_still_until_it_is_moved) {
    manual_clock manual{time_point{} + 1h};
    EXPECT_EQ(manual.now(), time_point{} + 1h);
    EXPECT_EQ(manual.now(), time_point{} + 1h);
    manual.advance(5ms);
    EXPECT_EQ(manual.now(), time_point{} + 1h + 5ms);
    manual.advance(0ns);
    manual.advance_to(manual.now());
    manual.advance_to(time_point{} + 2h);
    EXPECT_EQ(manual.now(), time_point{} + 2h);
    manual.advance(duration::max());
    EXPECT_EQ(manual.now(), time_point::max());
}

TEST(clock_death, manual_time_does_not_run_backwards) {
    manual_clock manual{time_point{} + 1h};
    EXPECT_DEATH(manual.advance(-1ns), "time does not run backwards");
    EXPECT_DEATH(manual.advance_to(time_point{}), "time does not run backwards");
}

}  // namespace
}  // namespace curfew
