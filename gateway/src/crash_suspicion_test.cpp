#include "crash_suspicion.hpp"

#include <gtest/gtest.h>

namespace curfew::gateway::detail {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{1h};

/// A route whose upstream lives for a minute at a time, if nothing else is said.
struct suspected : crash_suspicion {
    /// A life ends with one of its requests under way: it is a second old at most.
    bool crash_under_it(duration later = 1min) {
        now += later;
        broke_off(now);
        crashed(now + 5ms);
        return next(true);
    }

    bool next(bool by_itself) {
        now += 100ms;
        return begin_life(by_itself, alive_at, now);
    }

    [[nodiscard]] bool is_suspect() const { return crash_suspicion::is_suspect(now); }

    time_point now = start;
    time_point alive_at = time_point::min();
};

TEST(crash_suspicion, who_was_at_the_end_of_two_lives_in_a_row_is_a_suspect) {
    suspected route;
    EXPECT_TRUE(route.crash_under_it());
    EXPECT_FALSE(route.is_suspect()) << "who was there once was only there";
    EXPECT_TRUE(route.crash_under_it());
    EXPECT_TRUE(route.is_suspect());
    EXPECT_FALSE(route.is_convicted(route.now));
}

TEST(crash_suspicion, what_is_killed_from_outside_was_brought_down_by_nobody) {
    suspected route;
    for (int life = 0; life < 5; ++life) {
        route.broke_off(route.now);
        EXPECT_FALSE(route.next(false));
        EXPECT_FALSE(route.is_suspect());
    }
}

TEST(crash_suspicion, what_broke_off_a_second_before_the_end_was_outlived) {
    suspected route;
    for (int life = 0; life < 3; ++life) {
        route.broke_off(route.now);
        route.now += 1s;
        route.crashed(route.now);
        EXPECT_FALSE(route.next(true));
    }
    EXPECT_FALSE(route.is_suspect());
}

TEST(crash_suspicion, what_broke_off_just_before_or_after_the_end_was_noticed_was_at_it) {
    suspected route;
    route.broke_off(route.now);
    route.crashed(route.now + 900ms);
    EXPECT_TRUE(route.next(true));
    route.crashed(route.now);
    route.broke_off(route.now + 50ms);
    EXPECT_TRUE(route.next(true));
}

TEST(crash_suspicion, what_an_answered_request_outlived_did_not_bring_it_down) {
    suspected route;
    route.broke_off(route.now);
    route.alive_at = route.now + 1ms;
    route.crashed(route.now + 500ms);
    EXPECT_FALSE(route.next(true));
}

TEST(crash_suspicion, who_mostly_survives_is_none) {
    suspected route;
    for (int life = 0; life < 10; ++life) {
        route.survived();
        route.survived();
        EXPECT_FALSE(route.crash_under_it());
        EXPECT_FALSE(route.is_suspect());
    }
}

TEST(crash_suspicion, a_life_without_its_requests_changes_nothing) {
    suspected route;
    (void)route.crash_under_it();
    EXPECT_FALSE(route.next(true));
    (void)route.crash_under_it();
    EXPECT_TRUE(route.is_suspect());
}

TEST(crash_suspicion, what_survives_clears) {
    suspected route;
    (void)route.crash_under_it();
    (void)route.crash_under_it();
    route.convict(route.now + 1min);
    route.survived();
    EXPECT_FALSE(route.is_suspect());
    EXPECT_FALSE(route.is_convicted(route.now));
    EXPECT_FALSE(route.next(true));
    (void)route.crash_under_it();
    EXPECT_FALSE(route.is_suspect()) << "it takes two again";
}

TEST(crash_suspicion, ends_far_apart_are_no_row_and_a_suspicion_is_forgotten) {
    suspected route;
    for (int life = 0; life < 5; ++life) {
        (void)route.crash_under_it(crash_suspicion::memory);
        EXPECT_FALSE(route.is_suspect());
    }
    (void)route.crash_under_it();
    EXPECT_TRUE(route.is_suspect());
    route.now += crash_suspicion::memory;
    EXPECT_FALSE(route.is_suspect());
    (void)route.crash_under_it();
    EXPECT_FALSE(route.is_suspect());
}

TEST(crash_suspicion, a_conviction_ends_by_itself) {
    suspected route;
    route.convict(route.now + 1min);
    EXPECT_TRUE(route.is_convicted(route.now + 59s));
    EXPECT_FALSE(route.is_convicted(route.now + 1min));
}

}  // namespace
}  // namespace curfew::gateway::detail
