#include "hang_alarm.hpp"

#include "admission_samples.hpp"
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

namespace curfew::gateway {
namespace {

/// A request under 30 s on a cold route, which hangs after half of them.
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
    go_to(15s - 1ns);
    EXPECT_FALSE(hangs());
    go_to(15s);
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
    go_to(105s - 1ns);
    EXPECT_FALSE(hangs());
    go_to(105s);
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
    EXPECT_EQ(gate.picture().upstreams[0].in_flight, 1U);
    go_to(1900ms);
    EXPECT_EQ(gate.picture().upstreams[0].in_flight, 0U);
    EXPECT_EQ(gate.picture().routes[0].in_flight, 1U);
}

TEST_F(hang_alarm_test, says_nothing_before_it_begins) {
    alarm.pause();
    alarm.resume();
    alarm.end();
    go_to(60s);
    EXPECT_FALSE(hangs());
    EXPECT_EQ(held.waited(), 0s);
}

}  // namespace
}  // namespace curfew::gateway
