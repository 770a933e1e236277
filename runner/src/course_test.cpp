#include <curfew/runner/course.hpp>

#include <gtest/gtest.h>

namespace curfew::runner {
namespace {

using namespace std::chrono_literals;
using order = course_action::order;
using kind = course_event::kind;

class course_test : public ::testing::Test {
  protected:
    course_action at(duration when, course_event event = {}) {
        return course_.step(event, zero + when);
    }

    static constexpr time_point zero{1h};
    static constexpr course_event exited{.exited = true};
    static constexpr course_event emptied{.exited = true, .empty = true};
    course course_{{.timeout = 10s, .warn = 8s, .grace = 5s, .settle = 200ms}, zero};
};

TEST_F(course_test, it_waits_for_the_warning_then_for_the_limit) {
    EXPECT_EQ(at(0s).wake, zero + 8s);
    EXPECT_EQ(at(7999ms).what, order::wait);
    EXPECT_EQ(at(8s).what, order::warn);
    EXPECT_EQ(at(8s).wake, zero + 10s);
    EXPECT_EQ(at(9999ms).what, order::wait) << "it is told once";
    const auto over = at(10s);
    EXPECT_EQ(over, (course_action{order::stop, SIGTERM, true, 5s, {}}));
    EXPECT_TRUE(course_.timed_out());
    EXPECT_EQ(at(12s, {kind::stopped}).what, order::finish);
    EXPECT_EQ(course_.ran(zero + 12s), 10s);
}

TEST_F(course_test, a_command_that_ended_before_its_limit_is_in_time_whenever_we_look) {
    EXPECT_EQ(at(11s, emptied).what, order::finish);
    EXPECT_FALSE(course_.timed_out());
}

TEST_F(course_test, what_it_started_may_end_by_itself_for_a_moment) {
    EXPECT_EQ(at(3s, exited).wake, zero + 3200ms);
    EXPECT_EQ(at(3100ms, emptied).what, order::finish);
    EXPECT_EQ(course_.ran(zero + 4s), 3s);
}

TEST_F(course_test, what_it_left_running_is_swept_and_is_no_timeout) {
    EXPECT_EQ(at(3s, exited).what, order::wait);
    EXPECT_EQ(at(3200ms, exited), (course_action{order::sweep, SIGTERM, false, 5s, {}}));
    EXPECT_EQ(at(9s, exited).what, order::wait);
    EXPECT_EQ(at(11s, exited).what, order::wait) << "the limit was the command's";
    EXPECT_EQ(at(12s, {kind::stopped}).what, order::finish);
    EXPECT_FALSE(course_.timed_out());
}

TEST_F(course_test, no_time_passes_while_it_is_suspended) {
    EXPECT_EQ(at(5s, {kind::suspended}).wake, time_point::max());
    EXPECT_EQ(at(100s).what, order::wait);
    EXPECT_EQ(at(105s, {kind::resumed}).wake, zero + 108s);
    EXPECT_EQ(course_.ran(zero + 105s), 5s);
    EXPECT_EQ(course_.suspended(zero + 105s), 100s);
    EXPECT_EQ(at(108s).what, order::warn);
    EXPECT_EQ(at(109999ms).what, order::wait);
    EXPECT_EQ(at(110s).what, order::stop);
}

TEST_F(course_test, the_first_interrupt_is_passed_on_once) {
    EXPECT_EQ(at(1s, {kind::interrupted, SIGINT}), (course_action{order::forward, SIGINT}));
    EXPECT_EQ(at(1s).what, order::wait);
    EXPECT_EQ(course_.ended_by(), 0);
}

TEST_F(course_test, one_that_the_terminal_sent_to_all_is_not_sent_again) {
    EXPECT_EQ(at(1s, {kind::interrupted, SIGINT, true}).what, order::wait);
}

TEST_F(course_test, the_second_kills_and_with_the_third_nobody_is_waited_for) {
    (void)at(1s, {kind::interrupted, SIGINT, true});
    EXPECT_EQ(
        at(2s, {kind::interrupted, SIGINT, true}),
        (course_action{order::stop, SIGINT, false, 0s, {}})
    );
    EXPECT_EQ(course_.ended_by(), SIGINT);
    EXPECT_EQ(at(3s, {kind::interrupted, SIGINT, true}).what, order::leave);
    EXPECT_EQ(at(3s).what, order::finish);
}

TEST_F(course_test, one_that_was_passed_on_is_forgotten_after_a_while) {
    (void)at(1s, {kind::interrupted, SIGINT, true});
    EXPECT_EQ(at(12s, {kind::interrupted, SIGINT, true}).what, order::stop) << "its limit is over";
    course patient{{.timeout = 1h}, zero};
    for (int i = 1; i <= 5; ++i) {
        const auto told = patient.step({kind::interrupted, SIGINT}, zero + 11s * i);
        EXPECT_EQ(told.what, order::forward) << i;
    }
}

TEST_F(course_test, somebody_asks_and_it_is_ended_in_steps_and_again_at_once) {
    EXPECT_EQ(at(1s, {kind::asked, SIGHUP}), (course_action{order::stop, SIGHUP, false, 5s, {}}));
    EXPECT_EQ(course_.ended_by(), SIGHUP);
    EXPECT_FALSE(course_.timed_out());
    EXPECT_EQ(at(2s, {kind::asked, SIGTERM}).what, order::force);
    EXPECT_EQ(at(3s, {kind::asked, SIGTERM}).what, order::leave);
}

TEST_F(course_test, who_asks_while_its_limit_ends_it_needs_to_ask_twice) {
    EXPECT_EQ(at(10s).what, order::stop) << "it is too late for a warning";
    EXPECT_EQ(at(11s, {kind::asked, SIGTERM}).what, order::wait);
    EXPECT_EQ(at(12s, {kind::interrupted, SIGINT}).what, order::force);
    EXPECT_TRUE(course_.timed_out());
}

}  // namespace
}  // namespace curfew::runner
