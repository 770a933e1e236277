#include "limiter_model.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace curfew {
namespace {

using namespace limiter_model;

/// 64 clients that never pause, on so many routes, in front of so many workers.
struct crowd {
    std::size_t workers;
    std::size_t routes;
    model::service serve;
    const char* name;

    friend std::ostream& operator<<(std::ostream& out, const crowd& one) {
        return out << one.workers << " workers, " << one.routes << " routes, " << one.name;
    }
};

void settle(model& it, const crowd& of, duration warm = 60s, duration watched = 60s) {
    for (std::size_t route = 0; route < of.routes; ++route) {
        it.serve(route, of.serve);
        it.add_clients(route, 64 / static_cast<int>(of.routes));
    }
    it.run(warm);
    it.forget();
    it.run(watched);
}

std::vector<crowd> crowds(std::size_t routes) {
    std::vector<crowd> all;
    for (const std::size_t workers : {4U, 8U, 32U}) {
        all.push_back({workers, routes, constant(5ms), "constant"});
        all.push_back({workers, routes, exponential(5ms), "exponential"});
        all.push_back({workers, routes, lognormal(5ms, 0.5), "lognormal"});
    }
    return all;
}

class settles : public testing::TestWithParam<crowd> {};

// Before calls in the queue were counted: half of it reached every worker for up to a fifth of the
// time with three routes, and always, at three times the workers, with one. Every half minute it
// decides anew how many workers there are, by what calls take: of one minute chance decides, so it
// is the mean over some.
TEST_P(settles, so_that_half_of_it_is_not_every_worker_and_all_of_it_keeps_them_busy) {
    const auto& of = GetParam();
    constexpr std::uint32_t seeds = 4;
    double exposed = 0;
    double busy = 0;
    std::uint32_t under = 0;
    for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
        model it{of.workers, of.routes, {}, seed};
        settle(it, of);
        exposed += it.exposed() / seeds;
        busy += it.utilisation() / seeds;
        under += it.limit_for(0.5) / 2 < of.workers ? 1 : 0;
    }
    EXPECT_GT(under, seeds / 2);
    if (of.routes > 1) {
        EXPECT_LT(exposed, 0.05);
        EXPECT_GE(busy, 0.95);
    } else {
        EXPECT_LT(exposed, 0.5) << "while it looks for more";
        const auto spared = of.workers / 10 + 1;
        const auto left = static_cast<double>(of.workers - spared);
        EXPECT_GE(busy, 0.95 * left / static_cast<double>(of.workers));
    }
}

INSTANTIATE_TEST_SUITE_P(three_routes, settles, testing::ValuesIn(crowds(3)));
INSTANTIATE_TEST_SUITE_P(one_route, settles, testing::ValuesIn(crowds(1)));

TEST(limiter_settles, a_wide_backend_is_found_within_twenty_seconds) {
    for (const std::size_t routes : {1U, 3U}) {
        model it{200, routes};
        for (std::size_t route = 0; route < routes; ++route) {
            it.serve(route, exponential(20ms));
            it.add_clients(route, 600 / static_cast<int>(routes));
        }
        it.run(20s);
        EXPECT_GE(it.now_limit(), 150) << routes;
    }
}

// The queue of a route has room for 100. With a growth by a quarter, 112 waited at 10 calls a
// second and 322 at 20.
TEST(limiter_settles, a_slow_backend_that_serves_many_at_once_is_found_before_a_queue_is_full) {
    for (const double per_second : {5.0, 10.0, 20.0}) {
        model it{1000, 1};
        it.serve(0, [](auto& random) { return std::chrono::milliseconds{1000 + random() % 2000}; });
        it.add_stream(0, per_second);
        for (int second = 1; second <= 60; ++second) {
            it.run(1s);
            EXPECT_LE(it.waiting(0), 100U) << per_second << " a second, after " << second << " s";
        }
        EXPECT_EQ(it.waiting(0), 0U);
    }
}

TEST(limiter_settles, calls_of_unknown_length_leave_it_to_the_votes) {
    for (const std::size_t workers : {8U, 32U}) {
        model it{workers, 3};
        settle(it, {workers, 3, bimodal(200us, 200ms), "bimodal"});
        EXPECT_GE(it.utilisation(), 0.95) << workers;
    }
}

TEST(limiter_settles, routes_a_thousand_times_apart_keep_the_workers_busy) {
    for (const std::size_t workers : {4U, 8U, 32U}) {
        model it{workers, 3};
        it.serve(0, exponential(200us));
        it.serve(1, exponential(5ms));
        it.serve(2, exponential(200ms));
        for (const std::size_t route : {0U, 1U, 2U})
            it.add_clients(route, 21);
        it.run(60s);
        it.forget();
        it.run(60s);
        EXPECT_GE(it.utilisation(), 0.95) << workers;
    }
}

TEST(limiter_settles, open_load_is_served_at_half_and_at_all_but_a_tenth_of_the_capacity) {
    for (const double load : {0.5, 0.9, 1.5}) {
        model it{8, 3};
        for (const std::size_t route : {0U, 1U, 2U}) {
            it.serve(route, exponential(5ms));
            it.add_stream(route, load * 1600 / 3);
        }
        it.run(60s);
        it.forget();
        it.run(60s);
        if (load > 1) {
            EXPECT_LT(it.limit_for(0.95) / 2, 8U);
        }
        EXPECT_GE(it.utilisation(), 0.95 * std::min(load, 1.0)) << load;
    }
}

TEST(limiter_settles, tails_and_pauses_do_not_make_it_collapse) {
    model it{32, 3};
    it.set_pauses(2s, 50ms);
    settle(it, {32, 3, lognormal(5ms, 1.1), "tails"}, 60s, 120s);
    EXPECT_GE(it.limit_for(0.05), 24);
    EXPECT_GE(it.utilisation(), 0.95);
}

TEST(limiter_settles, noise_under_a_millisecond_does_not_cut_below_the_start) {
    model it{64, 3};
    settle(it, {64, 3, exponential(150us), "noise"}, 3s, 5s);
    EXPECT_GE(it.lowest, 10);
}

TEST(limiter_settles, it_recovers_from_a_slow_minute_within_another) {
    model it{32, 3};
    settle(it, {32, 3, exponential(5ms), "well"});
    for (const std::size_t route : {0U, 1U, 2U})
        it.serve(route, exponential(25ms));
    it.run(60s);
    for (const std::size_t route : {0U, 1U, 2U})
        it.serve(route, exponential(5ms));
    it.run(60s);
    it.forget();
    it.run(30s);
    EXPECT_GE(it.utilisation(), 0.95);
}

}  // namespace
}  // namespace curfew
