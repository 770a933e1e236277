#include "monitor_figures.hpp"

#include <gtest/gtest.h>

namespace curfew::cli {
namespace {

using namespace std::chrono_literals;

probe_result good(duration due, duration connect = 10ms) {
    return {due, true, outcome::success, {connect, connect + 1ms, 2ms}, 3, {}};
}

TEST(monitor_figures, nothing_that_ran_is_void) {
    monitor_figures of{1min};
    EXPECT_EQ(judge(of, 0.01), monitor_verdict::none);
    of.add({.due = 1s, .started = false, .wrong = {}});
    EXPECT_EQ(judge(of, 0.01), monitor_verdict::none);
    EXPECT_EQ(exit_code_of(judge(of, 0.01)), 4);
}

TEST(monitor_figures, more_than_the_allowed_share_fails) {
    monitor_figures of{1min};
    for (int each = 0; each < 99; ++each) {
        of.add(good(1s));
    }
    EXPECT_EQ(judge(of, 0), monitor_verdict::pass);
    of.add({1s, true, outcome::timeout, {}, 0, "Database connection timeout: ..."});
    EXPECT_EQ(of.bad_share(), 0.01);
    EXPECT_EQ(judge(of, 0.01), monitor_verdict::pass);
    EXPECT_EQ(judge(of, 0.005), monitor_verdict::fail);
    of.add({.due = 1s, .started = false, .wrong = {}});
    EXPECT_EQ(judge(of, 0.01), monitor_verdict::fail);
}

TEST(monitor_figures, only_completed_stages_are_measured) {
    monitor_figures of{1min};
    of.add({1s, true, outcome::failure, {5ms, 0s, 0s}, 1, "x"});
    EXPECT_EQ(of.took(probe_stage::connect).count(), 1U);
    EXPECT_EQ(of.took(probe_stage::initialize).count(), 0U);
}

TEST(monitor_figures, the_run_is_told_in_slots) {
    monitor_figures of{12min};
    of.add(good(0s));
    of.add(good(150s, 50ms));
    of.add({11min + 59s, true, outcome::failure, {}, 0, "x"});
    of.add({13min, true, outcome::failure, {}, 0, "x"});
    ASSERT_EQ(of.slots().size(), 12U);
    EXPECT_EQ(of.slots()[2].begins, 2min);
    EXPECT_EQ(of.slots()[2].took.max(), 53ms);
    EXPECT_EQ(of.slots()[11].bad, 2U);
    EXPECT_EQ(of.slots()[5].probes, 0U);
}

TEST(monitor_figures, complaints_have_a_bound) {
    monitor_figures of{1min};
    for (int each = 0; each < 100; ++each) {
        const auto number = std::to_string(each);
        of.add({1s, true, outcome::failure, {}, 0, "reason " + number, "behind " + number});
    }
    EXPECT_EQ(of.complaints().size(), monitor_figures::complaints_most + 1);
    EXPECT_EQ(of.complaints().at("other").count, 92U);
    EXPECT_EQ(of.complaints().at("other").last, "behind 99");
}

}  // namespace
}  // namespace curfew::cli
