#include "admission_samples.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace curfew::gateway {
namespace {

errc code_of(const entered& came) {
    return std::get<refused>(came).code;
}

TEST(admission_crash, nobody_waits_for_a_start_that_comes_after_the_deadline) {
    small_gateway gate;
    gate.guards.set_upstream(0, upstream_state::starting, 20s, gate.now);
    waiter hopeless{&mailbox::note};
    const bound until = bound::after(gate.now, 5s, "request.timeout");
    const auto came = gate.guards.enter(0, hopeless, until, gate.now);
    EXPECT_EQ(code_of(came), errc::upstream_down);
    EXPECT_EQ(std::get<refused>(came).retry_after, 20s);
    EXPECT_EQ(std::get<refused>(came).why.limit_name, "request.timeout");
}

TEST(admission_crash, who_waits_already_is_refused_when_the_start_is_told_to_come_too_late) {
    small_gateway gate;
    gate.guards.set_upstream(0, upstream_state::starting, 0ns, gate.now);
    auto& hopeless = gate.queue(0, 5s);
    auto& patient = gate.queue(0, 30s);
    auto& also_hopeless = gate.queue(1, 20s);
    EXPECT_TRUE(mailbox::decided.empty()) << "nobody knows how long it takes";
    gate.guards.set_upstream(0, upstream_state::starting, 20s, gate.now);
    EXPECT_EQ(mailbox::decided, (std::vector{&hopeless, &also_hopeless}));
    const auto why = std::get<refused>(gate.guards.collect(hopeless, gate.now));
    EXPECT_EQ(why.code, errc::upstream_down);
    EXPECT_EQ(why.retry_after, 20s);
    EXPECT_EQ(why.why.limit_name, "request.timeout");
    EXPECT_EQ(why.why.limit, 5s);
    gate.guards.set_upstream(0, upstream_state::up, 0ns, gate.now);
    EXPECT_TRUE(std::holds_alternative<permit>(gate.guards.collect(patient, gate.now)));
}

TEST(admission_crash, an_observer_waits_for_a_start_and_for_nothing_else) {
    small_gateway gate{2, {}, {.queue = 1, .breaker = {}}, {.observe = true}};
    auto lost = fill(gate, 0, 6);
    for (auto& one : lost)
        one.leave(outcome::failure, cause_kind::completed, gate.now);
    ASSERT_EQ(gate.picture().routes[0].breaker, breaker_state::open);
    gate.guards.set_upstream(0, upstream_state::starting, 20s, gate.now);
    auto& patient = gate.queue(0, 30s);
    auto& hopeless = gate.queue(1, 5s);
    auto beyond = gate.admit(0);
    EXPECT_EQ(
        gate.picture().routes[0].would_refuse[static_cast<std::size_t>(shed_reason::queue_full)], 1U
    );
    gate.now += 5s;
    EXPECT_EQ(code_of(gate.guards.collect(hopeless, gate.now)), errc::upstream_down);
    gate.now += 15s;
    gate.guards.set_upstream(0, upstream_state::up, 0ns, gate.now);
    ASSERT_EQ(mailbox::decided, std::vector{&patient});
    auto served = std::get<permit>(gate.guards.collect(patient, gate.now));
    auto next = gate.admit(0);
    EXPECT_TRUE(next.held()) << "whatever the breaker says";
}

/// A request that the upstream has.
permit send(small_gateway& gate, route_index route) {
    auto one = gate.admit(route);
    one.sent(gate.now);
    return one;
}

enum class end { by_itself, from_outside };

/// Ends the upstream's life with these requests under way, and starts it again.
held_back crash(
    small_gateway& gate, std::initializer_list<permit*> under_way = {}, end how = end::by_itself
) {
    for (auto* one : under_way) {
        one->broke_off(gate.now);
        one->leave(outcome::ignored, cause_kind::completed, gate.now);
    }
    if (how == end::by_itself) gate.guards.upstream_crashed(0, gate.now);
    gate.guards.set_upstream(0, upstream_state::starting, 100ms, gate.now);
    gate.now += 100ms;
    return gate.guards.set_upstream(0, upstream_state::up, 0ns, gate.now);
}

TEST(admission_crash, of_routes_at_two_crashes_one_request_at_a_time_is_let_in) {
    small_gateway gate{3};
    for (int life = 0; life < 2; ++life) {
        auto poison = send(gate, 0);
        auto bystander = send(gate, 1);
        crash(gate, {&poison, &bystander});
    }
    auto innocent = send(gate, 2);
    auto tried = send(gate, 1);
    auto& poison = gate.queue(0);
    auto& second = gate.queue(1);
    tried.answered(gate.now);
    succeed(tried, gate.now);
    EXPECT_EQ(mailbox::decided, (std::vector{&poison, &second})) << "an answer clears its route";
    auto fatal = std::get<permit>(gate.guards.collect(poison, gate.now));
    fatal.sent(gate.now);
    fatal.broke_off(gate.now);
    EXPECT_FALSE(fatal.brought_upstream_down(gate.now)) << "it lives, as far as is known";
    gate.guards.upstream_crashed(0, gate.now);
    EXPECT_TRUE(fatal.brought_upstream_down(gate.now)) << "it was on trial, so it is the one";
    innocent.broke_off(gate.now);
    EXPECT_FALSE(innocent.brought_upstream_down(gate.now));
    fatal.leave(outcome::failure, cause_kind::failed, gate.now);
    crash(gate, {&innocent});
    EXPECT_EQ(gate.picture().routes[0].breaker, breaker_state::open);
    EXPECT_EQ(gate.picture().routes[1].breaker, breaker_state::closed);
    EXPECT_EQ(gate.picture().routes[2].breaker, breaker_state::closed);
}

/// Routes 0 and 1 were at the end of two lives.
void bring_under_suspicion(small_gateway& gate) {
    for (int life = 0; life < 2; ++life) {
        auto first = send(gate, 0);
        auto second = send(gate, 1);
        crash(gate, {&first, &second});
    }
}

TEST(admission_crash, a_trial_that_is_over_convicts_nobody) {
    small_gateway gate;
    bring_under_suspicion(gate);
    auto earlier = send(gate, 0);
    auto& next = gate.queue(1);
    earlier.abandon(outcome::cancelled, cause_kind::cancelled, gate.now);
    gate.guards.tick(gate.now);
    auto on_trial = std::get<permit>(gate.guards.collect(next, gate.now));
    on_trial.sent(gate.now);
    crash(gate, {&earlier, &on_trial});
    EXPECT_EQ(gate.picture().routes[0].breaker, breaker_state::closed);
    EXPECT_EQ(gate.picture().routes[1].breaker, breaker_state::open);
}

TEST(admission_crash, a_trial_that_is_on_convicts_though_one_before_it_is_in_still) {
    small_gateway gate;
    bring_under_suspicion(gate);
    auto earlier = send(gate, 0);
    earlier.abandon(outcome::cancelled, cause_kind::cancelled, gate.now);
    auto on_trial = send(gate, 1);
    crash(gate, {&on_trial});
    EXPECT_EQ(gate.picture().routes[0].breaker, breaker_state::closed);
    EXPECT_EQ(gate.picture().routes[1].breaker, breaker_state::open);
}

TEST(admission_crash, who_brings_the_upstream_down_waits_out_its_reset_whatever_starts) {
    small_gateway gate;
    for (int life = 0; life < 3; ++life) {
        auto poison = send(gate, 0);
        crash(gate, {&poison});
    }
    EXPECT_EQ(code_of(gate.enter(0)), errc::breaker_open);
    gate.guards.set_upstream(0, upstream_state::starting, 1s, gate.now);
    EXPECT_EQ(code_of(gate.enter(0)), errc::breaker_open) << "a start is no news of it";
    gate.now += 2s;
    gate.guards.set_upstream(0, upstream_state::up, 0ns, gate.now);
    EXPECT_EQ(code_of(gate.enter(0)), errc::breaker_open);
    gate.now += 60s;
    auto probe = send(gate, 0);
    probe.answered(gate.now);
    succeed(probe, gate.now);
    EXPECT_EQ(gate.picture().routes[0].breaker, breaker_state::closed);
}

TEST(admission_crash, what_is_told_after_the_next_start_is_not_booked_to_that_life) {
    small_gateway gate;
    auto late = send(gate, 0);
    crash(gate);
    EXPECT_TRUE(late.has_lost_upstream());
    late.broke_off(gate.now);
    late.leave(outcome::ignored, cause_kind::completed, gate.now);
    crash(gate);
    auto once = send(gate, 0);
    crash(gate, {&once});
    auto first = send(gate, 0);
    auto second = gate.admit(0);
    EXPECT_TRUE(second.held()) << "it was at the end of one life, so it is no suspect";
    EXPECT_FALSE(first.has_lost_upstream());
}

TEST(admission_crash, a_trial_lasts_a_second_and_then_the_next_suspect_comes) {
    small_gateway gate;
    bring_under_suspicion(gate);
    auto slow = send(gate, 0);
    auto& next = gate.queue(1);
    gate.now += 999ms;
    gate.guards.tick(gate.now);
    EXPECT_TRUE(mailbox::decided.empty());
    gate.now += 1ms;
    gate.guards.tick(gate.now);
    ASSERT_EQ(mailbox::decided, std::vector{&next});
    auto fatal = std::get<permit>(gate.guards.collect(next, gate.now));
    fatal.sent(gate.now);
    crash(gate, {&slow, &fatal});
    EXPECT_EQ(gate.picture().routes[0].breaker, breaker_state::closed);
    EXPECT_EQ(gate.picture().routes[1].breaker, breaker_state::open);
    EXPECT_TRUE(send(gate, 0).held() && send(gate, 0).held()) << "a second in it clears";
}

TEST(admission_crash, a_trial_counts_from_when_it_was_sent) {
    small_gateway gate;
    bring_under_suspicion(gate);
    auto connecting = gate.admit(0);
    gate.now += 900ms;
    connecting.sent(gate.now);
    auto& next = gate.queue(1);
    gate.now += 900ms;
    gate.guards.tick(gate.now);
    EXPECT_TRUE(mailbox::decided.empty());
    crash(gate, {&connecting});
    EXPECT_EQ(gate.picture().routes[0].breaker, breaker_state::open);
    gate.guards.cancel(next, gate.now);
}

TEST(admission_crash, kills_from_outside_convict_nobody) {
    small_gateway gate;
    for (int life = 0; life < 5; ++life) {
        auto first = send(gate, 0);
        auto second = send(gate, 0);
        crash(gate, {&first, &second}, end::from_outside);
    }
    EXPECT_EQ(gate.picture().routes[0].breaker, breaker_state::closed);
    bring_under_suspicion(gate);
    auto on_trial = send(gate, 0);
    crash(gate, {&on_trial}, end::from_outside);
    EXPECT_EQ(gate.picture().routes[0].breaker, breaker_state::closed);
}

TEST(admission_crash, what_had_been_in_for_a_second_did_not_bring_it_down) {
    small_gateway gate;
    for (int life = 0; life < 5; ++life) {
        auto first = send(gate, 0);
        auto second = send(gate, 0);
        gate.now += 1s;
        auto young = send(gate, 0);
        crash(gate, {&young, &first, &second});
    }
    EXPECT_EQ(gate.picture().routes[0].breaker, breaker_state::closed);
}

TEST(admission_crash, what_broke_off_is_no_older_for_being_settled_late) {
    small_gateway gate;
    for (int life = 0; life < 2; ++life) {
        auto good = send(gate, 0);
        good.answered(gate.now);
        succeed(good, gate.now);
        auto poison = send(gate, 0);
        poison.broke_off(gate.now);
        gate.guards.upstream_crashed(0, gate.now);
        gate.guards.set_upstream(0, upstream_state::starting, 100ms, gate.now);
        gate.now += 5s;
        poison.leave(outcome::failure, cause_kind::failed, gate.now);
        gate.guards.set_upstream(0, upstream_state::up, 0ns, gate.now);
    }
    auto on_trial = send(gate, 0);
    EXPECT_TRUE(std::holds_alternative<queued>(gate.enter(0))) << "it is a suspect";
}

TEST(admission_crash, an_event_stream_that_has_begun_did_not_bring_it_down) {
    small_gateway gate;
    for (int life = 0; life < 5; ++life) {
        auto first = send(gate, 0);
        auto second = send(gate, 0);
        for (auto* each : {&first, &second}) {
            each->answered(gate.now);
            each->detach(gate.now);
        }
        crash(gate, {&first, &second});
    }
    EXPECT_EQ(gate.picture().routes[0].breaker, breaker_state::closed);
}

TEST(admission_crash, a_request_that_breaks_off_on_trial_is_no_crash_to_come) {
    small_gateway gate;
    bring_under_suspicion(gate);
    auto broken = send(gate, 0);
    broken.broke_off(gate.now);
    broken.leave(outcome::failure, cause_kind::failed, gate.now);
    gate.now += 1s;
    crash(gate);
    EXPECT_EQ(gate.picture().routes[0].breaker, breaker_state::closed);
    auto again = send(gate, 0);
    again.broke_off(gate.now);
    again.leave(outcome::failure, cause_kind::failed, gate.now);
    gate.now += 10ms;
    auto other = send(gate, 1);
    other.answered(gate.now);
    succeed(other, gate.now);
    crash(gate);
    EXPECT_EQ(gate.picture().routes[0].breaker, breaker_state::closed) << "another outlived it";
}

TEST(admission_crash, who_is_held_back_is_named_once_and_told_why) {
    small_gateway gate;
    bring_under_suspicion(gate);
    EXPECT_TRUE(gate.picture().routes[0].suspect);
    EXPECT_FALSE(gate.picture().routes[0].held_back);
    auto poison = send(gate, 0);
    const auto found = crash(gate, {&poison});
    EXPECT_EQ(found.route, "r0");
    EXPECT_EQ(found.length, 60s);
    EXPECT_TRUE(gate.picture().routes[0].held_back);
    EXPECT_EQ(gate.picture().routes[0].times_held_back, 1U);
    EXPECT_FALSE(gate.picture().routes[1].held_back);
    const auto refusal = std::get<refused>(gate.enter(0));
    EXPECT_EQ(refusal.why.detail, "its requests brought the backend down");
    EXPECT_EQ(crash(gate).route, "");
    gate.now += 60s;
    EXPECT_FALSE(gate.picture().routes[0].held_back);
}

TEST(admission_crash, a_breaker_that_opened_otherwise_says_nothing_of_crashes) {
    small_gateway gate;
    auto failing = fill(gate, 0);
    for (auto& one : failing)
        one.leave(outcome::failure, cause_kind::completed, gate.now);
    const auto refusal = std::get<refused>(gate.enter(0));
    EXPECT_EQ(refusal.code, errc::breaker_open);
    EXPECT_EQ(refusal.why.detail, "");
}

TEST(admission_crash, a_conviction_of_a_route_that_nobody_asks_ends_with_its_reset) {
    small_gateway gate;
    for (int life = 0; life < 3; ++life) {
        auto poison = send(gate, 0);
        crash(gate, {&poison});
    }
    gate.now += 61s;
    auto probe = send(gate, 0);
    probe.abandon(outcome::cancelled, cause_kind::cancelled, gate.now);
    probe.leave(outcome::ignored, cause_kind::cancelled, gate.now);
    crash(gate, {}, end::from_outside);
    EXPECT_TRUE(std::holds_alternative<permit>(gate.enter(0))) << "a start is a reason to probe";
}

}  // namespace
}  // namespace curfew::gateway
