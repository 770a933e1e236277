#include "closing_pace.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{100s};

TEST(closing_pace, a_few_connections_go_at_once) {
    for (const std::size_t few : {0U, 1U, 16U}) {
        closing_pace pace{start, 10s, few, 1};
        EXPECT_EQ(pace.over(), start);
        EXPECT_TRUE(pace.closes(start));
    }
}

TEST(closing_pace, many_take_a_millisecond_each_and_never_more_than_half_of_the_grace) {
    EXPECT_EQ((closing_pace{start, 10s, 17, 1}.over()), start + 17ms);
    EXPECT_EQ((closing_pace{start, 10s, 2'000, 1}.over()), start + 2s);
    EXPECT_EQ((closing_pace{start, 10s, 1'000'000, 1}.over()), start + 5s);
    EXPECT_EQ((closing_pace{start, 0s, 1'000'000, 1}.over()), start);
}

TEST(closing_pace, those_at_rest_go_evenly) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        constexpr int connections = 3'000;
        closing_pace pace{start, 10s, connections, seed};
        std::vector<int> in_tenth(31);
        time_point now = start;
        for (int i = 0; i < connections; ++i) {
            now += pace.pause();
            ++in_tenth[static_cast<std::size_t>(std::min((now - start) / 100ms, 30L))];
        }
        EXPECT_NEAR(static_cast<double>((now - start) / 1ms), 3'000, 100) << seed;
        for (std::size_t i = 0; i < 29; ++i) {
            EXPECT_NEAR(in_tenth[i], 100, 20) << seed;
        }
    }
}

TEST(closing_pace, answers_close_the_likelier_the_later_and_all_of_them_at_the_end) {
    closing_pace pace{start, 10s, 2'000, 7};
    const auto closed_at = [&](duration after) {
        int closed = 0;
        for (int i = 0; i < 10'000; ++i) {
            closed += pace.closes(start + after) ? 1 : 0;
        }
        return closed;
    };
    EXPECT_EQ(closed_at(0s), 0);
    EXPECT_NEAR(closed_at(500ms), 2'500, 200);
    EXPECT_NEAR(closed_at(1s), 5'000, 200);
    EXPECT_NEAR(closed_at(1900ms), 9'500, 200);
    EXPECT_EQ(closed_at(2s), 10'000);
}

TEST(closing_pace, one_seed_is_one_run) {
    closing_pace one{start, 10s, 500, 3};
    closing_pace other{start, 10s, 500, 3};
    for (int i = 0; i < 500; ++i) {
        EXPECT_EQ(one.pause(), other.pause());
        EXPECT_EQ(one.closes(start + 1ms * i), other.closes(start + 1ms * i));
    }
}

}  // namespace
}  // namespace curfew::gateway
