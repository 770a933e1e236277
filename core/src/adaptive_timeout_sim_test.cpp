#include "adaptive_timeout_model.hpp"

#include <gtest/gtest.h>

namespace curfew {
namespace {

using namespace adaptive_timeout_model;

constexpr double accepted = 0.001;
constexpr double margin = 0.0005;

TEST(adaptive_timeout_sim, steady_traffic_of_any_shape_is_cut_no_more_than_is_accepted) {
    const std::pair<const char*, service> shapes[] = {
        {"constant", constant(700ms)},
        {"narrow", lognormal(400ms, 0.2)},
        {"wide", lognormal(300ms, 0.8)},
        {"very wide", lognormal(100ms, 1.5)},
        {"two kinds", mixed(lognormal(20ms, 0.3), lognormal(4s, 0.3), 0.1)},
        {"a rare second kind", mixed(lognormal(20ms, 0.3), lognormal(4s, 0.3), 0.003)},
    };
    for (const auto& [name, shape] : shapes) {
        for (const std::uint64_t seed : {1U, 2U}) {
            SCOPED_TRACE(testing::Message() << name << ", seed " << seed);
            model it{shape, 50, {}, true, seed};
            it.run(1h);
            EXPECT_LE(it.false_share(), accepted + margin);
            EXPECT_EQ(it.limits.status().state, adaptive_state::live);
            EXPECT_LE(it.limits.limit(), 30s);
        }
    }
}

TEST(adaptive_timeout_sim, a_kind_rarer_than_what_is_accepted_is_cut_and_no_other) {
    model it{mixed(lognormal(20ms, 0.3), lognormal(4s, 0.1), 0.0004), 50};
    it.run(3h);
    EXPECT_EQ(it.limits.limit(), 500ms);
    EXPECT_GT(it.in_vain, 0U);
    EXPECT_LE(it.false_share(), 0.0004 * 1.3);
}

TEST(adaptive_timeout_sim, a_slow_down_of_three_times_cuts_nobody) {
    for (const auto& shape : {constant(450ms), lognormal(400ms, 0.3), lognormal(20ms, 0.3)}) {
        model it{shape, 50};
        it.run(30min);
        EXPECT_LT(it.limits.limit(), 4s);
        it.forget();
        it.serve([shape](auto& random) { return shape(random) * 3; });
        it.run(30min);
        EXPECT_LE(it.false_share(), accepted + margin);
    }
}

TEST(adaptive_timeout_sim, one_of_twenty_times_is_served_again_within_a_minute) {
    model it{lognormal(200ms, 0.3), 50};
    it.run(30min);
    it.serve(lognormal(4s, 0.3));
    it.run(1min);
    it.forget();
    it.run(30min);
    EXPECT_LE(it.false_share(), accepted + margin);
}

TEST(adaptive_timeout_sim, a_part_that_becomes_slow_is_served_again_within_a_minute) {
    for (const double share : {0.02, 0.3}) {
        model it{lognormal(20ms, 0.3), 50};
        it.run(30min);
        ASSERT_EQ(it.limits.limit(), 500ms);
        it.serve(mixed(lognormal(20ms, 0.3), lognormal(3s, 0.2), share));
        it.run(90s);
        it.forget();
        it.run(30min);
        EXPECT_LE(it.false_share(), accepted + margin) << share;
    }
}

TEST(adaptive_timeout_sim, a_part_that_hangs_is_cut_at_the_limit_and_one_at_a_time_is_not) {
    model it{lognormal(20ms, 0.3), 50};
    it.run(30min);
    it.forget();
    it.serve(mixed(lognormal(20ms, 0.3), constant(never), 0.3));
    it.run(10min);
    EXPECT_LE(it.limits.limit(), 2s);
    EXPECT_LE(it.hung, 21U) << "a scout each 30 s";
    EXPECT_GT(it.cut, 8000U);
    EXPECT_EQ(it.in_vain, 0U);
}

TEST(adaptive_timeout_sim, when_all_hang_it_widens_and_is_never_worse_than_the_policy) {
    model it{lognormal(20ms, 0.3), 50};
    it.run(30min);
    it.serve(constant(never));
    it.run(5min);
    EXPECT_LE(it.limits.limit(), 30s);
    it.serve(lognormal(20ms, 0.3));
    it.forget();
    it.run(30min);
    EXPECT_EQ(it.in_vain, 0U);
    EXPECT_EQ(it.limits.limit(), 500ms) << "and it narrows when they answer again";
}

TEST(adaptive_timeout_sim, one_bad_minute_does_not_make_everything_time_out) {
    model it{lognormal(400ms, 0.3), 50};
    it.run(30min);
    const auto before = it.limits.limit();
    it.serve(lognormal(9s, 0.3));
    it.run(1min);
    it.forget();
    it.serve(lognormal(400ms, 0.3));
    it.run(1h);
    EXPECT_LE(it.false_share(), accepted + margin);
    EXPECT_LE(it.limits.limit(), before * 5 / 4) << "the bad minute has left the window";
}

TEST(adaptive_timeout_sim, few_calls_wait_as_long_as_the_policy_says) {
    model it{lognormal(20ms, 0.3), 1.0 / 60};
    it.run(24h);
    EXPECT_LT(it.limits.status().samples, 3000U);
    EXPECT_EQ(it.limits.status().state, adaptive_state::cold);
    EXPECT_EQ(it.limits.limit(), 30s);
}

TEST(adaptive_timeout_sim, a_dry_run_decides_as_the_real_thing_does) {
    const auto shape = mixed(lognormal(50ms, 0.5), lognormal(4s, 0.3), 0.0005);
    model real{shape, 50};
    model dry{shape, 50, {}, false};
    for (int minute = 0; minute < 60; ++minute) {
        real.run(1min);
        dry.run(1min);
        ASSERT_EQ(real.limits.limit(), dry.limits.limit()) << minute;
        ASSERT_EQ(real.cut, dry.cut) << minute;
    }
    EXPECT_GT(dry.cut, 0U);
    EXPECT_EQ(dry.limits.status().cut_in_vain, dry.in_vain);
    EXPECT_GE(dry.completed + 10, dry.calls) << "nobody was cut, and few are in flight";
}

}  // namespace
}  // namespace curfew
