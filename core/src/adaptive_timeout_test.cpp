#include <curfew/core/adaptive_timeout.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace curfew {
namespace {

using namespace std::chrono_literals;

/// Needs 30 samples.
constexpr adaptive_timeout_config tenth{.false_timeouts = 0.1};

struct adaptive_timeout_test : testing::Test {
    adaptive_timeout limits{tenth};
    time_point now{1h};

    void complete(duration took, int times = 1) {
        for (int i = 0; i < times; ++i) {
            auto one = limits.begin(now);
            now += took;
            limits.end(one, outcome::success, cause_kind::completed, took, now);
        }
    }

    /// 64, so that they are judged.
    void warm_up(duration took = 400ms) { complete(took, 64); }

    /// A call that began now and reaches its limit when a later one was answered.
    adaptive_timeout::call overtaken() {
        auto one = limits.begin(now);
        now += 1ms;
        complete(1ms);
        return one;
    }

    /// Whether a call that began now is cut at its limit.
    bool is_cut(adaptive_timeout::call& one) {
        now += one.limit();
        return limits.reaches_limit(one, now);
    }
};

TEST_F(adaptive_timeout_test, until_there_are_enough_samples_the_ceiling_holds) {
    complete(20ms, 29);
    EXPECT_EQ(limits.limit(), 30s);
    EXPECT_EQ(limits.status().state, adaptive_state::cold);
    EXPECT_EQ(limits.status().samples, 29U);
    EXPECT_EQ(limits.status().samples_min, 30U);
    warm_up(20ms);
    EXPECT_EQ(limits.status().state, adaptive_state::live);
    EXPECT_EQ(limits.limit(), 500ms) << "no shorter than the floor";
}

TEST_F(adaptive_timeout_test, a_thousandth_takes_three_thousand_samples) {
    EXPECT_EQ(adaptive_timeout{{}}.status().samples_min, 3000U);
}

TEST_F(adaptive_timeout_test, the_limit_is_twice_the_quantile_within_floor_and_ceiling) {
    warm_up(1s);
    EXPECT_GE(limits.limit(), 2s);
    EXPECT_LE(limits.limit(), 2250ms) << "a bucket is an eighth wide";
    limits.reconfigure({.ceiling = 1500ms, .false_timeouts = 0.1});
    EXPECT_EQ(limits.limit(), 1500ms);
}

TEST_F(adaptive_timeout_test, a_lone_call_is_given_three_times_as_long_and_then_cut) {
    warm_up();
    auto one = limits.begin(now);
    const auto limit = one.limit();
    EXPECT_FALSE(limits.reaches_limit(one, now + limit));
    EXPECT_EQ(one.limit(), limit * 3);
    EXPECT_TRUE(limits.reaches_limit(one, now + limit * 3));
    EXPECT_TRUE(one.is_cut());
    EXPECT_EQ(limits.status().cut, 1U);
    EXPECT_EQ(limits.status().let_on, 1U);
}

TEST_F(adaptive_timeout_test, a_call_that_others_overtook_is_cut_at_its_limit) {
    warm_up();
    auto one = overtaken();
    EXPECT_TRUE(is_cut(one));
}

TEST_F(adaptive_timeout_test, an_answer_to_a_call_that_began_before_overtakes_nobody) {
    warm_up();
    auto before = limits.begin(now);
    auto one = limits.begin(now + 1ms);
    limits.end(before, outcome::success, cause_kind::completed, 2ms, now + 2ms);
    EXPECT_FALSE(is_cut(one));
}

TEST_F(adaptive_timeout_test, every_eighth_is_let_on_to_the_ceiling_and_one_at_a_time) {
    warm_up();
    std::vector<adaptive_timeout::call> beyond;
    for (int i = 0; i < 24; ++i)
        beyond.push_back(overtaken());
    std::vector<std::size_t> let_on;
    now += 30s;
    for (std::size_t i = 0; i < beyond.size(); ++i) {
        if (!limits.reaches_limit(beyond[i], now)) let_on.push_back(i);
    }
    EXPECT_EQ(let_on, std::vector<std::size_t>{7});
    EXPECT_EQ(beyond[7].limit(), duration::max());
    limits.end(beyond[7], outcome::timeout, cause_kind::own_timeout, 30s, now);
    for (int i = 0; i < 8; ++i) {
        auto next = overtaken();
        EXPECT_EQ(is_cut(next), i != 7);
    }
}

TEST_F(adaptive_timeout_test, one_that_comes_back_makes_those_that_were_cut_slow_ones) {
    warm_up();
    std::vector<adaptive_timeout::call> beyond;
    for (int i = 0; i < 40; ++i)
        beyond.push_back(overtaken());
    now += 30s;
    for (auto& each : beyond)
        (void)limits.reaches_limit(each, now);
    const auto before = limits.limit();
    limits.end(beyond[7], outcome::success, cause_kind::completed, 4s, now);
    EXPECT_GE(limits.limit(), 8s);
    EXPECT_GT(limits.limit(), before);
}

TEST_F(adaptive_timeout_test, one_that_hangs_makes_them_count_for_nothing) {
    warm_up();
    const auto limit = limits.limit();
    for (int i = 0; i < 200; ++i) {
        auto one = overtaken();
        if (!is_cut(one)) {
            limits.end(one, outcome::timeout, cause_kind::own_timeout, 30s, now);
        }
        complete(400ms);
    }
    EXPECT_GT(limits.status().cut, 150U);
    EXPECT_LE(limits.limit(), limit);
}

TEST_F(adaptive_timeout_test, three_cut_in_a_row_double_it_at_once_and_it_narrows_by_the_minute) {
    warm_up();
    const auto limit = limits.limit();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(limits.limit(), limit);
        auto one = limits.begin(now);
        EXPECT_FALSE(is_cut(one));
        EXPECT_TRUE(is_cut(one));
    }
    EXPECT_EQ(limits.limit(), limit * 2);
    EXPECT_EQ(limits.status().state, adaptive_state::widened);
    now += 1min;
    complete(400ms);
    EXPECT_EQ(limits.limit(), limit);
    EXPECT_EQ(limits.status().state, adaptive_state::live);
}

