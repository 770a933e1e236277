#include <curfew/statistics/timeout_advice.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace curfew::statistics {
namespace {

using namespace std::chrono_literals;

duration of(double seconds) {
    return duration{static_cast<duration::rep>(seconds * 1e9)};
}

histogram lognormal(double median, double sigma, int count, std::uint64_t seed = 1) {
    std::mt19937_64 random{seed};
    std::lognormal_distribution<double> seconds{std::log(median), sigma};
    histogram calls;
    for (int i = 0; i < count; ++i) {
        calls.record(of(seconds(random)));
    }
    return calls;
}

struct question {
    histogram calm{};
    std::vector<cut_calls> cut{};
    histogram pressed{};
    std::vector<cut_calls> pressed_cut{};
    std::optional<duration> current{};
    advice_rules rules{};

    [[nodiscard]] timeout_advice ask() const {
        return advise_timeout({{&calm, cut}, {&pressed, pressed_cut}, current, rules});
    }
};

TEST(timeout_advice, is_the_quantile_with_a_margin) {
    const question asked{.calm = lognormal(0.1, 0.5, 10'000)};
    const timeout_advice advice = asked.ask();
    const double p99 = 0.1 * std::exp(0.5 * 2.3263);
    EXPECT_EQ(advice.reason, advice_reason::proposed);
    EXPECT_GE(advice.limit, of(p99 * 1.4));
    EXPECT_LE(advice.limit, of(p99 * 1.7));
    EXPECT_EQ(advice.limit % 10ms, 0ns);
    EXPECT_EQ(advice.calm.quantile.q, 0.99);
    EXPECT_FALSE(advice.calm.quantile.thin);
    EXPECT_LE(advice.calm_replay.rate, 0.01);
}

TEST(timeout_advice, too_few_calls_keep_what_is_there) {
    question asked{.calm = lognormal(0.1, 0.5, 19)};
    EXPECT_EQ(asked.ask().reason, advice_reason::cold_start);
    EXPECT_EQ(asked.ask().limit, 30s);
    asked.current = 7s;
    EXPECT_EQ(asked.ask().limit, 7s);
    EXPECT_EQ(advise_timeout({}).limit, 30s);
    EXPECT_EQ(advise_timeout({}).calm_replay.calls, 0u);
}

TEST(timeout_advice, one_hang_among_thirty_runs_does_not_decide) {
    question asked;
    asked.calm.record(42s, 29);
    asked.calm.record(110min);
    asked.rules.q = 0.95;
    asked.rules.cap = 24h;
    const timeout_advice advice = asked.ask();
    EXPECT_LE(advice.limit, 90s);
    EXPECT_GE(advice.limit, 84s);
    EXPECT_TRUE(advice.calm.quantile.thin);
    EXPECT_EQ(advice.calm_replay.false_timeouts, 1u);
}

// The truth needs 3.7 s; at a limit of 1 s only the fast calls complete. To leave the cut calls out
// would advise about 1 s again.
TEST(timeout_advice, slow_calls_that_were_cut_raise_the_limit) {
    question asked{.current = 1s};
    std::mt19937_64 random{2};
    std::lognormal_distribution<double> seconds{std::log(0.7), 0.7};
    std::uint64_t cut = 0;
    for (int i = 0; i < 2000; ++i) {
        const duration took = of(seconds(random));
        if (took < 1s) {
            asked.calm.record(took);
        } else {
            ++cut;
        }
    }
    asked.cut = {{1s, cut}};
    const timeout_advice advice = asked.ask();
    EXPECT_EQ(advice.reason, advice_reason::cut_short);
    EXPECT_EQ(advice.limit, 2s);
    EXPECT_FALSE(advice.calm.quantile.value);
    EXPECT_EQ(advice.calm.quantile.at_least, 1s);
    EXPECT_EQ(advice.calm_replay.unknown, cut);
    EXPECT_EQ(advice.calm_replay.false_timeouts, 0u);
}

// Followed again and again, the advice ends where the truth is and stays there.
TEST(timeout_advice, followed_it_converges_from_far_below_and_far_above) {
    for (const duration start : {200ms, 60'000ms}) {
        std::mt19937_64 random{3};
        std::lognormal_distribution<double> seconds{std::log(0.7), 0.7};
        question asked{.current = start};
        for (int period = 0; period < 8; ++period) {
            asked.calm = {};
            cut_calls cut{*asked.current, 0};
            for (int i = 0; i < 5000; ++i) {
                const duration took = of(seconds(random));
                if (took >= cut.limit) {
                    ++cut.count;
                } else {
                    asked.calm.record(took);
                }
            }
            asked.cut = {cut};
            asked.current = asked.ask().limit;
        }
        const double p99 = 0.7 * std::exp(0.7 * 2.3263);
        EXPECT_GE(*asked.current, of(1.2 * p99)) << start.count();
        EXPECT_LE(*asked.current, of(2.1 * p99)) << start.count();
        EXPECT_EQ(asked.ask().reason, advice_reason::kept);
    }
}

TEST(timeout_advice, hung_calls_do_not_raise_it) {
    question asked{.calm = lognormal(0.05, 0.5, 5000), .current = 30s};
    asked.cut = {{30s, 250}};
    const timeout_advice advice = asked.ask();
    EXPECT_EQ(advice.reason, advice_reason::lowered);
    EXPECT_EQ(advice.calm.hung, 250u);
    EXPECT_EQ(advice.calm.quantile.cut, 0u);
    EXPECT_LT(advice.limit, 500ms);
    EXPECT_EQ(advice.calm_replay.calls, 5250u);
    EXPECT_LE(advice.calm_replay.false_timeouts, 50u);
}

TEST(timeout_advice, calls_with_a_heavy_tail_are_slow_and_not_hung) {
    question asked;
    std::mt19937_64 random{4};
    std::uniform_real_distribution<double> share{0, 1};
    std::uint64_t cut = 0;
    for (int i = 0; i < 5000; ++i) {
        const duration took = of(0.05 / (1 - share(random)));
        if (took >= 2s) {
            ++cut;
        } else {
            asked.calm.record(took);
        }
    }
    asked.cut = {{2s, cut}};
    EXPECT_EQ(asked.ask().calm.hung, 0u);
    EXPECT_EQ(asked.ask().reason, advice_reason::cut_short);
}

TEST(timeout_advice, where_every_call_was_cut_it_is_raised_up_to_the_cap) {
    question asked{.cut = {{200s, 100}}, .current = 200s};
    const timeout_advice advice = asked.ask();
    EXPECT_EQ(advice.reason, advice_reason::cut_short);
    EXPECT_EQ(advice.limit, 5min);
    EXPECT_TRUE(advice.at_cap);
    EXPECT_EQ(advice.calm.hung, 0u);
}

TEST(timeout_advice, small_differences_keep_the_limit_in_force) {
    question asked{.calm = lognormal(0.1, 0.5, 10'000)};
    const duration proposed = asked.ask().limit;
    asked.current = proposed * 110 / 100;
    EXPECT_EQ(asked.ask().reason, advice_reason::kept);
    EXPECT_EQ(asked.ask().limit, *asked.current);
    asked.current = proposed * 130 / 100;
    EXPECT_EQ(asked.ask().reason, advice_reason::lowered);
    EXPECT_EQ(asked.ask().limit, proposed);
    asked.current = proposed * 70 / 100;
    EXPECT_EQ(asked.ask().reason, advice_reason::raised);
}

TEST(timeout_advice, stays_within_floor_and_cap) {
    question asked{.calm = lognormal(0.0001, 0.1, 5000)};
    EXPECT_EQ(asked.ask().limit, 10ms);
    EXPECT_TRUE(asked.ask().at_floor);
    EXPECT_FALSE(asked.ask().at_cap);
    asked.calm = lognormal(1000, 0.1, 5000);
    EXPECT_EQ(asked.ask().limit, 5min);
    EXPECT_TRUE(asked.ask().at_cap);
    EXPECT_GT(asked.ask().calm_replay.rate, 0.99);
    asked.current = 5min + 1s;
    EXPECT_EQ(asked.ask().reason, advice_reason::lowered);
}

TEST(timeout_advice, pressure_changes_the_multiplier_and_not_the_limit) {
    question asked{.calm = lognormal(0.1, 0.3, 5000)};
    const duration alone = asked.ask().limit;
    EXPECT_FALSE(asked.ask().pressure_factor);
    asked.pressed = lognormal(0.3, 0.3, 5000, 2);
    const timeout_advice advice = asked.ask();
    EXPECT_EQ(advice.limit, alone);
    ASSERT_TRUE(advice.pressure_factor);
    EXPECT_NEAR(*advice.pressure_factor, 3, 0.3);
    EXPECT_GT(advice.pressed_replay.rate, 0.2);
    asked.pressed = lognormal(0.01, 0.3, 5000);
    EXPECT_EQ(asked.ask().pressure_factor, 1);
}

TEST(timeout_advice, replay_never_tells_too_few_false_timeouts) {
    const question asked{.calm = lognormal(0.1, 1, 3000)};
    const timeout_advice advice = asked.ask();
    std::mt19937_64 random{1};
    std::lognormal_distribution<double> seconds{std::log(0.1), 1};
    std::uint64_t truth = 0;
    for (int i = 0; i < 3000; ++i) {
        truth += of(seconds(random)) > advice.limit;
    }
    EXPECT_GE(advice.calm_replay.false_timeouts, truth);
    EXPECT_LE(advice.calm_replay.false_timeouts, truth + 10);
    EXPECT_LE(advice.calm_replay.interval.lower, advice.calm_replay.rate);
    EXPECT_GE(advice.calm_replay.interval.upper, advice.calm_replay.rate);
}

TEST(timeout_advice, extremes_do_not_overflow) {
    question asked;
    asked.calm.record(duration::max(), 50);
    asked.cut = {{duration::max(), 50}};
    asked.rules.cap = duration::max();
    EXPECT_GT(asked.ask().limit, 24h);
    asked.rules.margin = 10;
    asked.rules.thin_margin = 10;
    EXPECT_GT(asked.ask().limit, 24h);
}

TEST(timeout_advice, rules_are_checked) {
    EXPECT_TRUE(is_valid(advice_rules{}));
    EXPECT_FALSE(is_valid(advice_rules{.q = 1}));
    EXPECT_FALSE(is_valid(advice_rules{.margin = 0.9}));
    EXPECT_FALSE(is_valid(advice_rules{.floor = 0s}));
    EXPECT_FALSE(is_valid(advice_rules{.floor = 2s, .cap = 1s}));
    EXPECT_FALSE(is_valid(advice_rules{.min_calls = 1}));
    EXPECT_FALSE(is_valid(advice_rules{.hysteresis = std::nan("")}));
}

}  // namespace
}  // namespace curfew::statistics
