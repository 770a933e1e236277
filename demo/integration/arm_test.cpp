// One arm against the real shop, in a fifth of the demo's time.
#include "arm.hpp"

#include "claims.hpp"
#include "programs.hpp"

#include <gtest/gtest.h>

namespace curfew::demo {
namespace {

using namespace std::chrono_literals;

scenario short_scenario() {
    return scenario{
        7,
        {.hang_on = 1s,
         .hang_off = 4s,
         .crash = 5s,
         .restart = 6s,
         .end = 8s,
         .patience = 1s,
         .workers_fill = 800ms}
    };
}

result<arm_result> run_direct(const scenario& plan) {
    auto shop = program::start({SHOP_PROGRAM, "--port", "0", "--control", "0"}, ".", false);
    const auto ready = shop->ready_line();
    const auto http = *address_in(*ready, "http=");
    const auto control = *address_in(*ready, "control=");
    const auto again = [&] {
        shop = program::start(
            {SHOP_PROGRAM,
             "--port",
             std::to_string(http.port()),
             "--control",
             std::to_string(control.port())},
            ".",
            false
        );
    };
    arm direct{plan, {"direct", http, control, again, nullptr}};
    auto made = direct.run();
    shop->stop();
    return made;
}

TEST(arm, direct_run_freezes_times_out_crashes_and_is_restarted) {
    const auto plan = short_scenario();
    const auto run = run_direct(plan);
    ASSERT_TRUE(run.has_value());
    EXPECT_TRUE(run->faults.fired());
    EXPECT_EQ(run->faults.trapped, 8u);
    EXPECT_NE(run->faults.pid_after, 0);
    EXPECT_NE(run->faults.pid_after, run->faults.pid_before);
    EXPECT_EQ(run->samples.size(), plan.plan.size());

    const auto made = judge_claims(plan, *run, *run);
    EXPECT_TRUE(made[0].holds) << made[0].measured;
    EXPECT_FALSE(made[1].holds) << made[1].measured;
    EXPECT_FALSE(made[2].holds) << made[2].measured;

    for (std::uint32_t i = 0; i < plan.operations.size(); ++i) {
        EXPECT_GT(run->recorder->longest_outage(i), duration{1s}) << i;
        const auto back = run->recorder->time_to_recover(
            i, run->at.crash, plan.times.end, {.window = 1s, .share = 0.99}
        );
        ASSERT_TRUE(back.has_value()) << i;
        EXPECT_GE(*back, duration{900ms}) << i;
    }
}

TEST(arm, a_target_that_does_not_serve_is_no_run) {
    const auto plan = short_scenario();
    const auto nobody = *runtime::endpoint::parse("127.0.0.1:1");
    arm alone{plan, {"direct", nobody, nobody, {}, nullptr}};
    const auto run = alone.run();
    ASSERT_FALSE(run.has_value());
    EXPECT_EQ(run.error().code, errc::upstream_down);
}

TEST(program, one_that_ends_before_it_is_ready_is_told_apart) {
    auto ended = program::start({"true"}, ".", false);
    ASSERT_TRUE(ended.has_value());
    const auto line = ended->ready_line();
    ASSERT_FALSE(line.has_value());
    EXPECT_EQ(line.error().code, errc::upstream_closed);
    EXPECT_FALSE(program::start({"/nonexistent/program"}, ".", false).has_value());
}

}  // namespace
}  // namespace curfew::demo
