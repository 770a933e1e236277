#include <curfew/core/memory_guard.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace curfew {
namespace {

using namespace std::chrono_literals;
using action = memory_guard::action;

time_point at(duration since_start) {
    return time_point{} + since_start;
}

TEST(memory_guard, relieves_first_and_refuses_only_if_it_is_short_a_second_later) {
    memory_guard guard{0.8};
    EXPECT_EQ(guard.step(0.79, at(0s)), action::nothing);
    EXPECT_EQ(guard.step(0.8, at(1s)), action::relieve);
    EXPECT_EQ(guard.step(0.85, at(2s) - 1ns), action::nothing);
    EXPECT_FALSE(guard.refuses());
    EXPECT_EQ(guard.step(0.8, at(2s)), action::refuse);
    EXPECT_TRUE(guard.refuses());
    EXPECT_EQ(guard.step(0.99, at(3s)), action::nothing) << "said once";
}

TEST(memory_guard, what_relief_was_enough_for_is_never_refused) {
    memory_guard guard{0.8};
    EXPECT_EQ(guard.step(0.9, at(0s)), action::relieve);
    EXPECT_EQ(guard.step(0.79, at(1s)), action::nothing);
    EXPECT_EQ(guard.step(0.79, at(10s)), action::nothing);
    EXPECT_FALSE(guard.refuses());
}

TEST(memory_guard, serves_again_when_there_is_clearly_less_in_use) {
    memory_guard guard{0.8};
    (void)guard.step(0.9, at(0s));
    (void)guard.step(0.9, at(1s));
    EXPECT_EQ(guard.step(0.76, at(2s)), action::nothing);
    EXPECT_TRUE(guard.refuses());
    EXPECT_EQ(guard.step(0.74, at(3s)), action::serve);
    EXPECT_FALSE(guard.refuses());
}

TEST(memory_guard, relief_is_not_tried_again_within_a_minute) {
    memory_guard guard{0.8};
    EXPECT_EQ(guard.step(0.9, at(0s)), action::relieve);
    EXPECT_EQ(guard.step(0.7, at(1s)), action::nothing);
    EXPECT_EQ(guard.step(0.9, at(30s)), action::nothing);
    EXPECT_EQ(guard.step(0.9, at(31s)), action::refuse) << "but the second is given all the same";
    EXPECT_EQ(guard.step(0.1, at(32s)), action::serve);
    EXPECT_EQ(guard.step(0.9, at(60s)), action::relieve);
}

TEST(memory_guard, what_is_not_known_refuses_nobody) {
    memory_guard guard{0.8};
    EXPECT_EQ(guard.step({}, at(0s)), action::nothing);
    (void)guard.step(0.9, at(1s));
    (void)guard.step(0.9, at(2s));
    EXPECT_TRUE(guard.refuses());
    EXPECT_EQ(guard.step({}, at(3s)), action::serve);
}

TEST(memory_guard, looks_that_are_far_apart_give_relief_its_second) {
    memory_guard guard{0.8};
    EXPECT_EQ(guard.step(0.9, at(0s)), action::relieve);
    EXPECT_EQ(guard.step(0.9, at(60s)), action::refuse);
}

}  // namespace
}  // namespace curfew
