#include <curfew/process/stop.hpp>
#include <curfew/sim/processes.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <tuple>

namespace curfew::process {
namespace {

using namespace std::chrono_literals;
using order = stop_action::order;
using testing::ElementsAre;

stop_event seen(std::size_t alive, bool leader, std::size_t moving = 0) {
    return {stop_event::kind::scanned, alive, moving, leader};
}

constexpr time_point at(duration since_start) {
    return time_point{since_start};
}

TEST(stop_ladder, dumps_before_the_first_signal_and_at_most_its_budget) {
    stop_ladder ladder{{.dump_first = true, .dump_budget = 2s}};
    EXPECT_EQ(ladder.step({}, at(0s)), (stop_action{order::dump, 0, at(2s)}));
    EXPECT_EQ(ladder.step(seen(3, true), at(1s)).what, order::wait);
    EXPECT_EQ(ladder.step(seen(3, true), at(2s)).what, order::signal_leader);
}

TEST(stop_ladder, tells_the_leader_then_the_rest_when_it_is_gone) {
    stop_ladder ladder{{.grace = 5s}};
    EXPECT_EQ(ladder.step({}, at(0s)), (stop_action{order::signal_leader, SIGTERM}));
    EXPECT_EQ(ladder.step(seen(2, true), at(0s)), (stop_action{order::wait, 0, at(2500ms)}));
    EXPECT_EQ(ladder.step(seen(1, false), at(100ms)).what, order::signal_rest);
    EXPECT_EQ(ladder.step(seen(1, false), at(100ms)), (stop_action{order::wait, 0, at(5s)}));
}

TEST(stop_ladder, a_leader_that_lingers_has_half_the_grace_for_itself) {
    stop_ladder ladder{{.grace = 5s}};
    std::ignore = ladder.step({}, at(0s));
    EXPECT_EQ(ladder.step(seen(2, true), at(2499ms)).what, order::wait);
    EXPECT_EQ(ladder.step(seen(2, true), at(2500ms)).what, order::signal_rest);
}

TEST(stop_ladder, no_grace_forces_at_once) {
    stop_ladder ladder{{.grace = 0s}};
    EXPECT_EQ(ladder.step({}, at(0s)).what, order::freeze);
    EXPECT_TRUE(ladder.forced());
}

TEST(stop_ladder, freezes_again_while_something_still_moves_but_not_for_ever) {
    stop_ladder ladder{{.grace = 0s}};
    std::ignore = ladder.step({}, at(0s));
    int freezes = 1;
    while (ladder.step(seen(5, true, 2), at(0s)).what == order::freeze) {
        ++freezes;
    }
    EXPECT_EQ(freezes, 4);
}

TEST(stop_ladder, one_empty_look_is_not_enough) {
    stop_ladder ladder{{}};
    std::ignore = ladder.step({}, at(0s));
    EXPECT_EQ(ladder.step(seen(0, false), at(1s)), (stop_action{order::wait, 0, at(1s)}));
    EXPECT_EQ(ladder.step(seen(1, false), at(1s)).what, order::signal_rest) << "it came back";
    EXPECT_EQ(ladder.step(seen(0, false), at(2s)).what, order::wait);
    EXPECT_EQ(ladder.step(seen(0, false), at(2s)).what, order::finish);
    EXPECT_FALSE(ladder.forced());
}

TEST(stop_ladder, the_second_interrupt_forces_and_the_third_stops_waiting) {
    stop_ladder ladder{{.signal = SIGINT}};
    EXPECT_EQ(ladder.step({}, at(0s)).signal, SIGINT);
    std::ignore = ladder.step(seen(2, true), at(0s));
    EXPECT_EQ(ladder.step({stop_event::kind::interrupted}, at(1s)).what, order::freeze);
    EXPECT_EQ(ladder.step(seen(2, true), at(1s)).what, order::kill);
    EXPECT_EQ(ladder.step({stop_event::kind::interrupted}, at(1s)).what, order::finish);
    EXPECT_EQ(ladder.alive(), 2U) << "counted as abandoned";
}

TEST(stop_ladder, an_interrupt_cuts_the_dump_short) {
    stop_ladder ladder{{.dump_first = true}};
    std::ignore = ladder.step({}, at(0s));
    EXPECT_EQ(ladder.step({stop_event::kind::interrupted}, at(1s)).what, order::freeze);
}

TEST(stop_ladder, what_survives_sigkill_is_abandoned_at_the_force_limit) {
    stop_ladder ladder{{.grace = 0s, .force_limit = 5s}};
    std::ignore = ladder.step({}, at(0s));
    auto now = at(0s);
    auto action = ladder.step(seen(1, false), now);
    int kills = 0;
    for (int i = 0; i < 10'000 && action.what != order::finish; ++i) {
        kills += action.what == order::kill ? 1 : 0;
        now = action.what == order::wait ? action.wake : now;
        action = ladder.step(seen(1, false), now);
    }
    EXPECT_EQ(now, at(5s));
    EXPECT_EQ(ladder.alive(), 1U);
    EXPECT_GT(kills, 100) << "it keeps trying";
}

// ---- whole ladders over simulated processes, with exact times ----

class ladder_scenario : public testing::Test {
  protected:
    stop_report stop(const stop_plan& plan) {
        stop_ladder ladder{plan};
        const auto started = time.now();
        auto action = advance(ladder, *unit, {}, time);
        for (int i = 0; i < 10'000 && action.what != order::finish; ++i) {
            if (action.what == order::dump) {
                time.advance(300ms);
                action = advance(ladder, *unit, {stop_event::kind::dumped}, time);
                continue;
            }
            // A real unit gives notice when somebody ends; here every millisecond is looked at.
            time.advance_to(std::min(action.wake, time.now() + 1ms));
            action = advance(ladder, *unit, stop_event::of(unit->scan()), time);
        }
        return conclude(ladder, *unit, time.now() - started);
    }

