#include "admission_samples.hpp"

#include <gtest/gtest.h>

namespace curfew::gateway {
namespace {

TEST(admission_given_way, slow_clients_give_way_to_quick_ones) {
    small_gateway gate;
    auto slow = fill(gate, 0);
    auto& wait = gate.queue(0);
    slow[0].give_way(gate.now);
    EXPECT_EQ(mailbox::decided, std::vector{&wait});
    auto granted = std::get<permit>(gate.guards.collect(wait, gate.now));
    EXPECT_EQ(gate.picture().routes[0].in_flight, 6U) << "it keeps its place in the caps";
    slow[0].leave(outcome::success, cause_kind::completed, gate.now + 60s);
    EXPECT_EQ(gate.picture().routes[0].in_flight, 5U);
    EXPECT_EQ(gate.picture().upstreams[0].in_flight, 5U);
}

TEST(admission_given_way, no_more_than_a_quarter_of_the_limit_is_given_way) {
    small_gateway gate;
    auto slow = fill(gate, 0);
    ASSERT_EQ(slow.size(), 5U);
    for (auto& each : slow)
        each.give_way(gate.now);
    EXPECT_EQ(gate.picture().upstreams[0].gave_way, 2U);
    EXPECT_EQ(gate.picture().upstreams[0].in_flight, 5U) << "the upstream may work for them all";
    slow[0].abandon(outcome::cancelled, cause_kind::cancelled, gate.now);
    EXPECT_EQ(gate.picture().upstreams[0].abandoned, 1U);
    slow[0].leave(outcome::ignored, cause_kind::cancelled, gate.now);
    EXPECT_EQ(gate.picture().upstreams[0].abandoned, 0U);
    slow[4].give_way(gate.now);
    EXPECT_EQ(gate.picture().upstreams[0].gave_way, 2U) << "another one may, now";
}

TEST(admission_given_way, who_becomes_an_event_stream_gives_nothing_any_more) {
    small_gateway gate;
    auto slow = fill(gate, 0);
    slow[0].give_way(gate.now);
    slow[0].detach(gate.now);
    EXPECT_EQ(gate.picture().upstreams[0].gave_way, 0U);
    EXPECT_EQ(gate.picture().upstreams[0].detached, 1U);
    slow.clear();
    EXPECT_EQ(gate.picture().upstreams[0].in_flight, 0U);
    EXPECT_EQ(gate.picture().upstreams[0].detached, 0U);
}

}  // namespace
}  // namespace curfew::gateway
