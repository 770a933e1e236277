#include "admission_samples.hpp"

#include <gtest/gtest.h>

#include <random>

namespace curfew::gateway {
namespace {

/// The same route's share of ten places, full of requests that hang for their endpoint's sake.
struct admission_blame : testing::Test {
    small_gateway gate;
    std::vector<permit> held;

    void fill(int count) {
        for (int i = 0; i < count; ++i)
            held.push_back(gate.admit(0));
        gate.now += 1s;
    }

    upstream_snapshot upstream() const { return gate.picture().upstreams[0]; }

    /// Adaptive ones, that others cannot have.
    std::uint32_t places() const { return upstream().in_flight - upstream().left_behind; }

    route_snapshot route() const { return gate.picture().routes[0]; }
};

TEST_F(admission_blame, what_hangs_for_its_endpoints_sake_makes_room_and_opens_nothing) {
    gate.warm_up(0);
    fill(2);
    for (auto& one : held)
        one.blame_endpoint(gate.now);
    EXPECT_EQ(places(), 0U) << "the places are free";
    EXPECT_EQ(route().in_flight, 2U) << "the caps know them still";
    EXPECT_EQ(route().hanging, 2U);
    for (auto& one : held)
        one.abandon(outcome::timeout, cause_kind::own_timeout, gate.now);
    EXPECT_EQ(route().abandoned, 2U);
    EXPECT_EQ(upstream().abandoned, 2U);
    EXPECT_EQ(route().breaker, breaker_state::closed);
    for (auto& one : held)
        one.leave(outcome::ignored, cause_kind::completed, gate.now);
    EXPECT_EQ(route().abandoned, 0U);
    EXPECT_EQ(route().hanging, 0U);
    EXPECT_EQ(upstream().abandoned, 0U);
}

TEST_F(admission_blame, a_waiter_gets_the_place_at_once) {
    fill(5);
    auto& wait = gate.queue(0);
    held[0].blame_endpoint(gate.now);
    EXPECT_EQ(mailbox::decided, std::vector{&wait});
}

TEST_F(admission_blame, no_silence_is_made_of_it) {
    gate.warm_up(0);
    fill(3);
    (void)gate.queue(0);
    held[0].blame_endpoint(gate.now);
    EXPECT_EQ(mailbox::decided.size(), 1U) << "two are no silence";
}

TEST_F(admission_blame, of_as_many_as_the_limit_and_further_ones_leave_half_to_what_lives) {
    for (int i = 0; i < 10; ++i) {
        fill(1);
        held.back().blame_endpoint(gate.now);
    }
    EXPECT_EQ(places(), 0U);
    fill(5);
    for (auto& one : held)
        one.blame_endpoint(gate.now);
    EXPECT_EQ(places(), 5U) << "these keep their places";
    for (int i = 0; i < 5; ++i)
        held.push_back(gate.admit(1));
    EXPECT_EQ(route().hanging, 15U);
    EXPECT_EQ(places(), 10U);
    held.erase(held.begin());
    held.back().blame_endpoint(gate.now);
    EXPECT_EQ(places(), 9U) << "one has ended, so one more may go";
}

TEST_F(admission_blame, work_that_was_abandoned_before_its_endpoint_was_found_out_makes_room_too) {
    fill(5);
    for (auto& one : held)
        one.abandon(outcome::cancelled, cause_kind::cancelled, gate.now);
    gate.now += 1s;
    (void)held[0].mark_hanging(gate.now);
    EXPECT_EQ(places(), 5U);
    for (auto& one : held)
        one.blame_endpoint(gate.now);
    EXPECT_EQ(places(), 0U);
    EXPECT_EQ(upstream().abandoned, 5U);
    auto next = gate.admit(0);
    EXPECT_EQ(places(), 1U);
}

TEST_F(admission_blame, a_probe_that_met_a_bad_endpoint_makes_way_for_another) {
    gate.warm_up(0);
    for (int i = 0; i < 5; ++i) {
        auto one = gate.admit(0);
        one.leave(outcome::failure, cause_kind::completed, gate.now);
    }
    gate.now += 60s;
    auto probe = gate.admit(0);
    ASSERT_TRUE(probe.probe());
    probe.blame_endpoint(gate.now);
    EXPECT_EQ(route().breaker, breaker_state::half_open) << "no verdict";
    auto next = gate.admit(0);
    EXPECT_TRUE(next.probe());
    succeed(next, gate.now);
    EXPECT_EQ(route().breaker, breaker_state::closed);
}

TEST(admission_blame_walk, no_walk_loses_count) {
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        small_gateway gate{2, {}, {.queue = 0, .breaker = {.consecutive_failures = 0}}};
        std::vector<permit> held;
        const auto upstream = [&gate] { return gate.picture().upstreams[0]; };
        std::mt19937 random{seed};
        for (int i = 0; i < 500; ++i) {
            gate.now += 10ms;
            auto came = gate.enter(static_cast<route_index>(random() % 2), 1s);
            if (auto* one = std::get_if<permit>(&came)) held.push_back(std::move(*one));
            if (held.empty()) continue;
            const auto at = held.begin() + static_cast<std::ptrdiff_t>(random() % held.size());
            switch (random() % 5) {
                case 0:
                    at->blame_endpoint(gate.now);
                    break;
                case 1:
                    at->abandon(outcome::timeout, cause_kind::own_timeout, gate.now);
                    break;
                case 2:
                    (void)at->mark_hanging(gate.now);
                    break;
                case 3:
                    if (!at->abandoned()) at->give_way(gate.now);
                    break;
                case 4:
                    held.erase(at);
                    break;
            }
            ASSERT_EQ(gate.guards.in_flight(), held.size());
            ASSERT_LE(upstream().in_flight, held.size());
            ASSERT_LE(upstream().abandoned, held.size());
        }
        held.clear();
        gate.now += 1min;
        const auto view = gate.picture();
        ASSERT_EQ(view.in_flight, 0U);
        ASSERT_EQ(view.upstreams[0].in_flight, 0U);
        ASSERT_EQ(view.upstreams[0].abandoned, 0U);
        for (const auto& each : view.routes) {
            ASSERT_EQ(each.in_flight, 0U);
            ASSERT_EQ(each.abandoned, 0U);
            ASSERT_EQ(each.hanging, 0U);
        }
        for (std::uint32_t i = 0; i < view.upstreams[0].limit; ++i) {
            held.push_back(gate.admit(1));
            held.back().blame_endpoint(gate.now);
        }
        ASSERT_EQ(upstream().left_behind, held.size()) << "as many as ever may be left behind";
        held.clear();
    }
}

}  // namespace
}  // namespace curfew::gateway
