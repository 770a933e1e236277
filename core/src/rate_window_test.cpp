#include <curfew/core/rate_window.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

namespace curfew {
namespace {

using namespace std::chrono_literals;

constexpr tallies a_hit{.failures = {1, 1}};
constexpr tallies a_miss{.failures = {1, 0}};

struct happened {
    time_point at;
    tallies event;
};

/// Enters either rate, both, or none, each as a hit or not.
tallies any_event(std::mt19937& random) {
    const auto one = [&]() -> tally {
        if (random() % 4 == 0) return {};
        return {1, random() % 3 == 0 ? 1U : 0U};
    };
    const auto failures = one();
    return {failures, one()};
}

/// Keeps everything, and counts again each time.
tallies naive_time(
    const std::deque<happened>& all, duration width, std::int64_t buckets, time_point now
) {
    const auto slice = [&](time_point at) { return at.time_since_epoch() / width; };
    tallies counted;
    for (const auto& one : all)
        if (slice(one.at) + buckets > slice(now)) counted += one.event;
    return counted;
}

tally naive_calls(const std::deque<happened>& all, tally tallies::* rate, std::size_t size) {
    tally counted;
    for (auto one = all.rbegin(); one != all.rend() && counted.total < size; ++one) {
        counted.total += (one->event.*rate).total;
        counted.hits += (one->event.*rate).hits;
    }
    return counted;
}

tallies naive_calls(const std::deque<happened>& all, std::size_t size) {
    return {naive_calls(all, &tallies::failures, size), naive_calls(all, &tallies::slow, size)};
}

TEST(rate_window, a_count_window_equals_a_recount_of_the_newest) {
    std::mt19937 random{7};
    for (const std::size_t size : {1U, 2U, 63U, 64U, 65U, 1024U}) {
        count_window window{size};
        std::deque<happened> all;
        for (int step = 0; step < 3000; ++step) {
            all.push_back({{}, any_event(random)});
            window.record(all.back().event);
            ASSERT_EQ(window.count(), naive_calls(all, size)) << size << " at " << step;
        }
        for (const std::size_t other : {1U, 17U, 1000U})
            ASSERT_EQ(window.resized(other).count(), naive_calls(all, std::min(size, other)));
    }
}

TEST(rate_window, a_time_window_equals_a_recount_over_random_gaps) {
    std::mt19937 random{11};
    for (const std::size_t buckets : {1U, 2U, 10U, 60U}) {
        const duration width = 100ms;
        time_window window{width * static_cast<int>(buckets), buckets};
        std::deque<happened> all;
        time_point now{37ms};
        for (int step = 0; step < 3000; ++step) {
            const auto gap = random() % 50 == 0 ? random() % 20'000 : random() % 30;
            now += gap * 1ms;
            const auto expected = naive_time(all, width, static_cast<std::int64_t>(buckets), now);
            ASSERT_EQ(window.count(now), expected) << buckets << " buckets, step " << step;
            all.push_back({now, any_event(random)});
            window.record(all.back().event, now);
        }
    }
}

TEST(rate_window, counting_changes_nothing) {
    time_window window{1s, 10};
    window.record(a_hit, time_point{5s});
    EXPECT_EQ(window.count(time_point{50s}), tallies{});
    EXPECT_EQ(window.count(time_point{5s}).failures, (tally{1, 1}));
}

TEST(rate_window, a_step_back_in_time_empties_nothing_and_counts_in_the_newest_slice) {
    time_window window{1s, 10};
    for (int made = 0; made < 4; ++made)
        window.record(a_hit, time_point{100s});
    for (int read = 0; read < 10; ++read)
        (void)window.count(time_point{97s});
    EXPECT_EQ(window.count(time_point{97s}).failures.total, 4);
    window.record(a_miss, time_point{97s});
    EXPECT_EQ(window.count(time_point{100s}).failures, (tally{5, 4}));
    EXPECT_EQ(window.count(time_point{101s - 1ns}).failures, (tally{5, 4}));
    EXPECT_EQ(window.count(time_point{101s}), tallies{});
}

TEST(rate_window, ticks_before_the_epoch_are_slices_like_any_other) {
    time_window window{1s, 10};
    window.record(a_hit, time_point{-50s});
    EXPECT_EQ(window.count(time_point{-49s - 1ns}), a_hit);
    EXPECT_EQ(window.count(time_point{-49s}), tallies{});
    window.record(a_miss, time_point{-49s});
    EXPECT_EQ(window.count(time_point{-49s}), a_miss);
}

TEST(rate_window, one_bucket_holds_one_slice) {
    time_window window{1s, 1};
    window.record(a_hit, time_point{1s});
    window.record(a_hit, time_point{2s - 1ns});
    EXPECT_EQ(window.count(time_point{2s - 1ns}).failures.total, 2);
    window.record(a_miss, time_point{2s});
    EXPECT_EQ(window.count(time_point{2s}).failures, (tally{1, 0}));
}

TEST(rate_window, a_gap_of_years_costs_as_much_as_a_gap_of_one_window) {
    time_window window{60ns, 60};
    window.record(a_hit, time_point{1ns});
    window.record(a_miss, time_point{std::chrono::years{100}});
    EXPECT_EQ(window.count(time_point{std::chrono::years{100}}).failures, (tally{1, 0}));
}

TEST(rate_window, another_shape_keeps_what_still_fits) {
    rate_window window{{.over = window_shape::kind::time, .span = 10s, .buckets = 10}};
    for (int second = 0; second < 10; ++second)
        window.record(a_hit, time_point{second * 1s});
    window.reshape({.over = window_shape::kind::time, .span = 4s, .buckets = 2});
    EXPECT_EQ(window.count(time_point{9s}).failures.total, 4);
    EXPECT_EQ(window.count(time_point{10s}).failures.total, 2);
    window.reshape({.over = window_shape::kind::calls, .calls = 8});
    EXPECT_EQ(window.count(time_point{10s}).failures.total, 0);
}

TEST(rate_window, a_rate_of_nothing_is_not_reached) {
    EXPECT_FALSE(reaches({0, 0}, 0));
    EXPECT_FALSE(reaches({200, 19}, 10));
    EXPECT_TRUE(reaches({200, 20}, 10));
}

}  // namespace
}  // namespace curfew
