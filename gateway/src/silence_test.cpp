#include "silence.hpp"

#include <gtest/gtest.h>

namespace curfew::gateway::detail {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{1h};
constexpr std::optional<duration> p99{20ms};

/// Three requests that were sent at `at`.
std::uint64_t send_few(silence& route, time_point at) {
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < silence::few; ++i)
        last = route.admit(at);
    return last;
}

TEST(silence, three_unanswered_for_longer_than_the_p99_hold_a_route) {
    silence route;
    send_few(route, start);
    EXPECT_FALSE(route.holds(start + 20ms, p99)) << "as long as its p99 is not longer";
    EXPECT_TRUE(route.holds(start + 20ms + 1ns, p99));
}

TEST(silence, fewer_than_three_hold_nobody_however_long) {
    silence route;
    route.admit(start);
    route.admit(start);
    EXPECT_FALSE(route.holds(start + 1h, p99));
}

TEST(silence, a_quick_route_has_five_milliseconds) {
    silence route;
    send_few(route, start);
    EXPECT_FALSE(route.holds(start + 5ms, 1ms));
    EXPECT_TRUE(route.holds(start + 5ms + 1ns, 1ms));
    EXPECT_EQ(silence::patience(1ms), 5ms);
    EXPECT_EQ(silence::patience(5ms), 5ms);
    EXPECT_EQ(silence::patience(6ms), 6ms);
}

TEST(silence, without_a_known_p99_nobody_waits) {
    silence route;
    send_few(route, start);
    EXPECT_FALSE(route.holds(start + 1h, std::nullopt));
    EXPECT_EQ(silence::patience(std::nullopt), std::nullopt);
}

TEST(silence, it_lasts_since_the_first_request_after_the_last_sign_of_life) {
    silence route;
    route.admit(start);
    route.admit(start + 19ms);
    route.admit(start + 21ms);
    EXPECT_TRUE(route.holds(start + 21ms, p99)) << "the third is no new beginning";
    route.heard();
    EXPECT_FALSE(route.holds(start + 1h, p99));
    send_few(route, start + 30ms);
    EXPECT_FALSE(route.holds(start + 50ms, p99));
    EXPECT_TRUE(route.holds(start + 50ms + 1ns, p99));
}

TEST(silence, one_answer_lets_all_go_on_whoevers_it_is) {
    silence route;
    for (int i = 0; i < 100; ++i)
        route.admit(start);
    ASSERT_TRUE(route.holds(start + 1s, p99));
    route.heard();
    EXPECT_FALSE(route.holds(start + 1s, p99));
}

TEST(silence, who_waits_for_its_client_is_no_silence_and_neither_are_those_before_it) {
    silence route;
    const auto first = route.admit(start);
    const auto second = route.admit(start);
    const auto third = route.admit(start);
    ASSERT_TRUE(route.holds(start + 1s, p99));
    route.settle(second);
    EXPECT_FALSE(route.holds(start + 1s, p99)) << "one is left";
    route.settle(first);
    route.admit(start + 1s);
    EXPECT_FALSE(route.holds(start + 1s, p99)) << "what is settled stays so: two are left";
    route.admit(start + 1s);
    EXPECT_TRUE(route.holds(start + 1s, p99));
    route.settle(third + 2);
    EXPECT_FALSE(route.holds(start + 1h, p99));
}

TEST(silence, when_the_last_one_hangs_one_more_may_try) {
    silence route;
    const auto last = send_few(route, start);
    route.judge_hanging(last - 2);
    route.judge_hanging(last - 1);
    ASSERT_TRUE(route.holds(start + 1s, p99)) << "the last has not been judged";
    route.judge_hanging(last);
    EXPECT_FALSE(route.holds(start + 1s, p99));
    const auto trial = route.admit(start + 1s);
    EXPECT_TRUE(route.holds(start + 1s, p99)) << "one, and nobody else";
    route.judge_hanging(last);
    EXPECT_TRUE(route.holds(start + 2s, p99)) << "the trial decides now";
    route.judge_hanging(trial);
    EXPECT_FALSE(route.holds(start + 2s, p99));
}

TEST(silence, a_route_that_was_given_fewer_than_three_is_not_judged) {
    silence route;
    route.judge_hanging(route.admit(start));
    route.judge_hanging(route.admit(start));
    const auto third = route.admit(start);
    EXPECT_TRUE(route.holds(start + 1s, p99)) << "all three are waited for";
    route.judge_hanging(third);
    EXPECT_FALSE(route.holds(start + 1s, p99));
}

}  // namespace
}  // namespace curfew::gateway::detail
