#include "supervisor_scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <utility>

namespace curfew::process {
namespace {

using namespace scenario;

TEST_F(supervisor_test, starts_probes_and_is_ready) {
    EXPECT_EQ(tell(start, 0s), (supervisor_action{order::spawn, notice::starting}));
    EXPECT_EQ(tell(spawned, 0s), (supervisor_action{order::wait, notice::none, at(50ms)}));
    EXPECT_EQ(tell(tick, 50ms).what, order::probe);
    EXPECT_EQ(tell(bad, 60ms).wake, at(110ms));
    EXPECT_EQ(tell(tick, 110ms).what, order::probe);
    EXPECT_EQ(tell(good, 120ms), (supervisor_action{order::wait, notice::ready, at(120ms)}));
    EXPECT_EQ(machine->state(), backend_state::ready);
    EXPECT_EQ(tell(tick, 120ms).what, order::probe);
    EXPECT_EQ(tell(good, 125ms).wake, at(5120ms));
}

TEST_F(supervisor_test, the_first_probe_of_one_that_is_ready_comes_at_once_and_never_counts) {
    options.live_failures = 1;
    SetUp();
    tell(start, 0s);
    tell(spawned, 0s);
    tell(tick, 50ms);
    ASSERT_EQ(tell(good, 50ms).wake, at(50ms));
    ASSERT_EQ(tell(tick, 50ms).what, order::probe);
    EXPECT_EQ(tell(bad, 2050ms).wake, at(5050ms));
    ASSERT_EQ(tell(tick, 5050ms).what, order::probe);
    EXPECT_EQ(tell(bad, 7050ms).tell, notice::hung);
}

TEST_F(supervisor_test, not_ready_in_time_is_a_hang_even_while_a_probe_hangs) {
    tell(start, 0s);
    tell(spawned, 0s);
    tell(tick, 50ms);
    EXPECT_EQ(tell(tick, 51ms).wake, at(30s)) << "one probe at a time, and the deadline";
    EXPECT_EQ(tell(tick, 29'999ms).what, order::wait);
    EXPECT_EQ(
        tell(tick, 30s), (supervisor_action{order::dump_and_stop, notice::not_ready_in_time})
    );
    EXPECT_EQ(tell(good, 31s).what, order::wait) << "too late: it is being stopped";
    EXPECT_EQ(machine->state(), backend_state::stopping);
}

TEST_F(supervisor_test, failed_probes_in_a_row_mean_hung_and_stacks_come_first) {
    be_ready(0s);
    tell(tick, 6s);
    EXPECT_EQ(tell(bad, 6s).what, order::wait);
    tell(tick, 11s);
    tell(bad, 11s);
    tell(tick, 16s);
    EXPECT_EQ(tell(bad, 16s), (supervisor_action{order::dump_and_stop, notice::hung}));
}

TEST_F(supervisor_test, one_good_probe_forgives_the_failed_ones) {
    be_ready(0s);
    for (int i = 0; i < 30; ++i) {
        const auto when = 10s + i * 5s;
        ASSERT_EQ(tell(tick, when).what, order::probe);
        EXPECT_EQ(tell(i % 3 == 2 ? good : bad, when).what, order::wait) << i;
    }
}

TEST_F(supervisor_test, an_exit_ends_what_is_left_of_the_tree_then_pauses_then_starts_again) {
    be_ready(0s);
    EXPECT_EQ(tell(exited, 1s), (supervisor_action{order::stop_tree, notice::exited}));
    EXPECT_EQ(
        tell(stopped, 1100ms), (supervisor_action{order::wait, notice::restarting_in, at(1300ms)})
    );
    EXPECT_EQ(tell(tick, 1299ms).what, order::wait);
    EXPECT_EQ(tell(tick, 1300ms), (supervisor_action{order::spawn, notice::starting}));
    EXPECT_EQ(machine->starts(), 2U);
}

TEST_F(supervisor_test, the_pause_doubles_up_to_its_bound) {
    options.crash_limit = 1000;
    SetUp();
    be_ready(0s);
    std::vector<duration> pauses;
    for (int i = 0; i < 12; ++i) {
        pauses.push_back(crash(1s + i * 40s));
    }
    EXPECT_THAT(
        pauses,
        testing::ElementsAre(
            200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 12800ms, 25600ms, 30s, 30s, 30s, 30s
        )
    );
}

TEST_F(supervisor_test, stable_running_makes_the_next_pause_short_again) {
    options.crash_limit = 1000;
    SetUp();
    be_ready(0s);
    crash(1s);
    EXPECT_EQ(crash(2s), 400ms);
    tell(tick, 3s);
    tell(good, 3s);
    ASSERT_EQ(machine->state(), backend_state::ready);
    EXPECT_EQ(crash(63s), 200ms);
}

TEST_F(supervisor_test, being_up_without_being_ready_is_not_stable) {
    be_ready(0s);
    crash(1s);
    EXPECT_EQ(crash(20s), 400ms);
}

TEST_F(supervisor_test, jitter_is_within_its_bounds_and_repeats_with_the_seed) {
    options.jitter = 0.2;
    options.crash_limit = 1000;
    std::set<duration> seen;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        machine.emplace(options, seed);
        be_ready(0s);
        const auto pause = crash(1s);
        EXPECT_GE(pause, 160ms);
        EXPECT_LT(pause, 240ms);
        seen.insert(pause);
        machine.emplace(options, seed);
        be_ready(0s);
        EXPECT_EQ(crash(1s), pause);
    }
    EXPECT_GT(seen.size(), 190U);
}

TEST_F(supervisor_test, too_many_crashes_within_the_window_are_the_end) {
    be_ready(0s);
    for (int i = 1; i <= 4; ++i) {
        crash(i * 10s);
        ASSERT_EQ(last.what, order::wait) << i;
    }
    tell(exited, 50s);
    EXPECT_EQ(tell(stopped, 50s), (supervisor_action{order::finish, notice::gave_up}));
    EXPECT_EQ(machine->state(), backend_state::crash_looped);
    EXPECT_EQ(tell(start, 51s).what, order::wait) << "terminal";
}

TEST_F(supervisor_test, probes_keep_their_pace_however_long_one_takes) {
    be_ready(0s);
    ASSERT_EQ(tell(tick, 5050ms).what, order::probe);
    EXPECT_EQ(tell(bad, 7050ms).wake, at(10050ms));
    EXPECT_EQ(tell(tick, 10050ms).what, order::probe);
}

TEST_F(supervisor_test, while_it_backs_off_it_says_when_it_starts_again) {
    be_ready(0s);
    EXPECT_EQ(machine->starts_again_at(), std::nullopt);
    tell(exited, 1s);
    tell(stopped, 1s);
    EXPECT_EQ(machine->starts_again_at(), at(1200ms));
    tell(tick, 1200ms);
    EXPECT_EQ(machine->starts_again_at(), std::nullopt);
}

TEST_F(supervisor_test, crashes_that_leave_the_window_are_forgotten) {
    be_ready(0s);
    for (int i = 1; i <= 100; ++i) {
        crash(i * 61s);
        ASSERT_NE(machine->state(), backend_state::crash_looped) << i;
    }
}

TEST_F(supervisor_test, starts_that_hang_are_given_up_at_any_pace_and_called_by_their_name) {
    duration when = 0s;
    tell(start, when);
    for (int i = 1; i <= 5; ++i) {
        tell(spawned, when);
        when += 30s;
        ASSERT_EQ(tell(tick, when).tell, notice::not_ready_in_time) << i;
        tell(stopped, when);
        when += 31s;
        ASSERT_EQ(tell(tick, when).what, i < 5 ? order::spawn : order::wait) << i;
    }
    EXPECT_EQ(machine->state(), backend_state::crash_looped);
    EXPECT_EQ(machine->reason(), errc::command_hung);
}

TEST_F(supervisor_test, a_start_that_got_ready_forgives_those_that_hung) {
    duration when = 0s;
    tell(start, when);
    for (int i = 1; i <= 40; ++i) {
        tell(spawned, when);
        if (i % 5 == 0) {
            tell(tick, when + 1s);
            ASSERT_EQ(tell(good, when + 1s).tell, notice::ready);
            tell(exited, when + 30s);
        } else {
            tell(tick, when + 30s);
        }
        tell(stopped, when + 30s);
        when += 61s;
        ASSERT_EQ(tell(tick, when).what, order::spawn) << i;
    }
}

TEST_F(supervisor_test, a_stranger_at_its_address_is_told_once_and_is_the_end_when_it_exits) {
    constexpr supervisor_event usurped{kind::usurped};
    tell(start, 0s);
    tell(spawned, 0s);
    tell(tick, 50ms);
    EXPECT_EQ(tell(usurped, 50ms), (supervisor_action{order::wait, notice::usurped, at(100ms)}));
    tell(tick, 100ms);
    EXPECT_EQ(tell(usurped, 100ms).tell, notice::none);
    EXPECT_EQ(machine->state(), backend_state::starting);
    tell(exited, 200ms);
    EXPECT_EQ(tell(stopped, 200ms), (supervisor_action{order::finish, notice::gave_up}));
    EXPECT_EQ(machine->reason(), errc::address_in_use);
}

TEST_F(supervisor_test, a_stranger_who_leaves_in_time_costs_nothing) {
    tell(start, 0s);
    tell(spawned, 0s);
    tell(tick, 50ms);
    tell({kind::usurped}, 50ms);
    tell(tick, 100ms);
    EXPECT_EQ(tell(good, 100ms).tell, notice::ready);
    tell(exited, 1s);
    EXPECT_EQ(tell(stopped, 1s).tell, notice::restarting_in);
}

TEST_F(supervisor_test, a_first_start_that_cannot_succeed_is_the_end_at_once) {
    tell(start, 0s);
    EXPECT_EQ(
        tell({kind::spawn_failed, false, {errc::command_not_found, 2}}, 0s),
        (supervisor_action{order::finish, notice::cannot_start})
    );
}

TEST_F(supervisor_test, a_start_that_lacked_memory_is_tried_again) {
    tell(start, 0s);
    const supervisor_event failed{kind::spawn_failed, false, {errc::local_resource, 12}};
    EXPECT_EQ(tell(failed, 0s), (supervisor_action{order::wait, notice::restarting_in, at(200ms)}));
}

TEST_F(supervisor_test, a_program_that_vanishes_later_may_come_back) {
    be_ready(0s);
    tell(exited, 1s);
    tell(stopped, 1s);
    tell(tick, 1200ms);
    EXPECT_EQ(
        tell({kind::spawn_failed, false, {errc::command_not_found, 2}}, 1200ms).tell,
        notice::restarting_in
    );
}

TEST_F(supervisor_test, told_to_stop_it_ends_the_tree_and_does_not_start_again) {
    be_ready(0s);
    EXPECT_EQ(tell(stop, 1s), (supervisor_action{order::stop_tree, notice::stopping}));
    EXPECT_EQ(tell(exited, 2s).what, order::wait);
    EXPECT_EQ(tell(stop, 2s).what, order::hurry);
    EXPECT_EQ(tell(stopped, 3s), (supervisor_action{order::finish, notice::stopped}));
    EXPECT_EQ(machine->state(), backend_state::stopped);
}

TEST_F(supervisor_test, told_to_stop_while_it_restarts_it_does_not_restart) {
    be_ready(0s);
    tell(exited, 1s);
    EXPECT_EQ(tell(stop, 1s).what, order::wait) << "the first request: the ladder is under way";
    EXPECT_EQ(tell(stopped, 2s).what, order::finish);
}

TEST_F(supervisor_test, told_to_stop_during_backoff_it_is_stopped_at_once) {
    be_ready(0s);
    tell(exited, 1s);
    tell(stopped, 1s);
    EXPECT_EQ(tell(stop, 1100ms), (supervisor_action{order::finish, notice::stopped}));
    EXPECT_EQ(tell(tick, 10s).what, order::wait);
}

// Answers with events that a driver could tell, at random; the machine must never want a second
// tree while one is there, nor a second probe while one is out.
struct random_driver {
    supervisor machine;
    std::mt19937 random;
    bool tree = false;
    bool ending = false;
    bool probing = false;

    std::optional<supervisor_event> pick(order wanted) {
        if (wanted == order::spawn) {
            EXPECT_FALSE(tree);
            tree = random() % 4 != 0;
            probing = false;
            return tree ? spawned
                        : supervisor_event{kind::spawn_failed, false, {errc::local_resource, 0}};
        }
        switch (random() % 5) {
            case 0:
                return tree && !ending ? std::optional{exited} : std::nullopt;
            case 1:
                if (!std::exchange(ending, false)) {
                    return {};
                }
                tree = false;
                return stopped;
            case 2:
                return std::exchange(probing, false) ? std::optional{random() % 2 ? good : bad}
                                                     : std::nullopt;
            case 3:
                return random() % 50 == 0 ? std::optional{stop} : std::nullopt;
            default:
                return tick;
        }
    }

    void heed(order wanted) {
        if (wanted == order::probe) {
            EXPECT_FALSE(std::exchange(probing, true));
        }
        if (wanted == order::stop_tree || wanted == order::dump_and_stop) {
            EXPECT_TRUE(tree && !ending);
            ending = true;
            probing = false;
        }
    }
};

TEST_F(supervisor_test, whatever_happens_it_never_wants_two_trees_or_two_probes) {
    options.crash_limit = 50;
    options.jitter = 0.2;
    std::size_t finished = 0;
    for (unsigned seed = 0; seed < 300; ++seed) {
        random_driver driver{supervisor{options, seed}, std::mt19937{seed}};
        auto action = driver.machine.step(start, at(0s));
        for (int i = 0; i < 2000 && action.what != order::finish; ++i) {
            if (const auto event = driver.pick(action.what)) {
                action = driver.machine.step(*event, at(i * 300ms));
                driver.heed(action.what);
            }
        }
        EXPECT_FALSE(driver.tree && action.what == order::finish) << "seed " << seed;
        finished += action.what == order::finish ? 1 : 0;
    }
    EXPECT_GT(finished, 250U) << "the walk reaches the end";
}

}  // namespace
}  // namespace curfew::process