TEST_F(
    adaptive_timeout_test, it_widens_until_a_silent_call_has_the_whole_ceiling_and_never_beyond_it
) {
    warm_up();
    for (int i = 0; i < 10; ++i) {
        std::vector calls(5, limits.begin(now));
        now += 1s;
        for (auto& each : calls)
            EXPECT_FALSE(limits.reaches_limit(each, now));
        for (auto& each : calls)
            (void)limits.reaches_limit(each, now);
        EXPECT_LE(limits.limit(), 30s);
    }
    EXPECT_GE(limits.limit(), 10s);
    auto one = limits.begin(now);
    EXPECT_FALSE(is_cut(one)) << "the policy's own limit ends it";
    EXPECT_EQ(one.limit(), duration::max());
}

TEST_F(adaptive_timeout_test, it_is_raised_at_once_and_lowered_once_a_minute) {
    warm_up(500ms);
    const auto low = limits.limit();
    complete(2s, 64);
    const auto high = limits.limit();
    EXPECT_GE(high, 4s);
    for (int i = 0; i < 2000; ++i) {
        const auto before = now;
        complete(5ms);
        if (limits.limit() != high) {
            EXPECT_GE(before - time_point{1h}, 1min);
            break;
        }
    }
    now += 1h;
    for (int i = 0; i < 4; ++i) {
        complete(500ms, 600);
        now += 1h;
    }
    EXPECT_EQ(limits.limit(), low);
}

TEST_F(adaptive_timeout_test, a_difference_below_a_tenth_changes_nothing) {
    std::mt19937 random{7};
    warm_up(1s);
    const auto limit = limits.limit();
    for (int i = 0; i < 5000; ++i)
        complete(950ms + 1ms * (random() % 60));
    EXPECT_EQ(limits.limit(), limit);
}

TEST_F(adaptive_timeout_test, failures_tell_nothing_and_who_left_took_at_least_so_long) {
    warm_up(1s);
    const auto limit = limits.limit();
    for (int i = 0; i < 1000; ++i) {
        auto failed = limits.begin(now);
        limits.end(failed, outcome::failure, cause_kind::failed, 1ms, now);
    }
    EXPECT_EQ(limits.limit(), limit);
    for (int i = 0; i < 1000; ++i) {
        auto left = limits.begin(now);
        limits.end(left, outcome::cancelled, cause_kind::cancelled, 1ms, now);
    }
    EXPECT_EQ(limits.limit(), limit) << "short ones say nothing of the long ones";
    for (int i = 0; i < 64; ++i) {
        auto left = limits.begin(now);
        limits.end(left, outcome::timeout, cause_kind::inherited_deadline, 1900ms, now);
    }
    EXPECT_GE(limits.limit(), 2 * 1900ms) << "where they hide the quantile it lies beyond them";
}

