#include <curfew/process/spawn.hpp>
#include <curfew/runner/attempt.hpp>

#include <gtest/gtest.h>

namespace curfew::runner {
namespace {

using namespace std::chrono_literals;

class attempt_test : public ::testing::Test {
  protected:
    attempt_report run(const char* script, course_limits limits = {}) {
        attempt_plan plan;
        plan.what.arguments = {"/bin/sh", "-c", script};
        plan.limits = limits;
        plan.looks_for_hangs = false;
        auto made = run_attempt(machine, std::move(plan), *signals, real);
        EXPECT_TRUE(made);
        return made ? *made : attempt_report{};
    }

    static inline const steady_clock real;
    process::system_host machine;
    result<signal_inbox> signals = signal_inbox::open();
};

TEST_F(attempt_test, a_command_that_ends_leaves_its_code) {
    const auto made = run("exit 7");
    ASSERT_TRUE(made.ended);
    EXPECT_EQ(made.ended->code, 7);
    EXPECT_FALSE(made.timed_out);
    EXPECT_TRUE(made.leaks.empty());
    EXPECT_EQ(made.survivors, 0U);
}

TEST_F(attempt_test, one_that_hangs_is_ended_by_its_limit) {
    const auto made = run("sleep 60", {.timeout = 100ms, .grace = 5s});
    EXPECT_TRUE(made.timed_out);
    EXPECT_FALSE(made.forced);
    EXPECT_GE(made.ran, 100ms);
    EXPECT_LT(made.ran, 5s);
    EXPECT_EQ(made.survivors, 0U);
}

TEST_F(attempt_test, one_that_ignores_the_first_signal_is_killed_after_the_grace) {
    const auto made =
        run("trap '' TERM; while :; do sleep 1; done", {.timeout = 100ms, .grace = 200ms});
    EXPECT_TRUE(made.timed_out);
    EXPECT_TRUE(made.forced);
    EXPECT_EQ(made.survivors, 0U);
}

TEST_F(attempt_test, what_it_leaves_running_is_named_and_ended) {
    const auto made = run("setsid sleep 60 & exit 0", {.settle = 50ms});
    ASSERT_TRUE(made.ended);
    EXPECT_TRUE(made.ended->clean());
    ASSERT_EQ(made.leaks.size(), 1U);
    EXPECT_TRUE(made.leaks[0].contains(" sleep (")) << made.leaks[0];
    EXPECT_EQ(made.survivors, 0U);
}

TEST_F(attempt_test, what_ends_soon_by_itself_is_no_leak) {
    const auto made = run("sleep 0.05 & exit 0", {.settle = 20s});
    EXPECT_TRUE(made.leaks.empty());
}

}  // namespace
}  // namespace curfew::runner
