#include "crash_suspicion.hpp"

#include <gtest/gtest.h>

namespace curfew::gateway::detail {
namespace {

/// A life that ends with one of its requests under way.
bool end_badly(crash_suspicion& route, bool alone = false) {
    route.broke_off(alone);
    return route.begin_life();
}

TEST(crash_suspicion, who_was_at_the_end_of_two_lives_in_a_row_is_a_suspect) {
    crash_suspicion route;
    EXPECT_FALSE(end_badly(route));
    EXPECT_FALSE(route.is_suspect()) << "who was there once was only there";
    EXPECT_FALSE(end_badly(route));
    EXPECT_TRUE(route.is_suspect());
    EXPECT_FALSE(route.is_convicted());
}

TEST(crash_suspicion, who_is_mostly_answered_is_none) {
    crash_suspicion route;
    for (int life = 0; life < 10; ++life) {
        route.answered();
        route.answered();
        EXPECT_FALSE(end_badly(route));
        EXPECT_FALSE(route.is_suspect());
    }
}

TEST(crash_suspicion, a_life_without_its_requests_changes_nothing) {
    crash_suspicion route;
    (void)end_badly(route);
    EXPECT_FALSE(route.begin_life());
    (void)end_badly(route);
    EXPECT_TRUE(route.is_suspect());
}

TEST(crash_suspicion, an_answer_clears) {
    crash_suspicion route;
    (void)end_badly(route);
    (void)end_badly(route);
    route.answered();
    EXPECT_FALSE(route.is_suspect());
    EXPECT_FALSE(route.begin_life());
    (void)end_badly(route);
    EXPECT_FALSE(route.is_suspect()) << "it takes two again";
}

TEST(crash_suspicion, who_was_answered_after_its_trial_broke_off_did_not_bring_it_down) {
    crash_suspicion route;
    (void)end_badly(route);
    (void)end_badly(route);
    route.broke_off(true);
    route.answered();
    EXPECT_FALSE(route.begin_life()) << "the backend lived on";
    EXPECT_FALSE(route.is_convicted());
}

TEST(crash_suspicion, who_was_let_in_alone_at_the_end_is_convicted_until_it_is_answered) {
    crash_suspicion route;
    (void)end_badly(route);
    (void)end_badly(route);
    EXPECT_TRUE(end_badly(route, true));
    EXPECT_TRUE(route.is_convicted());
    EXPECT_FALSE(route.begin_life()) << "once";
    EXPECT_TRUE(route.is_convicted());
    EXPECT_TRUE(route.is_suspect());
    route.answered();
    EXPECT_FALSE(route.is_convicted());
}

}  // namespace
}  // namespace curfew::gateway::detail
