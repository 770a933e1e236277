#include <curfew/load/tally.hpp>

#include <gtest/gtest.h>

namespace curfew::load {
namespace {

using namespace std::chrono_literals;

sample took(duration response, error_category error = error_category::none) {
    const time_point due{1s};
    return {.at = {due, due + 1us, due + 2us, due + response}, .error = error};
}

TEST(tally, counts_each_ending_once) {
    tally counts;
    counts.record(took(1ms));
    counts.record(took(1ms, error_category::http_503));
    counts.record(took(1ms, error_category::http_429));
    counts.record(took(5s, error_category::timeout_first_byte));
    counts.record(took(1s, error_category::http_504));
    counts.record(took(1ms, error_category::reset));
    counts.record(took(1s, error_category::unfinished));
    EXPECT_EQ(counts.count(), 7u);
    EXPECT_EQ(counts.count(ending::success), 1u);
    EXPECT_EQ(counts.count(ending::refused), 2u);
    EXPECT_EQ(counts.count(ending::timed_out), 2u);
    EXPECT_EQ(counts.count(ending::failed), 1u);
    EXPECT_EQ(counts.count(ending::unfinished), 1u);
    EXPECT_DOUBLE_EQ(counts.success_share(), 1.0 / 7);
}

TEST(tally, an_empty_one_passes_no_gate) {
    EXPECT_EQ(tally{}.success_share(), 0.0);
    EXPECT_FALSE(carries_quantile(0, 0.5));
}

TEST(tally, quantile_that_falls_among_given_up_requests_is_a_lower_bound) {
    tally waits;
    for (int i = 0; i < 90; ++i)
        waits.record(took(10ms));
    for (int i = 0; i < 10; ++i)
        waits.record(took(5s, error_category::timeout_first_byte));
    EXPECT_FALSE(waits.response_quantile(0.90).at_least);
    EXPECT_LT(waits.response_quantile(0.90).value, 11ms);
    EXPECT_TRUE(waits.response_quantile(0.95).at_least);
    EXPECT_EQ(waits.response_quantile(0.95).value, duration{5s});
}

TEST(tally, one_request_cut_off_early_makes_every_later_quantile_a_lower_bound) {
    tally waits;
    waits.record(took(2ms, error_category::unfinished));
    for (int i = 0; i < 99; ++i)
        waits.record(took(10ms));
    EXPECT_TRUE(waits.response_quantile(0.5).at_least);
    EXPECT_LE(waits.response_quantile(0.5).value, 10ms);
    EXPECT_GT(waits.response_quantile(0.5).value, 9ms);
}

TEST(tally, a_fast_refusal_improves_no_percentile) {
    tally waits;
    waits.record(took(100ms));
    const auto before = waits.response_quantile(0.5).value;
    for (int i = 0; i < 100; ++i)
        waits.record(took(1ms, error_category::http_503));
    EXPECT_EQ(waits.response_quantile(0.5).value, before);
    EXPECT_EQ(waits.waited(), 1u);
    EXPECT_EQ(waits.turned_away().count(), 100u);
}

TEST(tally, merging_equals_recording_everything_in_one) {
    tally one;
    tally first;
    tally second;
    for (int i = 1; i < 200; ++i) {
        const auto what =
            took(i * 1ms, i % 7 == 0 ? error_category::timeout_total : error_category::none);
        one.record(what);
        (i % 3 == 0 ? first : second).record(what);
    }
    first.merge(second);
    EXPECT_EQ(first.count(), one.count());
    for (const double q : {0.0, 0.1, 0.5, 0.99, 1.0}) {
        EXPECT_EQ(first.response_quantile(q).value, one.response_quantile(q).value);
        EXPECT_EQ(first.response_quantile(q).at_least, one.response_quantile(q).at_least);
    }
}

TEST(tally, a_quantile_needs_ten_samples_beyond_it) {
    EXPECT_TRUE(carries_quantile(1000, 0.99));
    EXPECT_FALSE(carries_quantile(999, 0.99));
    EXPECT_TRUE(carries_quantile(10'000, 0.999));
    EXPECT_TRUE(carries_quantile(20, 0.5));
}

TEST(error_category, every_one_has_a_name_and_an_ending) {
    for (std::size_t i = 0; i < error_categories; ++i) {
        const auto category = static_cast<error_category>(i);
        EXPECT_FALSE(to_string(category).empty());
        EXPECT_EQ(ending_of(category) == ending::success, category == error_category::none);
    }
    EXPECT_EQ(category_of_status(200), error_category::none);
    EXPECT_EQ(category_of_status(404), error_category::http_4xx);
    EXPECT_EQ(category_of_status(502), error_category::http_5xx);
}

}  // namespace
}  // namespace curfew::load
