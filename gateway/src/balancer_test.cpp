#include <curfew/gateway/balancer.hpp>

#include <gtest/gtest.h>

#include <map>

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;
using policy::balancing;

constexpr time_point start{1h};

std::map<std::size_t, int> picks(balancer& of, int times) {
    std::map<std::size_t, int> seen;
    for (int i = 0; i < times; ++i)
        ++seen[of.pick(start, true)];
    return seen;
}

TEST(balancer, round_robin_takes_each_in_turn) {
    balancer three{balancing::round_robin, 3};
    EXPECT_EQ(picks(three, 30), (std::map<std::size_t, int>{{0, 10}, {1, 10}, {2, 10}}));
}

TEST(balancer, least_loaded_takes_the_one_with_the_fewest_in_flight) {
    balancer three{balancing::least_loaded, 3};
    for (const std::size_t busy : {0, 0, 1, 2, 2, 2})
        (void)three.started(busy);
    EXPECT_EQ(picks(three, 5), (std::map<std::size_t, int>{{1, 5}}));
    (void)three.started(1);
    three.ended(2);
    EXPECT_EQ(picks(three, 30).size(), 3U) << "ties in turn";
}

TEST(balancer, an_endpoint_that_did_not_connect_rests_until_it_does) {
    balancer two{balancing::round_robin, 2};
    two.connect_failed(0, start);
    EXPECT_TRUE(two.rests(0));
    EXPECT_FALSE(two.all_rest());
    EXPECT_EQ(picks(two, 6), (std::map<std::size_t, int>{{1, 6}}));
    two.connected(0);
    EXPECT_FALSE(two.rests(0));
    EXPECT_EQ(picks(two, 6).size(), 2U);
}

TEST(balancer, tries_come_at_a_doubling_pace_that_other_failures_do_not_put_off) {
    balancer one{balancing::round_robin, 1};
    time_point now = start;
    for (const duration rest : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
        one.connect_failed(0, now);
        ASSERT_EQ(one.next_try(0), now + rest);
        one.connect_failed(0, now + rest / 2);
        ASSERT_EQ(one.next_try(0), now + rest);
        now += rest;
    }
    EXPECT_TRUE(one.all_rest());
    EXPECT_EQ(one.describe(0).connect_failures, 12U);
    one.connected(0);
    one.connect_failed(0, now);
    EXPECT_EQ(one.next_try(0), now + 100ms) << "the doubling began again";
}

TEST(balancer, when_all_rest_the_one_whose_rest_ends_first_is_tried) {
    balancer three{balancing::least_loaded, 3};
    three.connect_failed(0, start + 2ms);
    three.connect_failed(1, start + 1ms);
    three.connect_failed(2, start + 3ms);
    EXPECT_EQ(picks(three, 6), (std::map<std::size_t, int>{{1, 6}}));
}

TEST(balancer, after_a_failure_the_next_pick_goes_elsewhere_if_there_is_an_elsewhere) {
    balancer two{balancing::least_loaded, 2};
    (void)two.started(1);
    ASSERT_EQ(two.pick(start, true), 0U);
    two.connect_failed(0, start);
    EXPECT_EQ(two.pick(start, true), 1U);
    balancer one{balancing::round_robin, 1};
    one.connect_failed(0, start);
    EXPECT_EQ(one.pick(start, true), 0U);
}

}  // namespace
}  // namespace curfew::gateway
