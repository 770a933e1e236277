#include <curfew/load/schedule.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace curfew::load {
namespace {

using namespace std::chrono_literals;

std::vector<arrival> all(const schedule& plan) {
    std::vector<arrival> found;
    schedule::walk walk{plan};
    while (const auto next = walk.next())
        found.push_back(*next);
    return found;
}

schedule_plan random_plan(std::mt19937_64& draw) {
    const auto below = [&](int n) { return std::uniform_int_distribution{0, n - 1}(draw); };
    schedule_plan plan;
    for (int i = below(4); i >= 0; --i) {
        const auto from = static_cast<double>(below(300));
        plan.segments.push_back({1ms * (1 + below(5000)), from, below(2) != 0 ? from : below(300)});
    }
    plan.gaps = below(2) != 0 ? spacing::poisson : spacing::even;
    plan.mix = {1.0, static_cast<double>(below(3)), 2.0};
    plan.seed = draw();
    return plan;
}

TEST(schedule, constant_rate_is_evenly_spaced) {
    const schedule plan{{.segments = {{2s, 100, 100}}, .gaps = spacing::even}};
    EXPECT_EQ(plan.size(), 200u);
    EXPECT_EQ(plan.due(0), 0ns);
    EXPECT_EQ(plan.due(1), 10ms);
    EXPECT_EQ(plan.due(199), 1990ms);
    EXPECT_EQ(plan.due(200), std::nullopt);
}

TEST(schedule, steps_change_the_rate_and_a_pause_has_no_arrivals) {
    const schedule plan{
        {.segments = {{1s, 10, 10}, {1s, 0, 0}, {1s, 20, 20}}, .gaps = spacing::even}
    };
    EXPECT_EQ(plan.size(), 30u);
    EXPECT_EQ(plan.due(9), 900ms);
    EXPECT_EQ(plan.due(10), 2000ms);
    EXPECT_EQ(plan.due(11), 2050ms);
}

TEST(schedule, ramp_follows_the_integral_of_its_rate) {
    const schedule plan{{.segments = {{10s, 0, 100}}, .gaps = spacing::even}};
    EXPECT_EQ(plan.size(), 500u);
    // 5 t^2 arrivals after t seconds.
    EXPECT_NEAR(static_cast<double>(plan.due(125)->count()), 5e9, 10);
    EXPECT_NEAR(static_cast<double>(plan.due(405)->count()), 9e9, 10);
    const schedule down{{.segments = {{10s, 100, 0}}, .gaps = spacing::even}};
    EXPECT_NEAR(static_cast<double>(down.due(375)->count()), 5e9, 10);
}

TEST(schedule, poisson_gaps_have_the_mean_and_spread_of_an_exponential) {
    const schedule plan{{.segments = {{1000s, 100, 100}}, .seed = 7}};
    const auto arrivals = all(plan);
    EXPECT_NEAR(static_cast<double>(arrivals.size()), 1e5, 4 * std::sqrt(1e5));
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 1; i < arrivals.size(); ++i) {
        const double gap =
            static_cast<double>((arrivals[i].due - arrivals[i - 1].due).count()) / 1e9;
        sum += gap;
        squares += gap * gap;
    }
    const double count = static_cast<double>(arrivals.size() - 1);
    const double mean = sum / count;
    EXPECT_NEAR(mean, 0.01, 0.0002);
    EXPECT_NEAR(std::sqrt(squares / count - mean * mean), 0.01, 0.0003);
}

TEST(schedule, the_same_seed_gives_the_same_schedule_and_another_seed_another) {
    const schedule_plan plan{.segments = {{10s, 50, 50}}, .mix = {1, 1}, .seed = 3};
    auto other = plan;
    other.seed = 4;
    EXPECT_EQ(all(schedule{plan}), all(schedule{plan}));
    EXPECT_NE(all(schedule{plan}), all(schedule{other}));
}

TEST(schedule, operations_take_their_share_of_the_mix) {
    const schedule plan{{.segments = {{100s, 1000, 1000}}, .gaps = spacing::even, .mix = {3, 0, 1}}
    };
    std::array<int, 3> counts{};
    for (const auto& due : all(plan))
        ++counts[due.operation];
    EXPECT_NEAR(counts[0], 75'000, 600);
    EXPECT_EQ(counts[1], 0);
    EXPECT_NEAR(counts[2], 25'000, 600);
}

TEST(schedule, due_times_never_go_back_and_stay_inside) {
    std::mt19937_64 draw{11};
    for (int round = 0; round < 200; ++round) {
        const schedule plan{random_plan(draw)};
        duration last{};
        for (const auto& due : all(plan)) {
            ASSERT_GE(due.due, last) << "round " << round;
            ASSERT_LE(due.due, plan.length()) << "round " << round;
            last = due.due;
        }
    }
}

TEST(schedule, asking_one_index_agrees_with_walking_by_any_stride) {
    std::mt19937_64 draw{12};
    for (int round = 0; round < 100; ++round) {
        const schedule plan{random_plan(draw)};
        const std::uint64_t workers = 1 + draw() % 5;
        std::uint64_t seen = 0;
        for (std::uint64_t worker = 0; worker < workers; ++worker) {
            schedule::walk walk{plan, worker, workers};
            while (const auto next = walk.next()) {
                ++seen;
                if (next->index % 97 != 0) continue;
                ASSERT_EQ(plan.due(next->index), next->due) << "round " << round;
                ASSERT_EQ(plan.operation(next->index), next->operation);
            }
        }
        ASSERT_EQ(seen, plan.size()) << "round " << round;
    }
}

}  // namespace
}  // namespace curfew::load
