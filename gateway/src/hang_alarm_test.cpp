#include "hang_alarm.hpp"

#include "admission_samples.hpp"
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

namespace curfew::gateway {
namespace {

/// A request under 30 s on a cold route, which hangs after all of them.
struct hang_alarm_test : testing::Test {
    sim::world outside;
    runtime::loop on{outside};
    small_gateway gate;
    permit held = gate.admit(0);
    hang_alarm alarm{held, on};

    void go_to(duration since_start) {
        timer mark{[](timer&) noexcept {}};
        on.timers().arm(mark, start + since_start);
        ASSERT_TRUE(outside.run(on, [&] { return !mark.armed(); }));
        ASSERT_EQ(on.now(), start + since_start);
    }

    bool hangs() const { return gate.guards.has_hanging_work(0); }
};

TEST_F(hang_alarm_test, rings_exactly_when_the_request_counts_as_hanging) {
    alarm.begin(30s);
    go_to(30s - 1ns);
    EXPECT_FALSE(hangs());
    go_to(30s);
    EXPECT_TRUE(hangs());
}

TEST_F(hang_alarm_test, stands_while_the_client_is_waited_for) {
    alarm.begin(30s);
    go_to(10s);
    alarm.pause();
    go_to(100s);
    EXPECT_FALSE(hangs());
    alarm.resume();
    EXPECT_EQ(held.waited(), 90s);
    go_to(120s - 1ns);
    EXPECT_FALSE(hangs());
    go_to(120s);
    EXPECT_TRUE(hangs());
}

TEST_F(hang_alarm_test, gives_back_a_pause_that_is_open_at_the_end_and_none_after_it) {
    alarm.begin(30s);
    alarm.pause();
    go_to(5s);
    alarm.end();
    EXPECT_EQ(held.waited(), 5s);
    alarm.pause();
    go_to(60s);
    alarm.resume();
    EXPECT_EQ(held.waited(), 5s) << "waiting after the answer is not taken off its latency";
    EXPECT_FALSE(hangs());
}

TEST_F(hang_alarm_test, a_client_waited_for_a_second_in_all_gives_way) {
    alarm.begin(30s);
    for (int i = 0; i < 3; ++i) {
        alarm.pause();
        go_to(std::chrono::milliseconds{600 * i + 300});
        alarm.resume();
        go_to(std::chrono::milliseconds{600 * i + 600});
    }
    alarm.pause();
    go_to(1900ms - 1ns);
    EXPECT_EQ(gate.picture().upstreams[0].gave_way, 0U);
    go_to(1900ms);
    EXPECT_EQ(gate.picture().upstreams[0].gave_way, 1U);
    EXPECT_EQ(gate.picture().routes[0].in_flight, 1U);
}

/// Slow after 20 s, and the breaker opens at once.
struct hang_alarm_slow_test : testing::Test {
    static constexpr route_config slow_alone{
        .breaker = {.slow_after = 20s, .slow_rate = {.percent = 1, .min_calls = 1}},
    };

    sim::world outside;
    runtime::loop on{outside};
    small_gateway gate{1, {}, slow_alone};

    void go_to(duration since_start) {
        timer mark{[](timer&) noexcept {}};
        on.timers().arm(mark, start + since_start);
        ASSERT_TRUE(outside.run(on, [&] { return !mark.armed(); }));
        gate.now = on.now();
    }

