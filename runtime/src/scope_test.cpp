#include <curfew/runtime/baton.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/runtime/task_group.hpp>
#include <curfew/runtime/yield.hpp>
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace curfew::runtime {
namespace {

using namespace std::chrono_literals;

struct scope_test : testing::Test {
    sim::world outside;
    loop on{outside};
    scope root{on};
    task_group tasks;
    time_point start = on.now();

    bool finish() {
        return outside.run(on, [this] { return tasks.running() == 0; });
    }

    bound own(duration limit) const { return {deadline::after(start, limit), true, "own", limit}; }
};

struct woken {
    wake how{};
    time_point at{};
};

task<> sleep_in(scope& under, time_point until, woken& told) {
    auto sleeping = sleep_until(under, until);
    told.how = co_await sleeping;
    told.at = under.on().now();
}

TEST_F(scope_test, a_sleep_ends_exactly_at_its_point) {
    woken told;
    tasks.spawn(sleep_in(root, start + 1234567ns, told));
    ASSERT_TRUE(finish());
    EXPECT_EQ(told.how, wake::ready);
    EXPECT_EQ(told.at, start + 1234567ns);
}

task<> yield_until(scope& under, const bool& enough, int& rounds) {
    while (!enough && rounds < 1'000'000) {
        ++rounds;
        yield yielding{under};
        co_await yielding;
    }
}

task<> set_at(scope& under, time_point when, bool& flag) {
    auto sleeping = sleep_until(under, when);
    co_await sleeping;
    flag = true;
}

TEST_F(scope_test, work_that_yields_lets_the_others_of_its_turn_go_first) {
    bool enough = false;
    int rounds = 0;
    tasks.spawn(yield_until(root, enough, rounds));
    EXPECT_EQ(rounds, 1);
    on.turn();
    on.turn();
    EXPECT_EQ(rounds, 3) << "once a turn, however much room the turn has";
    tasks.spawn(set_at(root, start, enough));
    ASSERT_TRUE(finish());
    EXPECT_EQ(rounds, 3);
}

TEST_F(scope_test, a_bound_ends_what_waits_under_it_and_says_that_it_was_its_own) {
    woken told;
    scope limited{root, own(2s)};
    tasks.spawn(sleep_in(limited, start + 1h, told));
    ASSERT_TRUE(finish());
    EXPECT_EQ(told.how, wake::ended);
    EXPECT_EQ(told.at, start + 2s);
    EXPECT_EQ(limited.why(), (cause{cause_kind::own_timeout, shed_reason::none, "own", 2s}));
    EXPECT_FALSE(root.ended());
}

TEST_F(scope_test, a_child_works_under_the_earlier_of_parent_and_own) {
    woken tight;
    woken loose;
    scope parent{root, own(2s)};
    scope tighter_child{parent, own(1s)};
    scope looser_child{parent, own(9s)};
    tasks.spawn(sleep_in(tighter_child, start + 1h, tight));
    tasks.spawn(sleep_in(looser_child, start + 1h, loose));
    ASSERT_TRUE(finish());
    EXPECT_EQ(tight.at, start + 1s);
    EXPECT_EQ(loose.at, start + 2s);
}

TEST_F(scope_test, cancelling_the_parent_ends_the_children_with_its_cause) {
    woken told;
    scope parent{root};
    scope child{parent};
    scope grandchild{child, own(1h)};
    tasks.spawn(sleep_in(grandchild, start + 2h, told));
    parent.cancel();
    ASSERT_TRUE(finish());
    EXPECT_EQ(told.how, wake::ended);
    EXPECT_EQ(told.at, start);
    EXPECT_EQ(grandchild.why().kind, cause_kind::cancelled);
}

TEST_F(scope_test, a_child_of_an_ended_scope_has_ended) {
    root.cancel();
    scope late{root};
    woken told;
    tasks.spawn(sleep_in(late, start + 1s, told));
    EXPECT_EQ(told.how, wake::ended);
    EXPECT_EQ(tasks.running(), 0U);
}

TEST_F(scope_test, the_cause_is_decided_once) {
    scope limited{root, own(1s)};
    limited.end({cause_kind::shutdown});
    limited.cancel();
    EXPECT_EQ(limited.why().kind, cause_kind::shutdown);
}

TEST_F(scope_test, a_bound_in_the_past_has_ended_it_at_once) {
    scope limited{root, own(0s)};
    ASSERT_TRUE(limited.ended());
    EXPECT_EQ(limited.why().kind, cause_kind::own_timeout);
}

TEST_F(scope_test, rebound_moves_the_end_but_not_past_the_parent) {
    woken told;
    scope parent{root, own(5s)};
    scope child{parent, own(1s)};
    child.rebound(own(1h));
    tasks.spawn(sleep_in(child, start + 2h, told));
    ASSERT_TRUE(finish());
    EXPECT_EQ(told.at, start + 5s);
}

TEST_F(scope_test, a_parents_new_bound_holds_for_the_children_that_it_has) {
    woken sooner;
    scope parent{root, own(9s)};
    scope child{parent, own(7s)};
    scope grandchild{child};
    parent.rebound(own(2s));
    EXPECT_EQ(grandchild.limit().at, deadline::after(start, 2s));
    tasks.spawn(sleep_in(grandchild, start + 1h, sooner));
    ASSERT_TRUE(finish());
    EXPECT_EQ(sooner.at, start + 2s);
}

TEST_F(scope_test, a_childs_own_bound_holds_when_its_parent_is_given_more_time) {
    woken told;
    scope parent{root, own(2s)};
    scope child{parent, {deadline::after(start, 3s), true, "childs", 3s}};
    parent.rebound({});
    EXPECT_EQ(child.limit().limit_name, "childs");
    tasks.spawn(sleep_in(child, start + 1h, told));
    ASSERT_TRUE(finish());
    EXPECT_EQ(told.at, start + 3s);
    EXPECT_EQ(child.why().limit_name, "childs");
    EXPECT_FALSE(parent.ended());
}

TEST_F(scope_test, at_the_same_instant_the_parents_bound_decides) {
    scope parent{root, {deadline::after(start, 2s), false, "callers", 2s}};
    scope child{parent, own(1s)};
    child.rebound(own(2s));
    woken told;
    tasks.spawn(sleep_in(child, start + 1h, told));
    ASSERT_TRUE(finish());
    EXPECT_EQ(child.why().kind, cause_kind::inherited_deadline);
    EXPECT_EQ(parent.why(), child.why());
}

TEST_F(scope_test, limits_hold_through_any_order_of_new_bounds) {
    std::mt19937 dice{7};
    for (int round = 0; round < 200; ++round) {
        const time_point begun = on.now();
        std::array<deadline, 3> bounds{};
        scope top{root};
        scope middle{top};
        scope lowest{middle};
        const std::array<scope*, 3> all{&top, &middle, &lowest};
        for (int change = 0; change < 6; ++change) {
            const std::size_t which = dice() % all.size();
            const duration length = 1ms * (1 + dice() % 50);
            bounds[which] = dice() % 4 == 0 ? deadline{} : deadline::after(begun, length);
            all[which]->rebound({bounds[which], true, "own", length});
        }
        const deadline least = earliest(earliest(bounds[0], bounds[1]), bounds[2]);
        ASSERT_EQ(lowest.limit().at, least) << round;
        woken told;
        tasks.spawn(sleep_in(lowest, begun + 1s, told));
        ASSERT_TRUE(finish());
        ASSERT_EQ(told.at, least.reachable() ? *least.point() : begun + 1s) << round;
    }
}

task<> wait_for(baton& flag, scope& under, wake& told) {
    auto waiting = flag.wait(under);
    told = co_await waiting;
}

TEST_F(scope_test, a_grant_that_comes_with_the_end_is_not_lost) {
    baton flag;
    wake told{};
    scope limited{root};
    tasks.spawn(wait_for(flag, limited, told));
    limited.cancel();
    flag.pass();
    ASSERT_TRUE(finish());
    EXPECT_EQ(told, wake::ready);
    EXPECT_FALSE(flag.passed());
}

TEST_F(scope_test, a_wait_that_nobody_can_end_is_reported_as_a_deadlock) {
    baton flag;
    wake told{};
    tasks.spawn(wait_for(flag, root, told));
    EXPECT_FALSE(finish());
    flag.pass();
    EXPECT_TRUE(finish());
}

task<int> deep(int levels) {
    if (levels == 0) {
        co_return 1;
    }
    auto below = deep(levels - 1);
    const int sum = co_await below;
    co_return sum + 1;
}

task<> measure_depth(int& told) {
    auto going = deep(100'000);
    told = co_await going;
}

TEST_F(scope_test, tasks_resume_each_other_without_growing_the_stack) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
    GTEST_SKIP() << "sanitized frames do grow the stack on the way down";
#endif
#endif
    int told = 0;
    tasks.spawn(measure_depth(told));
    EXPECT_EQ(told, 100'001);
}

task<> join_into(task_group& inner, scope& under, bool& told) {
    auto joining = inner.join(under);
    told = co_await joining;
}

TEST_F(scope_test, joining_a_group_waits_for_all_of_it) {
    task_group inner;
    woken first;
    woken second;
    bool joined = false;
    inner.spawn(sleep_in(root, start + 1s, first));
    inner.spawn(sleep_in(root, start + 3s, second));
    tasks.spawn(join_into(inner, root, joined));
    ASSERT_TRUE(finish());
    EXPECT_TRUE(joined);
    EXPECT_EQ(on.now(), start + 3s);
}

}  // namespace
}  // namespace curfew::runtime
