#include "limiter_model.hpp"

#include <gtest/gtest.h>

namespace curfew {
namespace {

using namespace limiter_model;

TEST(limiter_sim, eight_workers_end_up_with_little_more_than_eight_calls) {
    model it{8, 3};
    for (std::size_t route = 0; route < 3; ++route) {
        it.serve(route, exponential(5ms));
        it.add_clients(route, 50);
    }
    it.run(30s);
    it.forget();
    it.run(30s);
    EXPECT_LE(it.highest, 20);
    EXPECT_GE(it.lowest, 5);
    EXPECT_LE(it.median_latency(0), 3466us * 9 / 4);
}

TEST(limiter_sim, a_wide_backend_is_used) {
    model it{64, 3};
    for (std::size_t route = 0; route < 3; ++route) {
        it.serve(route, lognormal(5ms, 0.5));
        it.add_clients(route, 100);
    }
    it.run(60s);
    it.forget();
    it.run(10s);
    EXPECT_GE(it.lowest, 48);
    EXPECT_LE(it.highest, 128);
}

TEST(limiter_sim, one_route_alone_settles_at_twice_that) {
    model it{8, 1};
    it.serve(0, exponential(5ms));
    it.add_clients(0, 100);
    it.run(30s);
    it.forget();
    it.run(30s);
    EXPECT_LE(it.highest, 40);
    EXPECT_GE(it.lowest, 10);
}

TEST(limiter_sim, light_load_leaves_it_near_the_start) {
    model it{8, 3};
    for (std::size_t route = 0; route < 3; ++route) {
        it.serve(route, exponential(5ms));
        it.add_stream(route, 100);
    }
    it.run(600s);
    EXPECT_GE(it.lowest, 5);
    EXPECT_LE(it.highest, 16);
}

TEST(limiter_sim, routes_of_very_different_speed_share_one_limit) {
    model it{8, 2};
    it.serve(0, exponential(2ms));
    it.serve(1, exponential(400ms));
    it.add_stream(0, 500);
    it.add_stream(1, 5);
    it.run(120s);
    EXPECT_GE(it.now_limit(), 6);
    EXPECT_GT(it.healthy(1), 50 * it.healthy(0));
}

TEST(limiter_sim, a_hung_route_does_not_drag_the_limit_down) {
    model it{8, 3};
    it.set_timeout(2s);
    it.serve(0, [](auto&) { return duration{2s}; });  // busy until the time-out
    for (const std::size_t route : {1U, 2U})
        it.serve(route, exponential(5ms));
    for (const std::size_t route : {0U, 1U, 2U})
        it.add_stream(route, 100);
    it.run(600s);
    EXPECT_GE(it.lowest, 5);
    EXPECT_LE(it.highest, 16);
    EXPECT_GE(it.answered(1) + it.answered(2), 119'000);
}

TEST(limiter_sim, oscillating_load_does_not_pin_it) {
    model it{64, 3};
    for (std::size_t route = 0; route < 3; ++route)
        it.serve(route, exponential(5ms));
    for (int second = 0; second < 60; ++second) {
        for (std::size_t route = 0; route < 3; ++route)
            it.burst(route, 1000);
        it.run(1s);
    }
    EXPECT_GE(it.now_limit(), 20);
}

TEST(limiter_sim, it_follows_a_backend_that_loses_workers_and_gets_them_back) {
    model it{64, 3};
    for (std::size_t route = 0; route < 3; ++route) {
        it.serve(route, exponential(20ms));
        it.add_clients(route, 100);
    }
    it.run(60s);
    EXPECT_GE(it.now_limit(), 40);
    it.set_workers(8);
    it.run(60s);
    EXPECT_LE(it.now_limit(), 20);
    it.set_workers(64);
    it.run(60s);
    EXPECT_GE(it.now_limit(), 40);
}

TEST(limiter_sim, item_11_an_incident_that_lasts_does_not_raise_it) {
    model it{8, 3};
    for (std::size_t route = 0; route < 3; ++route) {
        it.serve(route, exponential(5ms));
        it.add_clients(route, 50);
    }
    it.run(30s);
    for (std::size_t route = 0; route < 3; ++route)
        it.serve(route, exponential(50ms));
    it.run(60s);
    it.forget();
    it.run(600s);
    EXPECT_LE(it.highest, 24);
    for (std::size_t route = 0; route < 3; ++route)
        it.serve(route, exponential(5ms));
    it.run(240s);
    EXPECT_GE(it.now_limit(), 6);
    EXPECT_LE(it.now_limit(), 24);
}

TEST(limiter_sim, a_lasting_slowdown_is_learnt_and_the_load_is_served_again) {
    model it{64, 3};
    for (std::size_t route = 0; route < 3; ++route) {
        it.serve(route, lognormal(20ms, 0.5));
        it.add_stream(route, 300);
    }
    it.run(30s);
    for (std::size_t route = 0; route < 3; ++route)
        it.serve(route, lognormal(50ms, 0.5));
    it.run(240s);
    it.forget();
    it.run(10s);
    EXPECT_GE(it.answered(0) + it.answered(1) + it.answered(2), 8'800);
    EXPECT_GE(it.lowest, 40);
}

}  // namespace
}  // namespace curfew