    std::uint64_t opened() const { return gate.picture().routes[0].breaker_opened; }
};

TEST_F(hang_alarm_slow_test, rings_when_the_request_becomes_slow_and_again_when_it_hangs) {
    permit held = gate.admit(0);
    hang_alarm alarm{held, on};
    alarm.begin(60s);
    go_to(20s - 1ns);
    EXPECT_EQ(opened(), 0U);
    go_to(20s);
    EXPECT_EQ(opened(), 1U);
    EXPECT_FALSE(gate.guards.has_hanging_work(0));
    go_to(60s);
    EXPECT_TRUE(gate.guards.has_hanging_work(0));
}

TEST_F(hang_alarm_slow_test, a_request_that_begins_late_is_slow_when_it_begins) {
    permit held = gate.admit(0);
    hang_alarm alarm{held, on};
    go_to(25s);
    EXPECT_EQ(opened(), 0U) << "nothing was sent yet";
    alarm.begin(60s);
    go_to(25s + 1ns);
    EXPECT_EQ(opened(), 1U);
}

TEST_F(hang_alarm_slow_test, a_client_that_is_waited_for_puts_it_off) {
    permit held = gate.admit(0);
    hang_alarm alarm{held, on};
    alarm.begin(60s);
    go_to(19s);
    alarm.pause();
    go_to(24s);
    alarm.resume();
    go_to(25s - 1ns);
    EXPECT_EQ(opened(), 0U);
    go_to(25s);
    EXPECT_EQ(opened(), 1U);
}

TEST_F(hang_alarm_slow_test, a_probe_does_not_hang_but_becomes_slow) {
    permit first = gate.admit(0);
    EXPECT_TRUE(first.mark_slow(start + 20s));
    go_to(80s);
    permit probe = gate.admit(0);
    ASSERT_TRUE(probe.probe());
    hang_alarm alarm{probe, on};
    alarm.begin(30s);
    go_to(95s);
    EXPECT_FALSE(gate.guards.has_hanging_work(0));
    go_to(100s - 1ns);
    EXPECT_EQ(opened(), 1U);
    go_to(100s);
    EXPECT_EQ(opened(), 2U);
}

TEST_F(hang_alarm_test, says_nothing_before_it_begins) {
    alarm.pause();
    alarm.resume();
    alarm.end();
    go_to(60s);
    EXPECT_FALSE(hangs());
    EXPECT_EQ(held.waited(), 0s);
}

/// The same, at the second of two endpoints of which both answer the route.
struct endpoint_alarm_test : hang_alarm_test {
    balancer loads{policy::balancing::round_robin, 2};
    loan lent{loads, 1};

    endpoint_alarm_test() {
        for (const std::size_t endpoint : {0, 1})
            loads.answered_well({.endpoint = endpoint}, start);
        lent.sent(0, start);
        alarm.begin(30s, &lent);
    }

    std::uint32_t places() const {
        const auto upstream = gate.picture().upstreams[0];
        return upstream.in_flight - upstream.left_behind;
    }
};

TEST_F(endpoint_alarm_test, blames_the_endpoint_when_the_request_hangs) {
    go_to(30s - 1ns);
    EXPECT_EQ(places(), 1U);
    go_to(30s);
    EXPECT_EQ(places(), 0U);
    EXPECT_TRUE(loads.is_set_aside(1));
    EXPECT_EQ(gate.picture().routes[0].hanging, 1U);
}

TEST_F(endpoint_alarm_test, looks_once_a_second_whether_its_endpoint_has_come_to_rest) {
    go_to(3500ms);
    const balancer::request other{.endpoint = 1, .route = 0, .sent = start + 2s};
    ASSERT_TRUE(loads.hangs(other, false, start + 3500ms));
    go_to(4s - 1ns);
    EXPECT_EQ(places(), 1U);
    go_to(4s);
    EXPECT_EQ(places(), 0U);
}

TEST_F(endpoint_alarm_test, goes_on_looking_after_a_hang_that_was_the_routes) {
    loads.answered_well({.endpoint = 1, .route = 1}, start + 1s);
    go_to(30s);
    EXPECT_EQ(places(), 1U) << "it answers others";
    const balancer::request other{.endpoint = 1, .route = 0, .sent = start + 2s};
    ASSERT_TRUE(loads.hangs(other, false, start + 30s));
    go_to(31s);
    EXPECT_EQ(places(), 0U);
}

TEST_F(endpoint_alarm_test, says_nothing_after_the_answer) {
    alarm.end();
    EXPECT_FALSE(lent.answered(false, start));
    EXPECT_FALSE(lent.hangs(start + 30s));
    go_to(40s);
    EXPECT_EQ(places(), 1U);
    EXPECT_FALSE(loads.is_set_aside(1));
}

}  // namespace
}  // namespace curfew::gateway
