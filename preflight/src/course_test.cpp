#include <curfew/preflight/course.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace curfew::preflight {
namespace {

using namespace std::chrono_literals;
using enum failure_kind;

const bypass_rules strict{};
const bypass_rules staging{true, {database_timeout, vpc_connector}, 3};
constexpr time_point begin{1h};

/// How often it is tried when each attempt takes that long.
std::uint32_t attempts_of(
    const bypass_rules& rules, failure_kind kind, bool told = false, duration attempt = 10ms
) {
    course of{rules, told, begin + 60s, 7};
    time_point now = begin;
    for (;;) {
        of.attempt();
        now += attempt;
        const auto next = of.failed(kind, false, now);
        if (!next) return of.attempts();
        EXPECT_GT(*next, now);
        EXPECT_LT(*next, begin + 60s);
        now = *next;
    }
}

TEST(course, what_no_waiting_mends_is_tried_once) {
    for (const auto kind : {auth, config, schema, disk}) {
        EXPECT_EQ(attempts_of(strict, kind), 1U);
        EXPECT_EQ(attempts_of(staging, kind), 1U);
    }
}

TEST(course, what_may_be_passed_over_is_tried_three_times) {
    EXPECT_EQ(attempts_of(staging, database_timeout), 3U);
    EXPECT_EQ(attempts_of(staging, vpc_connector), 3U);
}

TEST(course, what_would_block_is_tried_until_the_budget_is_over) {
    EXPECT_GT(attempts_of(staging, network), 10U);
    EXPECT_GT(attempts_of(strict, database_timeout), 10U);
    EXPECT_EQ(attempts_of(strict, network, false, 40s), 2U);
    EXPECT_EQ(attempts_of(strict, network, false, 60s), 1U);
}

TEST(course, who_is_told_to_start_does_not_wait) {
    EXPECT_EQ(attempts_of(strict, network, true), 1U);
}

TEST(course, what_has_been_decided_is_not_waited_for) {
    course of{strict, false, begin + 60s, 7};
    of.attempt();
    EXPECT_FALSE(of.failed(network, true, begin + 1s));
}

TEST(course, pauses_double_and_differ) {
    course one{strict, false, begin + 1h, 1};
    course other{strict, false, begin + 1h, 2};
    bool differ = false;
    duration whole = 200ms;
    for (int round = 0; round < 12; ++round) {
        const auto pause = *one.failed(unknown, false, begin) - begin;
        EXPECT_GE(pause, whole / 2);
        EXPECT_LE(pause, whole);
        differ = differ || *other.failed(unknown, false, begin) - begin != pause;
        whole = std::min<duration>(whole * 2, 5s);
    }
    EXPECT_TRUE(differ);
}

}  // namespace
}  // namespace curfew::preflight