    void run(const sim::behaviour& script) {
        machine.script_next(script);
        command what;
        what.arguments = {"command"};
        unit = *machine.spawn(what);
    }

    manual_clock time;
    sim::processes machine{time};
    std::unique_ptr<process::unit> unit;
};

TEST_F(ladder_scenario, a_tree_that_obeys_ends_without_force) {
    run({.obeys_after = 200ms, .children = {{.name = "worker", .obeys_after = 300ms}}});
    const auto report = stop({});
    EXPECT_FALSE(report.forced);
    EXPECT_EQ(report.took, 500ms) << "the worker is told when the leader has gone";
    EXPECT_EQ(report.abandoned, 0U);
    EXPECT_EQ(describe(report), "ended in 0.50 s");
}

TEST_F(ladder_scenario, an_obedient_leader_does_not_save_a_grandchild_that_ignores_sigterm) {
    run({.children = {{.name = "shell", .children = {{.name = "deaf", .obeys_after = {}}}}}});
    const auto report = stop({.grace = 5s});
    EXPECT_TRUE(report.forced);
    EXPECT_EQ(report.took, 5s);
    EXPECT_EQ(report.abandoned, 0U);
    EXPECT_TRUE(unit->empty());
}

TEST_F(ladder_scenario, a_stopped_process_hears_sigterm_because_of_sigcont) {
    run({.stopped = true});
    const auto report = stop({});
    EXPECT_FALSE(report.forced);
    EXPECT_EQ(report.took, 0s);
    EXPECT_THAT(
        machine.signals(),
        ElementsAre(
            sim::processes::received{at(0s), 1000, SIGTERM},
            sim::processes::received{at(0s), 1000, SIGCONT}
        )
    );
}

TEST_F(ladder_scenario, a_leader_that_drains_hears_one_sigterm_and_the_rest_theirs_at_half) {
    run({.obeys_after = 4s, .children = {{.name = "worker", .obeys_after = {}}}});
    std::ignore = stop({.grace = 5s});
    EXPECT_THAT(
        machine.signals(),
        testing::IsSupersetOf({
            sim::processes::received{at(0s), 1000, SIGTERM},
            sim::processes::received{at(2500ms), 1001, SIGTERM},
        })
    );
    EXPECT_EQ(std::ranges::count(machine.signals(), SIGTERM, &sim::processes::received::signal), 2);
}

TEST_F(ladder_scenario, children_that_respawn_are_killed_to_the_last) {
    run({.obeys_after = {}, .children = std::vector<sim::behaviour>(20, {.respawns = 3})});
    const auto report = stop({.grace = 1s});
    EXPECT_EQ(report.abandoned, 0U);
    EXPECT_TRUE(unit->empty());
}

TEST_F(ladder_scenario, uninterruptible_survivors_are_named_and_counted) {
    run({.children = {{.name = "rsync", .uninterruptible = 1h}}});
    const auto report = stop({.grace = 1s, .force_limit = 2s});
    EXPECT_EQ(report.took, 3s);
    EXPECT_EQ(report.abandoned, 1U);
    EXPECT_THAT(report.survivors, ElementsAre("1001 rsync (D)"));
    EXPECT_EQ(describe(report), "1 abandoned after 3.00 s: 1001 rsync (D)");
}

TEST_F(ladder_scenario, the_dump_sees_the_tree_before_any_signal) {
    run({});
    const auto report = stop({.dump_first = true});
    EXPECT_EQ(report.took, 300ms);
    ASSERT_FALSE(machine.signals().empty());
    EXPECT_EQ(machine.signals().front().at, at(300ms));
}

TEST_F(ladder_scenario, a_leader_that_crashed_leaves_children_that_are_told_at_once) {
    run({.lives = 1s, .exit_code = 3, .children = {{.name = "worker", .obeys_after = 10ms}}});
    time.advance(1s);
    unit->collect();
    ASSERT_TRUE(unit->exited());
    EXPECT_EQ(unit->exited()->code, 3);
    EXPECT_EQ(stop({}).took, 10ms);
}

}  // namespace
}  // namespace curfew::process
