#include <curfew/gateway/usual_time.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

constexpr duration limit = 30s;

void record(usual_time& usual, duration took, int times) {
    for (int i = 0; i < times; ++i)
        usual.record(took);
}

TEST(usual_time, nothing_is_usual_at_a_cold_start_so_the_limit_decides) {
    usual_time usual;
    EXPECT_EQ(usual.hang_threshold(limit), limit);
    EXPECT_EQ(usual.hang_threshold(2s), 2s);
    record(usual, 5ms, usual_time::samples_min - 1);
    EXPECT_EQ(usual.p99(), std::nullopt);
    EXPECT_EQ(usual.hang_threshold(limit), limit);
    usual.record(5ms);
    EXPECT_EQ(usual.hang_threshold(limit), 1s);
}

TEST(usual_time, nobody_has_patience_with_a_route_that_never_answered) {
    EXPECT_EQ(usual_time{}.patience(), 0s);
}

TEST(usual_time, the_patience_of_a_cold_start_is_twice_the_longest_answer) {
    usual_time usual;
    usual.record(10us);
    EXPECT_EQ(usual.patience(), 5ms) << "at least";
    usual.record(1s);
    usual.record(10ms);
    EXPECT_EQ(usual.patience(), 2s);
    usual.record_late(20s);
    EXPECT_EQ(usual.patience(), 40s) << "a late answer is one";
    EXPECT_EQ(usual.p99(), std::nullopt);
}

TEST(usual_time, once_it_is_known_the_p99_is_the_patience) {
    usual_time usual;
    usual.record_late(20s);
    record(usual, 100ms, usual_time::samples_min);
    EXPECT_EQ(usual.patience(), usual.p99());
    record(usual, 10us, 10'000);
    EXPECT_EQ(usual.patience(), 5ms);
}

TEST(usual_time, a_fast_route_hangs_after_the_floor_and_a_slow_one_after_four_times_its_p99) {
    usual_time fast;
    record(fast, 2ms, 100);
    EXPECT_EQ(fast.hang_threshold(limit), 1s);
    usual_time slow;
    record(slow, 2s, 96);
    EXPECT_GE(slow.hang_threshold(limit), 8s);
    EXPECT_LE(slow.hang_threshold(limit), 10s);
}

TEST(usual_time, the_threshold_is_never_above_the_limit) {
    usual_time usual;
    record(usual, 20s, 64);
    EXPECT_EQ(usual.hang_threshold(limit), limit);
    EXPECT_EQ(usual.hang_threshold(500ms), 500ms);
}

TEST(usual_time, slow_requests_that_are_one_in_fifty_are_usual) {
    usual_time usual;
    for (int i = 0; i < 20; ++i) {
        record(usual, 3ms, 49);
        usual.record(3s);
    }
    EXPECT_GE(usual.hang_threshold(limit), 12s);
}

TEST(usual_time, a_lasting_slowdown_is_learnt_from_its_late_answers) {
    usual_time usual;
    record(usual, 5ms, 5000);
    ASSERT_EQ(usual.hang_threshold(limit), 1s);
    record(usual, 2s, 64);
    EXPECT_GE(usual.hang_threshold(limit), 8s);
    record(usual, 5ms, 5000);
    EXPECT_EQ(usual.hang_threshold(limit), 1s) << "and forgotten again";
}

TEST(usual_time, quantiles_are_upper_bounds_within_a_quarter) {
    std::mt19937_64 random{7};
    std::lognormal_distribution<double> took{3.5, 1.2};
    usual_time usual;
    std::vector<duration> all;
    for (int i = 0; i < 1000; ++i) {
        all.push_back(duration{static_cast<duration::rep>((2 + took(random)) * 1e6)});
    }
    for (const auto& each : all)
        usual.record(each);
    std::ranges::sort(all.begin(), all.begin() + 992);
    ASSERT_TRUE(usual.p95() && usual.p99());
    const auto exact = all[942];
    EXPECT_GE(*usual.p95(), exact);
    EXPECT_LE(usual.p95()->count(), exact.count() * 5 / 4 + 1);
}

TEST(usual_time, the_ends_of_the_range_are_safe) {
    usual_time usual;
    usual.record(duration::min());
    record(usual, duration::max(), 63);
    EXPECT_EQ(usual.hang_threshold(limit), limit);
    EXPECT_GT(*usual.p99(), 1min);
}

}  // namespace
}  // namespace curfew::gateway
