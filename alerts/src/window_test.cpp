#include <curfew/alerts/window.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace curfew::alerts {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{1h};

TEST(window, holds_what_happened_within_it_and_nothing_older) {
    window last{60s};
    last.add(start, {1, 1, 1, 0});
    last.add(start + 30s, {2, 2, 0, 1});
    EXPECT_EQ(last.sum(start + 59s), (window::counts{3, 3, 1, 1}));
    EXPECT_EQ(last.sum(start + 60s), (window::counts{2, 2, 0, 1}));
    EXPECT_EQ(last.sum(start + 90s), (window::counts{}));
}

TEST(window, a_leap_of_any_length_empties_it) {
    window last{1s};
    last.add(start, {7, 7, 7, 7});
    EXPECT_EQ(last.sum(start + 24h), (window::counts{}));
    last.add(start + 24h, {1, 1, 0, 0});
    EXPECT_EQ(last.sum(start + 24h), (window::counts{1, 1, 0, 0}));
}

TEST(window, what_comes_late_is_counted_and_leaves_in_its_time) {
    window last{60s};
    (void)last.sum(start + 10s);
    last.add(start + 5s, {1, 1, 0, 0});
    EXPECT_EQ(last.sum(start + 64s).calls, 1U);
    EXPECT_EQ(last.sum(start + 65s).calls, 0U);
    last.add(start - 1h, {1, 1, 0, 0});
    EXPECT_EQ(last.sum(start + 65s).calls, 1U) << "too old: the oldest bucket takes it";
    EXPECT_EQ(last.sum(start + 66s).calls, 0U);
}

TEST(window, is_the_sum_of_its_buckets_for_any_sequence) {
    std::mt19937_64 random{7};
    window last{30s};
    std::deque<std::pair<std::int64_t, std::uint64_t>> truth;
    time_point now = start;
    for (int i = 0; i < 5'000; ++i) {
        now += std::chrono::milliseconds{random() % (random() % 50 == 0 ? 60'000 : 700)};
        const std::uint64_t calls = random() % 5;
        last.add(now, {calls, calls, 0, 0});
        truth.emplace_back(now.time_since_epoch() / 500ms, calls);
        while (truth.front().first <= now.time_since_epoch() / 500ms - 60) {
            truth.pop_front();
        }
        std::uint64_t sum = 0;
        for (const auto& [bucket, count] : truth) {
            sum += count;
        }
        ASSERT_EQ(last.sum(now).calls, sum) << i;
    }
}

}  // namespace
}  // namespace curfew::alerts
