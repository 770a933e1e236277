#include "admission_samples.hpp"

#include <gtest/gtest.h>

namespace curfew::gateway {
namespace {

/// Slow after a second; half of at least four calls open it, and nothing else does.
constexpr route_config half_slow{
    .breaker =
        {
            .consecutive_failures = 0,
            .slow_after = 1s,
            .slow_rate = {.percent = 50, .min_calls = 4},
        },
};

route_config slow_alone() {
    auto config = half_slow;
    config.breaker.slow_rate = {.percent = 1, .min_calls = 1};
    return config;
}

breaker_state state_of(const small_gateway& gate) {
    return gate.picture().routes[0].breaker;
}

TEST(admission_slow, calls_in_flight_open_the_breaker_at_the_moment_they_become_slow) {
    small_gateway gate{1, {}, half_slow};
    std::vector<permit> held;
    for (int i = 0; i < 5; ++i)
        held.push_back(gate.admit(0));
    auto& wait = gate.queue(0);
    EXPECT_EQ(held[0].slow_at(), start + 1s);
    EXPECT_FALSE(held[0].mark_slow(start + 1s - 1ns)) << "not yet";
    EXPECT_EQ(held[0].slow_at(), start + 1s);
    gate.now = start + 1s;
    for (std::size_t i = 0; i < 2; ++i)
        EXPECT_FALSE(held[i].mark_slow(gate.now));
    EXPECT_TRUE(mailbox::decided.empty());
    EXPECT_TRUE(held[2].mark_slow(gate.now)) << "three of four, with the one long ago";
    EXPECT_EQ(mailbox::decided, std::vector{&wait}) << "who waits is refused at once";
    const auto came = gate.guards.collect(wait, gate.now);
    EXPECT_EQ(std::get<refused>(came).code, errc::breaker_open);
    EXPECT_EQ(gate.picture().routes[0].hanging, 0U);
}

TEST(admission_slow, a_call_counts_once_though_it_ends_slow_too) {
    small_gateway gate{1, {}, half_slow};
    auto slow = gate.admit(0);
    gate.now += 1s;
    slow.mark_slow(gate.now);
    EXPECT_EQ(slow.slow_at(), std::nullopt);
    EXPECT_FALSE(slow.mark_slow(gate.now));
    succeed(slow, gate.now + 1s);
    auto quick = gate.admit(0);
    succeed(quick, gate.now);
    EXPECT_EQ(state_of(gate), breaker_state::closed) << "one of three, not two of four";
    auto again = gate.admit(0);
    EXPECT_TRUE(again.mark_slow(gate.now + 1s));
}

TEST(admission_slow, a_call_that_hangs_is_slow_by_that_and_not_once_more) {
    small_gateway gate{1, {}, half_slow};
    auto hung = gate.admit(0);
    gate.now += 15s;
    hung.mark_hanging(gate.now);
    EXPECT_EQ(hung.slow_at(), std::nullopt);
    auto quick = gate.admit(0);
    succeed(quick, gate.now);
    succeed(hung, gate.now);
    EXPECT_EQ(state_of(gate), breaker_state::closed);
}

TEST(admission_slow, what_comes_after_the_answers_head_is_not_slow) {
    small_gateway gate{1, {}, slow_alone()};
    auto download = gate.admit(0);
    download.answered(start + 999ms);
    EXPECT_EQ(download.slow_at(), std::nullopt);
    EXPECT_FALSE(download.mark_slow(start + 1s));
    succeed(download, start + 20s);
    auto stream = gate.admit(0);
    stream.answered(start + 1s - 1ns);
    stream.detach(start + 30s);
    EXPECT_EQ(state_of(gate), breaker_state::closed);
    auto slow = gate.admit(0);
    slow.answered(start + 1s);
    succeed(slow, start + 1s);
    EXPECT_EQ(state_of(gate), breaker_state::open);
}

TEST(admission_slow, time_in_which_the_client_was_waited_for_does_not_count) {
    small_gateway gate{1, {}, slow_alone()};
    auto upload = gate.admit(0);
    upload.waited_for_client(5s);
    EXPECT_EQ(upload.slow_at(), start + 6s);
    EXPECT_FALSE(upload.mark_slow(start + 5s));
    succeed(upload, start + 6s - 1ns);
    EXPECT_EQ(state_of(gate), breaker_state::closed);
}

TEST(admission_slow, a_probe_that_becomes_slow_has_failed_then) {
    small_gateway gate{1, {}, slow_alone()};
    auto slow = gate.admit(0);
    gate.now += 1s;
    EXPECT_TRUE(slow.mark_slow(gate.now));
    gate.now += 60s;
    auto probe = gate.admit(0);
    ASSERT_TRUE(probe.probe());
    gate.now += 1s;
    EXPECT_FALSE(probe.mark_hanging(gate.now));
    EXPECT_TRUE(probe.mark_slow(gate.now));
    EXPECT_EQ(gate.picture().routes[0].retry_after, 60s);
    succeed(probe, gate.now + 1s);
    EXPECT_EQ(state_of(gate), breaker_state::open) << "its end is late";
}

TEST(admission_slow, work_whose_client_left_becomes_slow_too) {
    small_gateway gate{1, {}, slow_alone()};
    auto left = gate.admit(0);
    left.abandon(outcome::cancelled, cause_kind::cancelled, start + 500ms);
    EXPECT_TRUE(left.mark_slow(start + 1s));
    gate.now = start + 70s;
    auto held = gate.admit(0);
    held.abandon(outcome::timeout, cause_kind::own_timeout, start + 71s);
    EXPECT_EQ(held.slow_at(), std::nullopt) << "its verdict is out";
}

TEST(admission_slow, nothing_is_slow_while_the_rate_is_off) {
    auto off = half_slow;
    off.breaker.slow_rate.percent = 0;
    small_gateway gate{1, {}, off};
    auto one = gate.admit(0);
    EXPECT_EQ(one.slow_at(), std::nullopt);
    EXPECT_FALSE(one.mark_slow(start + 60s));
    gate.guards.reconfigure({});
    gate.guards.add_route(0, "r0", 0, slow_alone(), gate.now);
    EXPECT_EQ(one.slow_at(), start + 1s) << "a reload turns it on for what is in flight";
    gate.guards.reconfigure({});
    gate.guards.add_route(0, "r0", 0, off, gate.now);
    EXPECT_EQ(one.slow_at(), std::nullopt);
}

}  // namespace
}  // namespace curfew::gateway
