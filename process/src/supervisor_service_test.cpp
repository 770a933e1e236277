#include "supervisor_scenario.hpp"

namespace curfew::process {
namespace {

using namespace scenario;

TEST_F(supervisor_test, a_crash_after_a_request_was_answered_never_counts) {
    be_ready(0s);
    duration when = 0s;
    for (int i = 1; i <= 100; ++i) {
        const auto answered = when + 60ms;
        crash(when + 100ms, answered);
        ASSERT_EQ(machine->state(), backend_state::starting) << i;
        when = again;
        tell(tick, when + 50ms);
        ASSERT_EQ(tell(good, when + 50ms).tell, notice::ready) << i;
    }
}

TEST_F(supervisor_test, one_that_dies_of_every_request_and_answers_none_is_a_crash_loop) {
    be_ready(0s);
    duration when = 0s;
    for (int i = 1; i <= 4; ++i) {
        crash(when + 100ms);
        ASSERT_EQ(machine->state(), backend_state::starting) << i;
        when = again;
        tell(tick, when + 50ms);
        tell(good, when + 50ms);
    }
    crash(when + 100ms);
    EXPECT_EQ(last.tell, notice::gave_up);
    EXPECT_EQ(machine->reason(), errc::crash_loop);
}

TEST_F(supervisor_test, what_an_earlier_start_answered_is_no_service_of_this_one) {
    be_ready(0s);
    crash(1s, 0s);
    tell(tick, 2s);
    tell(good, 2s);
    for (int i = 1; i < 5; ++i) {
        ASSERT_EQ(machine->state(), backend_state::ready) << i;
        crash(2s + i * 1s, 1999ms);
        tell(tick, 2500ms + i * 1s);
        tell(good, 2500ms + i * 1s);
    }
    EXPECT_EQ(machine->state(), backend_state::crash_looped);
}

TEST_F(supervisor_test, once_it_has_served_being_ready_is_enough_and_never_being_ready_is_not) {
    be_ready(0s);
    crash(1s, 500ms);
    for (int i = 1; i <= 50; ++i) {
        tell(tick, again + 50ms);
        ASSERT_EQ(tell(good, again + 50ms).tell, notice::ready) << i;
        crash(again + 100ms);
    }
    tell(tick, again + 50ms);
    tell(good, again + 50ms);
    EXPECT_EQ(crash(again + 40s, again + 39s), 200ms);
    duration when = again;
    for (int i = 1; i <= 5; ++i) {
        ASSERT_EQ(machine->state(), backend_state::starting) << i;
        crash(when);
        when = again;
    }
    EXPECT_EQ(machine->state(), backend_state::crash_looped);
}

TEST_F(supervisor_test, a_start_that_served_forgives_the_crashes_before_it) {
    tell(start, 0s);
    tell(spawned, 0s);
    duration when = 0s;
    for (int i = 1; i <= 40; ++i) {
        if (i % 5 == 0) {
            tell(tick, when + 50ms);
            ASSERT_EQ(tell(good, when + 50ms).tell, notice::ready) << i;
            crash(when + 100ms, when + 60ms);
        } else {
            crash(when + 100ms);
        }
        ASSERT_EQ(machine->state(), backend_state::starting) << i;
        when = again;
    }
}

TEST_F(supervisor_test, a_hang_after_a_request_was_answered_does_not_count_either) {
    options.live_failures = 1;
    SetUp();
    tell(start, 0s);
    for (int i = 0; i < 20; ++i) {
        const auto begun = i * 60s;
        tell(spawned, begun);
        tell(tick, begun + 50ms);
        ASSERT_EQ(tell(good, begun + 50ms).tell, notice::ready) << i;
        tell(tick, begun + 50ms);
        tell(good, begun + 60ms);
        tell(tick, begun + 6s);
        ASSERT_EQ(tell({kind::probed, false, {}, at(begun + 1s)}, begun + 8s).tell, notice::hung);
        ASSERT_EQ(tell(stopped, begun + 9s).tell, notice::restarting_in);
        ASSERT_EQ(tell(tick, begun + 60s).what, order::spawn);
    }
}

TEST_F(supervisor_test, a_request_that_is_sent_twice_and_kills_twice_doubles_the_pause_once) {
    be_ready(0s);
    duration when = 1s;
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(crash(when, when), 200ms) << i;
        tell(tick, again + 50ms);
        tell(good, again + 50ms);
        EXPECT_EQ(crash(again + 60ms), 200ms) << i;
        tell(tick, again + 50ms);
        tell(good, again + 50ms);
        when = again + 250ms;
    }
    EXPECT_EQ(crash(when), 400ms) << "none was answered";
    tell(tick, again + 50ms);
    tell(good, again + 50ms);
    EXPECT_EQ(crash(again + 60ms, again + 55ms), 800ms) << "for too short a time";
}

TEST_F(supervisor_test, serving_for_as_long_as_the_pause_makes_the_next_one_short_again) {
    be_ready(0s);
    EXPECT_EQ(crash(1s, 1s), 200ms);
    const auto serve = [&](duration ready, duration until) {
        tell(tick, ready);
        tell(good, ready);
        return crash(until, until);
    };
    EXPECT_EQ(serve(2s, 2199ms), 200ms) << "the first one that was short";
    EXPECT_EQ(serve(3s, 3199ms), 400ms) << "ready for less than 200 ms";
    EXPECT_EQ(serve(5s, 5399ms), 800ms) << "ready for less than 400 ms";
    EXPECT_EQ(serve(7s, 7800ms), 200ms) << "ready for 800 ms";
    EXPECT_EQ(serve(9s, 9200ms), 200ms);
}

}  // namespace
}  // namespace curfew::process
