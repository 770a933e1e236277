#include "admission_samples.hpp"

#include <gtest/gtest.h>

namespace curfew::gateway {
namespace {

errc code_of(const entered& came) {
    return std::get<refused>(came).code;
}

TEST(admission_trouble, five_hanging_requests_open_the_breaker_at_the_threshold) {
    small_gateway gate;
    gate.warm_up(0);
    auto stuck = fill(gate, 0);
    const auto due = stuck[0].hangs_at(30s);
    EXPECT_EQ(due, gate.now + 1s);
    gate.now = due;
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_FALSE(stuck[i].mark_hanging(gate.now));
    EXPECT_TRUE(stuck[4].mark_hanging(gate.now));
    EXPECT_EQ(code_of(gate.enter(0)), errc::breaker_open);
    EXPECT_TRUE(std::holds_alternative<permit>(gate.enter(1)));
    EXPECT_EQ(gate.picture().routes[0].hanging, 5U);
}

TEST(admission_trouble, who_waits_behind_requests_that_hang_counts_with_them) {
    small_gateway gate;
    gate.warm_up(0);
    auto stuck = fill(gate, 0, 3);
    gate.now += 21ms;
    auto& first = gate.queue(0);
    auto& second = gate.queue(0);
    gate.now = stuck[0].hangs_at(30s);
    EXPECT_FALSE(stuck[0].mark_hanging(gate.now));
    EXPECT_FALSE(stuck[1].mark_hanging(gate.now));
    EXPECT_EQ(mailbox::decided, std::vector<waiter*>{});
    EXPECT_TRUE(stuck[2].mark_hanging(gate.now)) << "three hang and two wait behind them";

    EXPECT_EQ(mailbox::decided, (std::vector{&first, &second})) << "refused at once";
    const auto came = gate.guards.collect(first, gate.now);
    EXPECT_EQ(code_of(came), errc::breaker_open);
    EXPECT_EQ(std::get<refused>(came).why.kind, cause_kind::breaker_open);
    EXPECT_EQ(std::get<refused>(came).retry_after, 60s);
    EXPECT_EQ(code_of(gate.enter(0)), errc::breaker_open);
}

TEST(admission_trouble, a_silent_route_gets_three_requests_and_no_more_until_it_answers) {
    small_gateway gate;
    gate.warm_up(0);
    auto held = fill(gate, 0, 3);
    const auto fourth = gate.enter(0);
    EXPECT_TRUE(std::holds_alternative<permit>(fourth)) << "not silent for long yet";
    gate.now += 21ms;
    auto& wait = gate.queue(0);
    EXPECT_TRUE(std::holds_alternative<permit>(gate.enter(1))) << "another route";
    held[0].answered(gate.now);
    gate.guards.tick(gate.now);
    EXPECT_EQ(mailbox::decided, std::vector{&wait}) << "it lives";
}

TEST(admission_trouble, a_silent_route_leaves_half_of_the_limit_before_it_counts_as_hanging) {
    small_gateway gate{3};
    gate.warm_up(0);
    gate.warm_up(1);
    auto first = fill(gate, 0);
    auto second = fill(gate, 1);
    auto& wait = gate.queue(2);
    gate.now = *first[0].silent_at();
    EXPECT_LE(gate.now, start + 1s);
    for (auto& each : first)
        each.mark_silent(gate.now);
    EXPECT_EQ(mailbox::decided, std::vector<waiter*>{}) << "the second one's five live, so far";
    gate.now = *second[0].silent_at();
    for (auto& each : second)
        each.mark_silent(gate.now);
    EXPECT_EQ(mailbox::decided, std::vector{&wait});
    EXPECT_FALSE(gate.guards.has_hanging_work(0));
    EXPECT_TRUE(std::holds_alternative<permit>(gate.guards.collect(wait, gate.now)));
}

TEST(admission_trouble, a_route_whose_requests_wait_for_their_clients_is_not_silent) {
    small_gateway gate;
    gate.warm_up(0);
    auto uploads = fill(gate, 0, 3);
    for (auto& each : uploads)
        each.wait_for_client();
    gate.now += 5s;
    EXPECT_TRUE(std::holds_alternative<permit>(gate.enter(0)));
}

TEST(admission_trouble, late_answers_of_one_hang_do_not_hide_the_next) {
    small_gateway gate;
    gate.warm_up(0, 100);
    for (int hang = 0; hang < 3; ++hang) {
        auto stuck = fill(gate, 0);
        ASSERT_EQ(stuck[0].hangs_at(30s), gate.now + 1s) << "hang " << hang;
        gate.now += 1s;
        for (auto& each : stuck)
            (void)each.mark_hanging(gate.now);
        gate.now += 4s;
        for (auto& each : stuck)
            each.leave(outcome::success, cause_kind::completed, gate.now);
        gate.warm_up(0, 100);
    }
}

TEST(admission_trouble, a_lasting_slowdown_is_learnt_from_requests_that_began_after_it) {
    small_gateway gate{1, {}, {.breaker = {.consecutive_failures = 0}}};
    gate.warm_up(0, 200);
    for (int i = 0; i < 64; ++i) {
        auto one = gate.admit(0);
        gate.now += 1s;
        (void)one.mark_hanging(gate.now);
        gate.now += 2s;
        one.leave(outcome::success, cause_kind::completed, gate.now);
    }
    EXPECT_GE(gate.admit(0).hangs_at(30s), gate.now + 10s);
}

TEST(admission_trouble, hanging_counts_once_and_not_after_an_answer) {
    small_gateway gate;
    gate.warm_up(0);
    auto stuck = fill(gate, 0);
    stuck[0].answered(gate.now);
    for (int i = 0; i < 3; ++i) {
        for (auto& one : stuck)
            EXPECT_FALSE(one.mark_hanging(gate.now + 1s));
    }
    EXPECT_EQ(gate.picture().routes[0].hanging, 4U);
    for (auto& one : stuck)
        one.leave(outcome::ignored, cause_kind::completed, gate.now + 2s);
    EXPECT_EQ(gate.picture().routes[0].hanging, 0U);
    EXPECT_TRUE(std::holds_alternative<permit>(gate.enter(0)));
}

TEST(admission_trouble, at_a_cold_start_nothing_hangs_before_its_limit) {
    small_gateway gate;
    EXPECT_EQ(gate.admit(0).hangs_at(30s), gate.now + 30s);
}

TEST(admission_trouble, abandoned_work_keeps_its_places_until_it_is_over) {
    small_gateway gate;
    auto stuck = fill(gate, 0, 4);
    for (auto& one : stuck)
        one.abandon(outcome::cancelled, cause_kind::cancelled, gate.now);
    auto view = gate.picture();
    EXPECT_EQ(view.routes[0].in_flight, 4U);
    EXPECT_EQ(view.routes[0].abandoned, 4U);
    EXPECT_EQ(view.upstreams[0].abandoned, 4U);
    auto last = gate.admit(0);
    gate.queue(0);
    succeed(stuck[0], gate.now);
    view = gate.picture();
    EXPECT_EQ(view.routes[0].abandoned, 3U);
    EXPECT_EQ(view.routes[0].in_flight, 5U) << "the waiter took the place";
}

TEST(admission_trouble, a_share_full_of_abandoned_work_refuses_instead_of_queueing) {
    small_gateway gate{2, {}, {.breaker = {.consecutive_failures = 0}}};
    auto stuck = fill(gate, 0);
    auto& wait = gate.queue(0);
    for (auto& one : stuck)
        one.abandon(outcome::timeout, cause_kind::own_timeout, gate.now);
    EXPECT_EQ(code_of(gate.guards.collect(wait, gate.now)), errc::abandoned_cap);
    const auto came = gate.enter(0);
    EXPECT_EQ(code_of(came), errc::abandoned_cap);
    EXPECT_EQ(std::get<refused>(came).why.reason, shed_reason::abandoned);
    EXPECT_EQ(std::get<refused>(came).why.limit_value, 5U);
    EXPECT_TRUE(std::holds_alternative<permit>(gate.enter(1)));
    stuck[0].leave(outcome::ignored, cause_kind::completed, gate.now);
    EXPECT_TRUE(std::holds_alternative<permit>(gate.enter(0)));
}

TEST(admission_trouble, hung_routes_leave_half_of_the_limit_to_the_others) {
    small_gateway gate{4, {}, {.breaker = {.consecutive_failures = 0}}};
    std::vector<permit> stuck;
    for (const route_index hung : {route_index{0}, route_index{1}, route_index{2}}) {
        for (auto& one : fill(gate, hung)) {
            one.abandon(outcome::timeout, cause_kind::own_timeout, gate.now);
            stuck.push_back(std::move(one));
        }
    }
    for (int i = 0; i < 100; ++i) {
        auto one = gate.admit(3);
        gate.now += 10ms;
        succeed(one, gate.now);
    }
    EXPECT_EQ(gate.picture().upstreams[0].abandoned, 15U);
}

TEST(admission_trouble, places_that_clients_abandoned_refuse_newcomers_after_a_second) {
    small_gateway gate;
    auto left = fill(gate, 0);
    for (auto& one : left)
        one.abandon(outcome::cancelled, cause_kind::cancelled, gate.now);
    auto& wait = gate.queue(0);
    gate.now += 999ms;
    gate.guards.tick(gate.now);
    EXPECT_TRUE(std::holds_alternative<queued>(gate.guards.collect(wait, gate.now)));
    gate.now += 1ms;
    gate.guards.tick(gate.now);
    EXPECT_EQ(code_of(gate.guards.collect(wait, gate.now)), errc::abandoned_cap);
    EXPECT_EQ(code_of(gate.enter(0)), errc::abandoned_cap);
    left[0].leave(outcome::success, cause_kind::completed, gate.now);
    EXPECT_TRUE(std::holds_alternative<permit>(gate.enter(0)));
}

TEST(admission_trouble, own_timeouts_count_when_the_answer_is_given_up_not_when_the_work_ends) {
    small_gateway gate;
    auto stuck = fill(gate, 0);
    for (auto& one : stuck)
        one.abandon(outcome::timeout, cause_kind::own_timeout, gate.now);
    EXPECT_EQ(code_of(gate.enter(0)), errc::breaker_open);
    gate.now += 10s;
    for (auto& one : stuck)
        one.leave(outcome::ignored, cause_kind::own_timeout, gate.now);
    EXPECT_EQ(code_of(gate.enter(0)), errc::breaker_open);
}

TEST(admission_trouble, abandoned_work_that_the_upstream_drops_lets_the_breaker_probe_sooner) {
    small_gateway gate;
    auto stuck = fill(gate, 0);
    for (auto& one : stuck)
        one.abandon(outcome::timeout, cause_kind::own_timeout, gate.now);
    gate.now += 10s;
    stuck[0].leave(outcome::ignored, cause_kind::completed, gate.now);
    auto probe = gate.admit(0);
    EXPECT_TRUE(probe.probe()) << "a restarted backend drops what hung in it";
    succeed(probe, gate.now);
}

TEST(admission_trouble, a_route_that_never_answered_is_given_three_requests_until_it_does) {
    small_gateway gate;
    gate.guards.add_route(7, "new", 0, {}, gate.now);
    std::vector<permit> first;
    for (std::size_t i = 0; i < 3; ++i)
        first.push_back(gate.admit(7));
    auto& wait = gate.queue(7);
    EXPECT_TRUE(mailbox::decided.empty());
    first[1].answered(gate.now + 2s);
    succeed(first[1], gate.now + 2s);
    EXPECT_EQ(mailbox::decided, std::vector{&wait});
}

TEST(admission_trouble, a_new_route_whose_clients_gave_up_refuses_after_a_second) {
    small_gateway gate;
    gate.guards.add_route(7, "new", 0, {}, gate.now);
    std::vector<permit> stuck;
    for (std::size_t i = 0; i < 3; ++i)
        stuck.push_back(gate.admit(7));
    gate.now += 5s;
    for (auto& one : stuck)
        one.abandon(outcome::cancelled, cause_kind::cancelled, gate.now);
    auto& wait = gate.queue(7);
    gate.now += 1s;
    gate.guards.tick(gate.now);
    EXPECT_EQ(code_of(gate.guards.collect(wait, gate.now)), errc::abandoned_cap);
    EXPECT_EQ(code_of(gate.enter(7)), errc::abandoned_cap);
    EXPECT_TRUE(std::holds_alternative<permit>(gate.enter(0))) << "nobody else does";
}

TEST(admission_trouble, a_client_that_leaves_proves_nothing_but_its_request_may_still_hang) {
    small_gateway gate;
    gate.warm_up(0);
    auto stuck = fill(gate, 0);
    for (auto& one : stuck)
        one.abandon(outcome::cancelled, cause_kind::cancelled, gate.now);
    EXPECT_EQ(gate.picture().routes[0].breaker, breaker_state::closed);
    bool opened = false;
    for (auto& one : stuck)
        opened = one.mark_hanging(gate.now + 1s);
    EXPECT_TRUE(opened);
}

TEST(admission_trouble, abandoned_work_that_ends_well_lets_the_breaker_probe_sooner) {
    small_gateway gate;
    auto stuck = fill(gate, 0);
    for (auto& one : stuck)
        one.abandon(outcome::timeout, cause_kind::own_timeout, gate.now);
    gate.now += 5s;
    EXPECT_EQ(code_of(gate.enter(0)), errc::breaker_open);
    succeed(stuck[0], gate.now);
    auto probe = gate.admit(0);
    EXPECT_TRUE(probe.probe());
    EXPECT_EQ(code_of(gate.enter(0)), errc::breaker_open) << "one probe at a time";
    EXPECT_FALSE(probe.mark_hanging(gate.now + 20s)) << "its own end is the verdict";
    succeed(probe, gate.now + 20s);
    EXPECT_EQ(gate.picture().routes[0].breaker, breaker_state::closed);
}

TEST(admission_trouble, requests_wait_for_an_upstream_that_starts) {
    small_gateway gate;
    gate.guards.set_upstream(0, upstream_state::starting, 3s, gate.now);
    auto& patient = gate.queue(0, 10s);
    auto& hasty = gate.queue(1, 4s);
    gate.now += 1500ms;
    EXPECT_EQ(std::get<refused>(gate.enter(1, 1s)).retry_after, 1500ms) << "what is left of it";
    gate.guards.set_upstream(0, upstream_state::starting, 0ns, gate.now);
    gate.now += 2500ms;
    const auto left = gate.guards.collect(hasty, gate.now);
    EXPECT_EQ(code_of(left), errc::upstream_down);
    EXPECT_EQ(std::get<refused>(left).retry_after, 1s) << "not known";
    const cause why{cause_kind::shed, shed_reason::upstream_down, "request.timeout", 4s};
    EXPECT_EQ(std::get<refused>(left).why, why) << "it was waited for as long as that";
    gate.guards.set_upstream(0, upstream_state::up, 0ns, gate.now);
    EXPECT_EQ(mailbox::decided, std::vector{&patient});
    EXPECT_TRUE(std::holds_alternative<permit>(gate.guards.collect(patient, gate.now)));
}

TEST(admission_trouble, an_upstream_that_stopped_refuses_its_waiters_too) {
    small_gateway gate;
    gate.guards.set_upstream(0, upstream_state::starting, 3s, gate.now);
    auto& wait = gate.queue(0);
    gate.guards.set_upstream(0, upstream_state::stopped, 0ns, gate.now);
    EXPECT_EQ(code_of(gate.guards.collect(wait, gate.now)), errc::crash_loop);
    EXPECT_EQ(code_of(gate.enter(1)), errc::crash_loop);
}

TEST(admission_trouble, after_a_crash_waiters_follow_the_probe) {
    small_gateway gate;
    auto lost = fill(gate, 0);
    gate.guards.set_upstream(0, upstream_state::starting, 1s, gate.now);
    for (auto& one : lost)
        one.leave(outcome::failure, cause_kind::completed, gate.now);
    EXPECT_EQ(gate.picture().routes[0].breaker, breaker_state::open);
    auto& first = gate.queue(0);
    auto& second = gate.queue(0);
    gate.guards.set_upstream(0, upstream_state::up, 0ns, gate.now + 200ms);
    EXPECT_TRUE(mailbox::decided.empty()) << "not before reset_min";
    auto& third = gate.queue(0);
    gate.now += 1200ms;
    gate.guards.tick(gate.now);
    ASSERT_EQ(mailbox::decided, std::vector{&first});
    auto probe = gate.guards.collect(first, gate.now);
    ASSERT_TRUE(std::get<permit>(probe).probe());
    succeed(std::get<permit>(probe), gate.now);
    EXPECT_EQ(mailbox::decided, (std::vector{&first, &second, &third}));
}

TEST(admission_trouble, a_bad_probe_after_a_crash_refuses_who_waits) {
    small_gateway gate;
    auto lost = fill(gate, 0);
    for (auto& one : lost)
        one.leave(outcome::failure, cause_kind::completed, gate.now);
    gate.guards.set_upstream(0, upstream_state::starting, 1s, gate.now);
    auto& first = gate.queue(0);
    auto& second = gate.queue(0);
    gate.now += 2s;
    gate.guards.set_upstream(0, upstream_state::up, 0ns, gate.now);
    auto probe = gate.guards.collect(first, gate.now);
    std::get<permit>(probe).leave(outcome::failure, cause_kind::completed, gate.now);
    EXPECT_EQ(code_of(gate.guards.collect(second, gate.now)), errc::breaker_open);
    EXPECT_EQ(code_of(gate.enter(0)), errc::breaker_open);
}

TEST(admission_trouble, an_observer_refuses_nothing_and_counts_what_it_would_have) {
    small_gateway gate{2, {}, {.queue = 3, .breaker = {}}, {.in_flight = 30, .observe = true}};
    std::vector<permit> held = fill(gate, 0, 9);
    auto view = gate.picture().routes[0];
    EXPECT_EQ(view.in_flight, 9U);
    EXPECT_EQ(view.would_queue, 3U);
    EXPECT_EQ(view.would_refuse[static_cast<std::size_t>(shed_reason::queue_full)], 1U);
    for (auto& one : held)
        time_out(one, gate.now);
    auto through = gate.admit(0);
    view = gate.picture().routes[0];
    EXPECT_EQ(view.breaker, breaker_state::open);
    EXPECT_EQ(view.would_refuse_by_breaker, 1U);
    succeed(through, gate.now);
    held = fill(gate, 1, 31);
    view = gate.picture().routes[1];
    EXPECT_GE(view.would_refuse[static_cast<std::size_t>(shed_reason::queue_full)], 1U);
    held.clear();
    EXPECT_EQ(gate.guards.in_flight(), 0U);
    EXPECT_EQ(gate.picture().upstreams[0].in_flight, 0U);
}

}  // namespace
}  // namespace curfew::gateway
