#include <curfew/gateway/pin_trial.hpp>

#include <gtest/gtest.h>

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{1h};

// A trial that speaks for pinning; when it ended.
time_point guilty(pin_trial& of, time_point now) {
    now += of.patience();
    EXPECT_TRUE(of.begin(now));
    of.end(20ms, now + 20ms);
    return now + 20ms;
}

TEST(pin_trial, three_trials_in_a_row_are_the_proof_and_each_has_another_patience) {
    pin_trial one;
    EXPECT_EQ(one.patience(), 250ms);
    auto now = guilty(one, start);
    EXPECT_EQ(one.patience(), 500ms);
    now = guilty(one, now);
    EXPECT_EQ(one.patience(), 375ms);
    EXPECT_LT(one.pins_until(), now);
    now = guilty(one, now);
    EXPECT_EQ(one.pins_until(), now + 10min);
}

TEST(pin_trial, after_ten_minutes_one_trial_renews_the_proof) {
    pin_trial one;
    auto now = start;
    for (int i = 0; i < 3; ++i)
        now = guilty(one, now);
    now = guilty(one, now + 11min);
    EXPECT_EQ(one.pins_until(), now + 10min);
}

TEST(pin_trial, an_answer_later_than_a_third_of_the_patience_acquits) {
    pin_trial one;
    auto now = guilty(one, guilty(one, start)) + 1s;
    ASSERT_TRUE(one.begin(now));
    one.end(126ms, now + 126ms);
    EXPECT_EQ(one.patience(), 500ms) << "and the next one waits longer";
    now = guilty(one, guilty(one, now + 1s));
    EXPECT_LT(one.pins_until(), now);
}

TEST(pin_trial, a_route_that_always_takes_a_little_longer_than_the_patience_is_not_taken_in) {
    pin_trial one;
    auto now = start;
    for (int i = 0; i < 1000; ++i, now += 1s) {
        constexpr duration takes = 270ms;
        if (one.patience() >= takes) {
            one.answered(takes);
        } else if (one.begin(now + one.patience())) {
            one.end(takes - one.patience(), now + takes);
        }
        ASSERT_LT(one.pins_until(), now) << i;
    }
    EXPECT_GT(one.patience(), 270ms) << "it is left in peace";
}

TEST(pin_trial, what_never_answers_doubles_the_patience_up_to_its_bound) {
    pin_trial one;
    auto now = start;
    for (const duration expected : {250ms, 500ms, 1000ms, 2000ms, 4000ms, 8000ms, 8000ms}) {
        ASSERT_EQ(one.patience(), expected);
        ASSERT_TRUE(one.begin(now));
        ASSERT_FALSE(one.begin(now + expected - 1ns)) << "one at a time";
        one.end({}, now);
        now += expected;
    }
}

}  // namespace
}  // namespace curfew::gateway
