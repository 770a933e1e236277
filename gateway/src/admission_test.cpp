#include "admission_samples.hpp"

#include <gtest/gtest.h>

namespace curfew::gateway {
namespace {

errc code_of(const entered& came) {
    return std::get<refused>(came).code;
}

TEST(admission, one_route_holds_at_most_its_share_of_the_limit) {
    small_gateway gate;
    std::vector<permit> slow;
    for (int i = 0; i < 5; ++i)
        slow.push_back(gate.admit(0));
    gate.queue(0);
    std::vector<permit> others;
    for (int i = 0; i < 5; ++i)
        others.push_back(gate.admit(1));
    gate.queue(1);
    const auto view = gate.picture();
    EXPECT_EQ(view.upstreams[0].limit, 10U);
    EXPECT_EQ(view.upstreams[0].route_cap, 5U);
    EXPECT_EQ(view.upstreams[0].in_flight, 10U);
    EXPECT_EQ(view.upstreams[0].queued, 2U);
    EXPECT_EQ(view.routes[0].in_flight, 5U);
}

TEST(admission, the_total_cap_refuses_and_does_not_queue) {
    small_gateway gate{2, {}, {}, {.in_flight = 3}};
    std::vector<permit> held;
    for (int i = 0; i < 3; ++i)
        held.push_back(gate.admit(0));
    const auto came = gate.enter(1);
    EXPECT_EQ(code_of(came), errc::in_flight_cap);
    EXPECT_EQ(std::get<refused>(came).why.limit_name, "gateway.in_flight");
    EXPECT_GE(std::get<refused>(came).retry_after, 1s);
    succeed(held[0], gate.now);
    EXPECT_TRUE(std::holds_alternative<permit>(gate.enter(1)));
}

TEST(admission, a_routes_own_cap_makes_it_wait) {
    small_gateway gate{2, {}, {.in_flight = 1, .breaker = {}}};
    auto one = gate.admit(0);
    auto& wait = gate.queue(0);
    auto other = gate.admit(1);
    succeed(one, gate.now);
    EXPECT_TRUE(std::holds_alternative<permit>(gate.guards.collect(wait, gate.now)));
}

TEST(admission, a_freed_place_goes_to_the_longest_waiting_of_its_route) {
    small_gateway gate{1};
    std::vector<permit> held;
    for (int i = 0; i < 5; ++i)
        held.push_back(gate.admit(0));
    auto& first = gate.queue(0);
    auto& second = gate.queue(0);
    succeed(held[0], gate.now);
    ASSERT_EQ(mailbox::decided, std::vector{&first});
    EXPECT_TRUE(std::holds_alternative<queued>(gate.guards.collect(second, gate.now)));
    auto granted = gate.guards.collect(first, gate.now);
    ASSERT_TRUE(std::holds_alternative<permit>(granted));
    succeed(std::get<permit>(granted), gate.now);
    EXPECT_EQ(mailbox::decided.back(), &second);
}

TEST(admission, freed_places_go_round_the_routes) {
    small_gateway gate{5, {.route_share_percent = 100}};
    std::vector<permit> held;
    for (int i = 0; i < 10; ++i)
        held.push_back(gate.admit(4));
    for (int i = 0; i < 3; ++i)
        gate.queue(0);
    auto& of_1 = gate.queue(1);
    auto& of_2 = gate.queue(2);
    for (int i = 0; i < 3; ++i)
        succeed(held[static_cast<std::size_t>(i)], gate.now);
    ASSERT_EQ(mailbox::decided.size(), 3U);
    EXPECT_EQ(mailbox::decided[1], &of_1);
    EXPECT_EQ(mailbox::decided[2], &of_2);
}

TEST(admission, a_newcomer_never_overtakes_who_waits) {
    small_gateway gate{1};
    std::vector<permit> held;
    for (int i = 0; i < 5; ++i)
        held.push_back(gate.admit(0));
    auto& first = gate.queue(0);
    succeed(held[0], gate.now);
    EXPECT_TRUE(std::holds_alternative<queued>(gate.enter(0))) << "the place is the waiter's";
    EXPECT_TRUE(std::holds_alternative<permit>(gate.guards.collect(first, gate.now)));
}

TEST(admission, places_that_a_reload_adds_go_to_who_waits) {
    small_gateway gate{1, {}, {.in_flight = 1, .breaker = {}}};
    auto one = gate.admit(0);
    auto& first = gate.queue(0);
    gate.guards.reconfigure({});
    gate.guards.add_route(0, "r0", 0, {.in_flight = 2, .breaker = {}}, gate.now);
    auto& second = gate.queue(0);
    gate.guards.tick(gate.now);
    EXPECT_EQ(mailbox::decided, std::vector{&first});
    EXPECT_TRUE(std::holds_alternative<queued>(gate.guards.collect(second, gate.now)));
}

TEST(admission, the_queue_is_bounded) {
    small_gateway gate{2, {}, {.queue = 2, .breaker = {}}};
    std::vector<permit> held;
    for (int i = 0; i < 5; ++i)
        held.push_back(gate.admit(0));
    gate.queue(0);
    gate.queue(0);
    EXPECT_EQ(code_of(gate.enter(0)), errc::queue_full);
    EXPECT_TRUE(std::holds_alternative<permit>(gate.enter(1)));
}

TEST(admission, without_a_queue_the_refusal_says_what_was_missing) {
    small_gateway gate{3, {}, {.queue = 0, .breaker = {}}};
    std::vector<permit> held;
    for (int i = 0; i < 5; ++i)
        held.push_back(gate.admit(0));
    EXPECT_EQ(code_of(gate.enter(0)), errc::route_share);
    for (int i = 0; i < 5; ++i)
        held.push_back(gate.admit(1));
    EXPECT_EQ(code_of(gate.enter(2)), errc::in_flight_cap);
}

/// `limiter.route_share 5`: who decided, and how many it lets in.
std::string limit_of(const entered& came) {
    const auto& why = std::get<refused>(came).why;
    return std::string{why.limit_name} + " " + std::to_string(why.limit_value);
}

TEST(admission, a_refusal_names_the_limit_that_stood_in_the_way_and_its_value) {
    {
        small_gateway gate{3, {}, {.queue = 0, .breaker = {}}};
        std::vector<permit> held;
        for (int i = 0; i < 5; ++i)
            held.push_back(gate.admit(0));
        EXPECT_EQ(limit_of(gate.enter(0)), "limiter.route_share 5");
        for (int i = 0; i < 5; ++i)
            held.push_back(gate.admit(1));
        EXPECT_EQ(limit_of(gate.enter(2)), "limiter 10");
        for (auto& one : held)
            one.abandon(outcome::timeout, cause_kind::own_timeout, gate.now);
        const auto came = gate.enter(0);
        EXPECT_EQ(code_of(came), errc::breaker_open);
        EXPECT_EQ(limit_of(came), "breaker.reset 0");
    }
    {
        small_gateway gate{1, {}, {.in_flight = 1, .queue = 0, .breaker = {}}};
        auto held = gate.admit(0);
        EXPECT_EQ(limit_of(gate.enter(0)), "gateway.in_flight 1");
        held.abandon(outcome::timeout, cause_kind::own_timeout, gate.now);
        const auto came = gate.enter(0);
        EXPECT_EQ(code_of(came), errc::abandoned_cap);
        EXPECT_EQ(limit_of(came), "gateway.in_flight 1");
    }
    {
        small_gateway gate{1, {}, {.in_flight = 1, .queue = 2, .breaker = {}}, {.in_flight = 1}};
        auto held = gate.admit(0);
        EXPECT_EQ(limit_of(gate.enter(0)), "gateway.in_flight 1");
        gate.guards.reconfigure({.in_flight = 7});
        gate.guards.add_route(0, "r0", 0, {.in_flight = 1, .queue = 2, .breaker = {}}, gate.now);
        gate.queue(0);
        gate.queue(0);
        EXPECT_EQ(limit_of(gate.enter(0)), "gateway.queue 2");
    }
}

TEST(admission, a_limit_of_the_routes_own_is_refused_by_its_own_name) {
    limit_names own;
    own.in_flight = "route.r0.in_flight";
    own.queue = "route.r0.queue";
    own.reset = "route.r0.breaker.reset";
    const route_config its{.in_flight = 1, .queue = 1, .breaker = {}, .names = own};
    small_gateway gate{1, {}, its};
    auto held = gate.admit(0);
    gate.queue(0);
    EXPECT_EQ(limit_of(gate.enter(0)), "route.r0.queue 1");
    gate.guards.reconfigure({});
    gate.guards.add_route(0, "r0", 0, {.in_flight = 1, .queue = 0, .breaker = {}}, gate.now);
    EXPECT_EQ(limit_of(gate.enter(0)), "gateway.queue 0") << "who waited before waits still";
    gate.guards.reconfigure({});
    gate.guards.add_route(0, "r0", 0, its, gate.now);
    for (int i = 0; i < 5; ++i) {
        gate.guards.reconfigure({});
    }
    EXPECT_EQ(limit_of(gate.enter(0)), "route.r0.queue 1");
}

TEST(admission, a_deadline_that_has_passed_is_refused_before_anything_else) {
    small_gateway gate;
    EXPECT_EQ(code_of(gate.enter(0, 0ns)), errc::no_time_left);
    EXPECT_EQ(gate.guards.in_flight(), 0U);
}

TEST(admission, waiters_leave_by_deadline_in_any_order) {
    small_gateway gate{1};
    std::vector<permit> held;
    for (int i = 0; i < 5; ++i)
        held.push_back(gate.admit(0));
    auto& patient = gate.queue(0, 20s);
    auto& hasty = gate.queue(0, 2s);
    gate.now += 2s - 1ns;
    EXPECT_TRUE(std::holds_alternative<queued>(gate.guards.collect(hasty, gate.now)));
    gate.now += 1ns;
    const auto left = gate.guards.collect(hasty, gate.now);
    EXPECT_EQ(code_of(left), errc::queue_timeout);
    const cause why{cause_kind::shed, shed_reason::queue_timeout, "request.timeout", 2s};
    EXPECT_EQ(std::get<refused>(left).why, why);
    EXPECT_TRUE(mailbox::decided.empty()) << "who decides itself needs no word";
    succeed(held[0], gate.now);
    EXPECT_EQ(mailbox::decided, std::vector{&patient});
}

TEST(admission, at_the_instant_of_its_deadline_a_waiter_has_expired_and_the_place_is_the_nexts) {
    small_gateway gate{1};
    std::vector<permit> held;
    for (int i = 0; i < 5; ++i)
        held.push_back(gate.admit(0));
    auto& first = gate.queue(0, 2s);
    auto& second = gate.queue(0, 9s);
    gate.now += 2s;
    succeed(held[0], gate.now);
    EXPECT_EQ(mailbox::decided, (std::vector{&first, &second}));
    EXPECT_EQ(code_of(gate.guards.collect(first, gate.now)), errc::queue_timeout);
    EXPECT_TRUE(std::holds_alternative<permit>(gate.guards.collect(second, gate.now)));
}

TEST(admission, a_grant_before_the_deadline_stands_when_the_timer_fires) {
    small_gateway gate{1};
    std::vector<permit> held;
    for (int i = 0; i < 5; ++i)
        held.push_back(gate.admit(0));
    auto& wait = gate.queue(0, 2s);
    succeed(held[0], gate.now + 2s - 1ns);
    EXPECT_TRUE(std::holds_alternative<permit>(gate.guards.collect(wait, gate.now + 2s)));
    EXPECT_EQ(gate.guards.in_flight(), 4U) << "and its permit was destroyed";
}

TEST(admission, a_grant_nobody_collects_goes_to_the_next) {
    small_gateway gate{1};
    std::vector<permit> held;
    for (int i = 0; i < 5; ++i)
        held.push_back(gate.admit(0));
    auto leaver = std::make_unique<waiter>(&mailbox::note);
    (void)std::get<queued>(gate.guards.enter(0, *leaver, bound{}, gate.now));
    auto& gone = gate.queue(0);
    auto& next = gate.queue(0);
    gate.guards.cancel(gone, gate.now);
    succeed(held[0], gate.now);
    EXPECT_EQ(mailbox::decided, std::vector{leaver.get()});
    leaver.reset();
    EXPECT_EQ(mailbox::decided.back(), &next);
    gate.guards.cancel(next, gate.now);
    EXPECT_EQ(gate.guards.in_flight(), 4U);
    EXPECT_EQ(gate.guards.waiting(), 0U);
    EXPECT_TRUE(std::holds_alternative<permit>(gate.enter(0)));
}

TEST(admission, a_stream_frees_the_adaptive_place_and_stays_in_the_total) {
    small_gateway gate{1, {}, {}, {.in_flight = 6}};
    std::vector<permit> held;
    for (int i = 0; i < 5; ++i)
        held.push_back(gate.admit(0));
    auto& wait = gate.queue(0);
    held[0].detach(gate.now);
    auto granted = gate.guards.collect(wait, gate.now);
    EXPECT_TRUE(std::holds_alternative<permit>(granted));
    EXPECT_EQ(gate.picture().upstreams[0].detached, 1U);
    EXPECT_EQ(code_of(gate.enter(0)), errc::in_flight_cap);
    succeed(held[0], gate.now);
    EXPECT_EQ(gate.picture().upstreams[0].detached, 0U);
    gate.queue(0);
}

TEST(admission, a_place_in_the_total_freed_by_one_upstream_serves_anothers_waiters) {
    small_gateway gate{1, {}, {}, {.in_flight = 10}};
    const auto other = gate.guards.add_upstream("other", {}, gate.now - 1min);
    gate.guards.add_route(1, "r", other, {}, gate.now - 1min);
    gate.acquaint(1);
    std::vector<permit> held;
    for (int i = 0; i < 5; ++i)
        held.push_back(gate.admit(0));
    auto& wait = gate.queue(0);
    for (int i = 0; i < 5; ++i)
        held.push_back(gate.admit(1));
    held[0].detach(gate.now);
    EXPECT_TRUE(mailbox::decided.empty()) << "its share has room, the total has none";
    succeed(held[9], gate.now);
    EXPECT_EQ(mailbox::decided, std::vector{&wait});
}

TEST(admission, draining_refuses_newcomers_and_waiters_and_lets_the_rest_end) {
    small_gateway gate{1};
    std::vector<permit> held;
    for (int i = 0; i < 5; ++i)
        held.push_back(gate.admit(0));
    auto& wait = gate.queue(0);
    gate.guards.drain(gate.now);
    EXPECT_EQ(code_of(gate.guards.collect(wait, gate.now)), errc::shutting_down);
    EXPECT_EQ(code_of(gate.enter(0)), errc::shutting_down);
    EXPECT_EQ(gate.guards.in_flight(), 5U);
    held.clear();
    EXPECT_EQ(gate.guards.in_flight(), 0U);
}

TEST(admission, while_memory_is_short_newcomers_are_refused_and_the_rest_goes_on) {
    small_gateway gate{1};
    std::vector<permit> held;
    for (int i = 0; i < 5; ++i)
        held.push_back(gate.admit(0));
    auto& wait = gate.queue(0);
    gate.guards.refuse_for_memory(true);
    EXPECT_EQ(code_of(gate.enter(0)), errc::memory_pressure);
    EXPECT_EQ(gate.guards.waiting(), 1U);
    held.clear();
    EXPECT_TRUE(std::holds_alternative<permit>(gate.guards.collect(wait, gate.now)));
    gate.guards.refuse_for_memory(false);
    EXPECT_TRUE(std::holds_alternative<permit>(gate.enter(0)));
}

TEST(admission, guards_keep_their_state_by_name_across_a_reload) {
    small_gateway gate;
    for (int i = 0; i < 5; ++i) {
        auto one = gate.admit(1);
        time_out(one, gate.now);
    }
    auto old = gate.admit(0);
    gate.guards.reconfigure({.in_flight = 50});
    EXPECT_TRUE(gate.guards.has_route(1)) << "what is on its way still asks by it";
    EXPECT_TRUE(gate.picture().routes[1].retired);
    const auto upstream = gate.guards.add_upstream("shop", {}, gate.now);
    gate.guards.add_route(7, "r1", upstream, {}, gate.now);
    gate.guards.add_route(5, "new", upstream, {}, gate.now);
    EXPECT_EQ(code_of(gate.enter(7)), errc::breaker_open);
    EXPECT_TRUE(std::holds_alternative<permit>(gate.enter(5)));
    EXPECT_TRUE(gate.picture().routes[0].retired);
    EXPECT_FALSE(gate.picture().routes[7].retired);
    EXPECT_EQ(gate.guards.in_flight(), 1U);
    succeed(old, gate.now);
    EXPECT_EQ(gate.guards.in_flight(), 0U);
    EXPECT_EQ(gate.picture().in_flight_cap, 50U);
}

TEST(admission, an_upstream_is_idle_when_nothing_is_in_flight_and_nothing_abandoned) {
    small_gateway gate;
    EXPECT_TRUE(gate.guards.is_idle(0));
    std::vector<permit> held;
    held.push_back(gate.admit(1));
    held.push_back(gate.admit(1));
    EXPECT_FALSE(gate.guards.is_idle(0));
    held[0].leave(outcome::success, cause_kind::completed, gate.now);
    held[1].abandon(outcome::cancelled, cause_kind::cancelled, gate.now);
    EXPECT_FALSE(gate.guards.is_idle(0));
    held[1].leave(outcome::success, cause_kind::completed, gate.now);
    EXPECT_TRUE(gate.guards.is_idle(0));
}

}  // namespace
}  // namespace curfew::gateway
