#include <curfew/gateway/numbers.hpp>

#include <gtest/gtest.h>

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

template <class Enum>
std::size_t at(Enum value) {
    return static_cast<std::size_t>(value);
}

TEST(route_numbers, one_end_is_counted_once_in_each_of_its_ways) {
    route_numbers numbers;
    numbers.record({
        .ended = outcome::ignored,
        .why = {cause_kind::shed, shed_reason::queue_full, {}, {}},
        .status = 503,
        .whole = 3ms,
        .slow = true,
        .retried = true,
    });
    EXPECT_EQ(numbers.requests(), 1U);
    EXPECT_EQ(numbers.by_outcome[at(outcome::ignored)], 1U);
    EXPECT_EQ(numbers.by_cause[at(cause_kind::shed)], 1U);
    EXPECT_EQ(numbers.by_refusal[at(shed_reason::queue_full)], 1U);
    EXPECT_EQ(numbers.by_status[5], 1U);
    EXPECT_EQ(numbers.slow, 1U);
    EXPECT_EQ(numbers.retried, 1U);
    EXPECT_EQ(numbers.whole.count(), 1U);
    EXPECT_EQ(numbers.upstream.count(), 0U) << "it was never asked";
}

TEST(route_numbers, the_upstreams_part_is_told_apart_from_the_whole) {
    route_numbers numbers;
    numbers.record({.status = 200, .whole = 30ms, .upstream = 20ms, .reached = true});
    EXPECT_EQ(numbers.whole.max(), 30ms);
    EXPECT_EQ(numbers.upstream.max(), 20ms);
    EXPECT_EQ(numbers.by_refusal, (std::array<std::uint64_t, reason_count>{}));
}

TEST(route_numbers, a_status_outside_of_http_is_none) {
    route_numbers numbers;
    for (const int status : {0, -1, 99, 600, 1'000'000})
        numbers.record({.status = status});
    EXPECT_EQ(numbers.by_status[0], 5U);
}

TEST(route_numbers, adding_is_as_if_one_set_had_seen_all) {
    route_numbers one;
    route_numbers other;
    route_numbers all;
    for (int i = 0; i < 100; ++i) {
        const request_end end{
            .ended = i % 3 == 0 ? outcome::failure : outcome::success,
            .status = i % 3 == 0 ? 502 : 200,
            .whole = i * 1ms,
            .upstream = i * 500us,
            .reached = i % 2 == 0,
        };
        (i % 5 == 0 ? one : other).record(end);
        all.record(end);
    }
    one.add(other);
    EXPECT_EQ(one.requests(), 100U);
    EXPECT_EQ(one.by_outcome, all.by_outcome);
    EXPECT_EQ(one.by_status, all.by_status);
    EXPECT_EQ(one.whole.sum(), all.whole.sum());
    EXPECT_EQ(one.upstream.count(), all.upstream.count());
}

}  // namespace
}  // namespace curfew::gateway