TEST_F(adaptive_timeout_test, a_false_timeout_and_what_a_hang_would_have_cost_are_counted) {
    warm_up();
    auto slow = overtaken();
    ASSERT_TRUE(is_cut(slow));
    limits.end(slow, outcome::success, cause_kind::completed, 5s, now);
    auto hung = overtaken();
    const auto limit = hung.limit();
    ASSERT_TRUE(is_cut(hung));
    limits.end(hung, outcome::timeout, cause_kind::own_timeout, 30s, now);
    limits.end(hung, outcome::timeout, cause_kind::own_timeout, 30s, now);
    const auto told = limits.status();
    EXPECT_EQ(told.cut, 2U);
    EXPECT_EQ(told.cut_in_vain, 1U);
    EXPECT_EQ(told.saved, 30s - limit);
    EXPECT_EQ(told.answered, 67U);
}

TEST_F(adaptive_timeout_test, time_that_jumps_forgets_nothing_and_never_goes_back) {
    warm_up(1s);
    const auto limit = limits.limit();
    now += 1000h;
    complete(1s, 64);
    now += 1000h;
    EXPECT_EQ(limits.limit(), limit);
    EXPECT_EQ(limits.status().state, adaptive_state::live);
    complete(1s);
    now -= 1500h;
    complete(1s, 200);
    EXPECT_EQ(limits.limit(), limit);
    now = time_point::max() - 1h;
    complete(1s, 64);
    EXPECT_EQ(limits.limit(), limit);
}

TEST_F(adaptive_timeout_test, a_night_without_calls_changes_nothing_and_a_new_pace_is_learnt) {
    warm_up(4s);
    now += 12h;
    EXPECT_GE(limits.limit(), 8s);
    for (int i = 0; i < 40; ++i) {
        complete(600ms, 64);
        now += 1min;
    }
    EXPECT_LE(limits.limit(), 1400ms);
}

TEST_F(adaptive_timeout_test, another_accepted_share_may_need_more_samples) {
    warm_up();
    limits.reconfigure({});
    EXPECT_EQ(limits.status().state, adaptive_state::cold);
    EXPECT_EQ(limits.limit(), 30s);
    limits.reconfigure(tenth);
    EXPECT_EQ(limits.status().state, adaptive_state::live) << "none was lost";
}

TEST_F(adaptive_timeout_test, is_never_below_the_naive_quantile_of_what_was_recorded) {
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random{seed};
        std::lognormal_distribution<double> seconds{std::log(0.5), 0.2 * static_cast<double>(seed)};
        adaptive_timeout one{{.ceiling = 1h, .floor = 1ms, .false_timeouts = 0.01, .safety = 1}};
        std::vector<duration> naive;
        for (int i = 0; i < 64 * 40; ++i) {
            const duration took{static_cast<duration::rep>(seconds(random) * 1e9)};
            auto call = one.begin(now);
            one.end(call, outcome::success, cause_kind::completed, took, now);
            naive.push_back(took);
        }
        std::ranges::sort(naive);
        const auto exact = naive[naive.size() - 1 - naive.size() / 100];
        EXPECT_GE(one.limit(), exact * 9 / 10) << "hysteresis";
        EXPECT_LE(one.limit(), exact * 5 / 4);
    }
}

TEST(adaptive_timeout, a_configuration_has_its_ranges) {
    EXPECT_TRUE(is_valid(adaptive_timeout_config{}));
    EXPECT_FALSE(is_valid({.ceiling = 100ms}));
    EXPECT_FALSE(is_valid({.floor = 0s}));
    EXPECT_FALSE(is_valid({.false_timeouts = 0}));
    EXPECT_FALSE(is_valid({.false_timeouts = 0.2}));
    EXPECT_FALSE(is_valid({.safety = 0.5}));
    EXPECT_FALSE(is_valid({.span = 0s}));
}

}  // namespace
}  // namespace curfew
