#include "silence.hpp"

#include <gtest/gtest.h>

namespace curfew::gateway::detail {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{1h};
constexpr duration patience = 20ms;

/// Three requests that were sent at `at`.
std::uint64_t send_few(silence& route, time_point at) {
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < silence::few; ++i)
        last = route.admit(at);
    return last;
}

TEST(silence, three_unanswered_for_longer_than_its_patience_hold_a_route) {
    silence route;
    send_few(route, start);
    EXPECT_FALSE(route.holds(start + 20ms, patience)) << "as long as its patience is not longer";
    EXPECT_TRUE(route.holds(start + 20ms + 1ns, patience));
}

TEST(silence, fewer_than_three_hold_nobody_however_long) {
    silence route;
    route.admit(start);
    route.admit(start);
    EXPECT_FALSE(route.holds(start + 1h, patience));
}

TEST(silence, without_any_patience_the_third_is_the_last_at_once) {
    silence route;
    route.admit(start);
    route.admit(start);
    EXPECT_FALSE(route.holds(start, duration::zero()));
    route.admit(start);
    EXPECT_TRUE(route.holds(start, duration::zero()));
    route.heard();
    EXPECT_FALSE(route.holds(start, duration::zero()));
}

TEST(silence, it_lasts_since_the_first_request_after_the_last_sign_of_life) {
    silence route;
    route.admit(start);
    route.admit(start + 19ms);
    route.admit(start + 21ms);
    EXPECT_TRUE(route.holds(start + 21ms, patience)) << "the third is no new beginning";
    route.heard();
    EXPECT_FALSE(route.holds(start + 1h, patience));
    send_few(route, start + 30ms);
    EXPECT_FALSE(route.holds(start + 50ms, patience));
    EXPECT_TRUE(route.holds(start + 50ms + 1ns, patience));
}

TEST(silence, one_answer_lets_all_go_on_whoevers_it_is) {
    silence route;
    for (int i = 0; i < 100; ++i)
        route.admit(start);
    ASSERT_TRUE(route.holds(start + 1s, patience));
    route.heard();
    EXPECT_FALSE(route.holds(start + 1s, patience));
}

TEST(silence, who_waits_for_its_client_is_no_silence_and_neither_are_those_before_it) {
    silence route;
    const auto first = route.admit(start);
    const auto second = route.admit(start);
    const auto third = route.admit(start);
    ASSERT_TRUE(route.holds(start + 1s, patience));
    route.settle(second);
    EXPECT_FALSE(route.holds(start + 1s, patience)) << "one is left";
    route.settle(first);
    route.admit(start + 1s);
    EXPECT_FALSE(route.holds(start + 1s, patience)) << "what is settled stays so: two are left";
    route.admit(start + 1s);
    EXPECT_TRUE(route.holds(start + 1s, patience));
    route.settle(third + 2);
    EXPECT_FALSE(route.holds(start + 1h, patience));
}

TEST(silence, when_the_last_one_hangs_one_more_may_try) {
    silence route;
    const auto last = send_few(route, start);
    route.judge_hanging(last - 2);
    route.judge_hanging(last - 1);
    ASSERT_TRUE(route.holds(start + 1s, patience)) << "the last has not been judged";
    route.judge_hanging(last);
    EXPECT_FALSE(route.holds(start + 1s, patience));
    const auto trial = route.admit(start + 1s);
    EXPECT_TRUE(route.holds(start + 1s, patience)) << "one, and nobody else";
    route.judge_hanging(last);
    EXPECT_TRUE(route.holds(start + 2s, patience)) << "the trial decides now";
    route.judge_hanging(trial);
    EXPECT_FALSE(route.holds(start + 2s, patience));
}

TEST(silence, a_route_that_was_given_fewer_than_three_is_not_judged) {
    silence route;
    route.judge_hanging(route.admit(start));
    route.judge_hanging(route.admit(start));
    const auto third = route.admit(start);
    EXPECT_TRUE(route.holds(start + 1s, patience)) << "all three are waited for";
    route.judge_hanging(third);
    EXPECT_FALSE(route.holds(start + 1s, patience));
}

}  // namespace
}  // namespace curfew::gateway::detail
