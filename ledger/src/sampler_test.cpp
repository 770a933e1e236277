#include "sampler.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace curfew::ledger {
namespace {

using namespace std::chrono_literals;

struct sampled {
    std::uint64_t rows = 0;
    std::uint64_t stood_for = 0;
};

sampled run(sampler& tried, std::mt19937_64& random, time_point at, int events) {
    sampled told;
    for (int i = 0; i < events; ++i) {
        const auto one_in = tried.choose({random(), random() | 1, 1, 1}, at);
        told.rows += one_in != 0 ? 1 : 0;
        told.stood_for += one_in;
    }
    return told;
}

TEST(sampler, keeps_everything_below_its_budget) {
    sampler tried{10};
    std::mt19937_64 random{1};
    for (int second = 0; second < 5; ++second) {
        EXPECT_EQ(run(tried, random, time_point{second * 1s}, 10).rows, 10U);
    }
    EXPECT_EQ(tried.one_in(), 1U);
}

TEST(sampler, a_steady_stream_gets_about_its_budget_of_rows_which_stand_for_all) {
    sampler tried{64};
    std::mt19937_64 random{2};
    run(tried, random, time_point{0s}, 10'000);
    double rows = 0;
    double stood_for = 0;
    for (int second = 1; second <= 100; ++second) {
        const auto told = run(tried, random, time_point{second * 1s}, 10'000);
        rows += static_cast<double>(told.rows);
        stood_for += static_cast<double>(told.stood_for);
    }
    EXPECT_NEAR(rows / 100, 10'000.0 / 256, 4);  // the next power of two of 10 000 / 64
    EXPECT_NEAR(stood_for / 1e6, 1.0, 0.1);
}

TEST(sampler, no_burst_gets_twice_the_budget) {
    sampler tried{16};
    std::mt19937_64 random{3};
    for (int second = 0; second < 20; second += 2) {
        EXPECT_LT(run(tried, random, time_point{second * 1s}, 200'000).rows, 32U);
    }
}

TEST(sampler, two_processes_at_one_rate_keep_the_same_traces) {
    sampler one{8};
    sampler other{8};
    std::mt19937_64 random{4};
    run(one, random, time_point{0s}, 1'000);
    run(other, random, time_point{0s}, 1'000);
    for (int i = 0; i < 500; ++i) {
        const trace_context trace{random(), random() | 1, 1, 1};
        EXPECT_EQ(one.choose(trace, time_point{1s}), other.choose(trace, time_point{1s}));
    }
}

TEST(sampler, without_traces_it_counts_off) {
    sampler tried{4};
    const auto rows = [&](int second) {
        int kept = 0;
        for (int i = 0; i < 400; ++i)
            kept += tried.choose({}, time_point{second * 1s}) != 0;
        return kept;
    };
    rows(0);
    EXPECT_EQ(rows(1), 400 / 128);
}

TEST(sampler, a_budget_of_zero_keeps_no_row) {
    sampler tried{0};
    std::mt19937_64 random{5};
    EXPECT_EQ(run(tried, random, time_point{0s}, 1'000).rows, 0U);
}

}  // namespace
}  // namespace curfew::ledger
