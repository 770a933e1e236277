#include <curfew/core/limiter.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace curfew {
namespace {

using namespace std::chrono_literals;

struct recorder final : limiter_listener {
    void on_limit(const limit_change& change) noexcept override { seen.push_back(change); }

    std::vector<limit_change> seen;
};

/// Two routes that may each take the whole limit, unless told otherwise.
struct bench {
    explicit bench(const limiter_config& config = {.route_share_percent = 100})
        : limit{config, &heard} {}

    /// Takes all the places there are.
    std::vector<limiter::permit> fill(limiter::route& where) {
        std::vector<limiter::permit> taken;
        while (auto permit = limit.try_acquire(where, clock.now()))
            taken.push_back(*std::move(permit));
        return taken;
    }

    void end(std::vector<limiter::permit>& running, outcome result, cause_kind why) {
        for (auto& permit : running)
            permit.finish(result, why, clock.now());
        running.clear();
    }

    /// `count` calls one after the other, each alone.
    void alone(limiter::route& where, int count, duration took) {
        for (int made = 0; made < count; ++made) {
            auto permit = limit.try_acquire(where, clock.now());
            ASSERT_TRUE(permit.has_value());
            clock.advance(took);
            permit->finish(outcome::success, cause_kind::completed, clock.now());
        }
    }

    /// Fills up `rounds` times, each call ending after `took`.
    void full(limiter::route& where, int rounds, duration took) {
        for (int made = 0; made < rounds; ++made) {
            auto running = fill(where);
            clock.advance(took);
            end(running, outcome::success, cause_kind::completed);
        }
    }

    std::uint32_t now_limit() const { return limit.status().limit; }

    recorder heard;
    manual_clock clock{time_point{1h}};
    limiter limit;
    limiter::route a;
    limiter::route b;
};

TEST(limiter, starts_at_ten_of_which_one_route_holds_half) {
    bench it{limiter_config{}};
    const auto running = it.fill(it.a);
    EXPECT_EQ(running.size(), 5);
    EXPECT_EQ(it.limit.try_acquire(it.a, it.clock.now()).error(), shed_reason::route_share);
    const auto others = it.fill(it.b);
    EXPECT_EQ(others.size(), 5);
    limiter::route third;
    EXPECT_EQ(it.limit.try_acquire(third, it.clock.now()).error(), shed_reason::in_flight);
    EXPECT_EQ(it.limit.status().refused_share, 2);
    EXPECT_EQ(it.limit.status().refused, 2);
}

TEST(limiter, a_place_comes_back_however_the_permit_ends) {
    bench it;
    {
        auto first = it.fill(it.a);
        auto moved = std::move(first.back());
        first.pop_back();
        EXPECT_EQ(it.limit.status().in_flight, 10);
        moved.finish(outcome::cancelled, cause_kind::cancelled, it.clock.now());
        EXPECT_FALSE(moved.held());
        EXPECT_EQ(it.limit.status().in_flight, 9);
    }
    EXPECT_EQ(it.limit.status().in_flight, 0);
    EXPECT_EQ(it.fill(it.a).size(), 10);
}

TEST(limiter, grows_by_half_while_refused_calls_meet_healthy_ones_and_nothing_has_queued) {
    bench it;
    it.alone(it.a, 16, 10ms);
    it.full(it.a, 20, 10ms);
    EXPECT_EQ(it.now_limit(), 15);
    ASSERT_EQ(it.heard.seen.size(), 1);
    EXPECT_EQ(it.heard.seen[0].why, limit_reason::demand);
    EXPECT_EQ(it.heard.seen[0].from, 10);
    EXPECT_EQ(it.heard.seen[0].overdue, 0);
}

TEST(limiter, long_calls_double_it) {
    bench it;
    it.alone(it.a, 16, 1s);
    it.full(it.a, 1, 1s);
    EXPECT_EQ(it.now_limit(), 10) << "a window lasts from its first vote";
    it.full(it.a, 1, 1s);
    EXPECT_EQ(it.now_limit(), 20);
}

TEST(limiter, after_the_first_queue_it_grows_by_one) {
    bench it;
    it.alone(it.a, 16, 10ms);
    it.full(it.a, 20, 40ms);
    ASSERT_EQ(it.now_limit(), 9) << "a cut by latency";
    it.full(it.a, 400, 10ms);
    ASSERT_GE(it.heard.seen.size(), 3);
    for (std::size_t i = 1; i < it.heard.seen.size(); ++i)
        EXPECT_EQ(it.heard.seen[i].to, it.heard.seen[i].from + 1);
}

TEST(limiter, item_12_a_limit_that_nobody_ran_into_does_not_grow) {
    bench it;
    it.alone(it.a, 16, 10ms);
    for (int round = 0; round < 100; ++round) {
        auto nine = it.fill(it.a);
        nine.clear();
        std::vector<limiter::permit> running;
        for (int made = 0; made < 9; ++made)
            running.push_back(*it.limit.try_acquire(it.b, it.clock.now()));
        it.clock.advance(10ms);
        it.end(running, outcome::success, cause_kind::completed);
    }
    EXPECT_EQ(it.now_limit(), 10);
}

TEST(limiter, cuts_when_most_busy_calls_take_longer_than_their_route_usually_does) {
    bench it;
    it.alone(it.a, 16, 10ms);
    it.alone(it.b, 16, 100ms);
    auto running = it.fill(it.b);
    it.clock.advance(100ms);
    it.end(running, outcome::success, cause_kind::completed);
    EXPECT_EQ(it.now_limit(), 10);  // usual for b
    it.full(it.a, 11, 16ms);
    EXPECT_EQ(it.now_limit(), 9);
    EXPECT_EQ(it.heard.seen[0].why, limit_reason::latency);
    EXPECT_TRUE(it.limit.status().overloaded);
}

TEST(limiter, below_the_slack_latency_is_noise) {
    bench it;
    it.alone(it.a, 16, 50us);
    it.full(it.a, 1000, 500us);
    EXPECT_GE(it.now_limit(), 10);
    EXPECT_EQ(it.limit.status().cut, 0);
}

TEST(limiter, item_10_one_burst_of_timeouts_cuts_once) {
    bench it{{.start = 40, .route_share_percent = 100}};
    auto running = it.fill(it.a);
    ASSERT_EQ(running.size(), 40);
    it.clock.advance(30s);
    it.end(running, outcome::timeout, cause_kind::own_timeout);
    EXPECT_EQ(it.now_limit(), 36);
    ASSERT_EQ(it.heard.seen.size(), 1);
    EXPECT_EQ(it.heard.seen[0].why, limit_reason::timeouts);
    EXPECT_EQ(it.heard.seen[0].epoch, 1);
}

TEST(limiter, item_10_votes_of_calls_older_than_the_last_change_are_void) {
    bench it;
    auto first = it.fill(it.a);
    it.limit.reconfigure({.start = 9, .ceiling = 9, .route_share_percent = 100}, it.clock.now());
    it.clock.advance(30s);
    it.end(first, outcome::timeout, cause_kind::own_timeout);
    EXPECT_EQ(it.now_limit(), 9);
    EXPECT_EQ(it.heard.seen.back().why, limit_reason::reconfigured);
}

TEST(limiter, item_11_busy_calls_never_raise_the_healthy_time) {
    bench it{{.floor = 5, .route_share_percent = 100, .measure_every = 24h}};
    it.alone(it.b, 32, 10ms);
    it.alone(it.a, 16, 10ms);
    it.full(it.a, 2000, 40ms);
    EXPECT_EQ(it.limit.healthy(it.a), 10ms);
    EXPECT_EQ(it.now_limit(), 5);
}

TEST(limiter, item_11_busy_calls_correct_a_healthy_time_that_was_learnt_too_high) {
    bench it;
    it.alone(it.a, 16, 1s);
    it.full(it.a, 120, 10ms);
    EXPECT_LE(it.limit.healthy(it.a), 20ms);
    EXPECT_GE(it.limit.healthy(it.a), 10ms);
}

TEST(limiter, item_11_an_absolute_bound_holds_whatever_was_learnt) {
    bench it{{.route_share_percent = 100, .max_healthy = 200ms}};
    it.alone(it.a, 50, 500ms);
    it.full(it.a, 2, 250ms);
    EXPECT_EQ(it.now_limit(), 9);
}

TEST(limiter, item_13_thin_windows_are_thrown_away_whole) {
    bench it{{.route_share_percent = 100, .window_max = 10s}};
    for (int probe = 0; probe < 50; ++probe) {
        auto running = it.fill(it.a);
        running.erase(running.begin(), running.begin() + 7);  // three busy ones
        it.clock.advance(30s);
        it.end(running, outcome::timeout, cause_kind::own_timeout);
    }
    EXPECT_EQ(it.now_limit(), 10);
    EXPECT_EQ(it.limit.status().discarded, 49);
}

TEST(limiter, item_10_an_overloaded_upstream_is_measured_at_a_quarter_of_the_limit) {
    bench it{{.start = 40, .route_share_percent = 100}};
    it.alone(it.a, 16, 10ms);
    it.full(it.a, 6, 50ms);
    ASSERT_TRUE(it.limit.status().measuring);
    const auto limit = it.now_limit();
    auto few = it.fill(it.a);
    EXPECT_EQ(few.size(), limit / 4);
    it.end(few, outcome::success, cause_kind::completed);
    it.full(it.a, 20, 50ms);
    EXPECT_FALSE(it.limit.status().measuring);
    EXPECT_GT(it.limit.healthy(it.a), 30ms);
}

TEST(limiter, item_10_measuring_ends_by_the_clock_too) {
    bench it{{.start = 40, .route_share_percent = 100}};
    it.alone(it.a, 16, 10ms);
    it.full(it.a, 6, 50ms);
    ASSERT_TRUE(it.limit.status().measuring);
    it.clock.advance(2s);
    EXPECT_EQ(it.fill(it.a).size(), it.now_limit());
}

TEST(limiter, item_10_hung_calls_do_not_keep_new_ones_out_while_measuring) {
    bench it{{.start = 40, .route_share_percent = 50}};
    it.alone(it.b, 16, 10ms);
    const auto hung = it.fill(it.a);
    it.full(it.b, 6, 50ms);
    ASSERT_TRUE(it.limit.status().measuring);
    auto few = it.fill(it.b);
    EXPECT_EQ(few.size(), it.now_limit() / 4);
}

TEST(limiter, item_13_the_floor_admits_one_and_is_left_again) {
    bench it{{.route_share_percent = 50}};
    it.alone(it.a, 16, 10ms);
    it.alone(it.b, 16, 10ms);
    for (int round = 0; round < 400; ++round) {
        auto first = it.fill(it.a);
        auto second = it.fill(it.b);
        it.clock.advance(100ms * static_cast<int>(first.size() + second.size()));
        it.end(first, outcome::timeout, cause_kind::own_timeout);
        it.end(second, outcome::timeout, cause_kind::own_timeout);
    }
    ASSERT_EQ(it.now_limit(), 1);
    for (int round = 0; round < 400; ++round)
        it.full(round % 2 == 0 ? it.a : it.b, 1, 10ms);
    EXPECT_GT(it.now_limit(), 4);
}

TEST(limiter, item_14_fast_errors_and_departures_are_no_samples) {
    bench it;
    it.alone(it.a, 16, 10ms);
    for (int round = 0; round < 100; ++round) {
        auto running = it.fill(it.a);
        it.clock.advance(1ms);
        const auto result = round % 3 == 0   ? outcome::failure
                            : round % 3 == 1 ? outcome::cancelled
                                             : outcome::timeout;
        it.end(running, result, cause_kind::inherited_deadline);
    }
    EXPECT_EQ(it.now_limit(), 10);
    EXPECT_EQ(it.limit.healthy(it.a), 10ms);
}

TEST(limiter, item_15_shrinking_cancels_nothing_and_admits_when_there_is_room) {
    bench it;
    auto running = it.fill(it.a);
    it.limit.reconfigure({.start = 3, .ceiling = 3, .route_share_percent = 100}, it.clock.now());
    EXPECT_EQ(it.limit.status().in_flight, 10);
    running.resize(3);
    EXPECT_FALSE(it.limit.try_acquire(it.b, it.clock.now()).has_value());
    running.pop_back();
    EXPECT_TRUE(it.limit.try_acquire(it.b, it.clock.now()).has_value());
}

TEST(limiter, refusals_of_a_route_that_gets_no_answers_are_no_demand) {
    bench it{limiter_config{}};
    it.alone(it.b, 16, 10ms);
    const auto hung = it.fill(it.a);
    for (int round = 0; round < 100; ++round) {
        EXPECT_FALSE(it.limit.try_acquire(it.a, it.clock.now()).has_value());
        std::vector<limiter::permit> running;
        for (int made = 0; made < 4; ++made)
            running.push_back(*it.limit.try_acquire(it.b, it.clock.now()));
        it.clock.advance(10ms);
        it.end(running, outcome::success, cause_kind::completed);
    }
    EXPECT_EQ(it.now_limit(), 10);
}

TEST(limiter, cuts_leave_half_of_the_limit_to_the_calls_that_live) {
    bench on{{.route_share_percent = 50}};
    limiter::route hung;
    limiter::route well;
    auto stuck = on.fill(hung);
    ASSERT_EQ(stuck.size(), 5U);
    for (auto& each : stuck) {
        each.set_aside();
        each.set_aside();
    }
    on.limit.reconfigure({.start = 5, .ceiling = 5, .route_share_percent = 100}, on.clock.now());
    ASSERT_EQ(on.now_limit(), 5U);
    auto living = on.fill(well);
    EXPECT_EQ(living.size(), 2U) << "half of five";
    on.end(living, outcome::success, cause_kind::completed);
    on.end(stuck, outcome::ignored, cause_kind::completed);
    auto after = on.fill(well);
    EXPECT_EQ(after.size(), 5U);
    on.end(after, outcome::success, cause_kind::completed);
}

TEST(limiter, however_many_calls_hang_half_of_the_limit_is_for_the_living) {
    bench on{{.route_share_percent = 50}};
    std::array<limiter::route, 4> hung;
    limiter::route well;
    std::vector<limiter::permit> stuck;
    for (auto& each : hung) {
        for (auto& permit : on.fill(each)) {
            permit.set_aside();
            stuck.push_back(std::move(permit));
        }
    }
    EXPECT_EQ(stuck.size(), 20U) << "each route its share";
    auto living = on.fill(well);
    EXPECT_EQ(living.size(), 5U);
    on.end(living, outcome::success, cause_kind::completed);
    on.end(stuck, outcome::ignored, cause_kind::completed);
}

TEST(limiter, is_safe_to_share_between_threads) {
    limiter shared{{.start = 3, .ceiling = 3, .route_share_percent = 100}};
    limiter::route where;
    std::atomic<int> inside = 0;
    const auto work = [&] {
        for (int round = 0; round < 20'000; ++round) {
            const time_point now{1h + round * 1us};
            auto first = shared.try_acquire(where, now);
            auto second = shared.try_acquire(where, now);
            inside += (first ? 1 : 0) + (second ? 1 : 0);
            ASSERT_LE(inside.load(), 3);
            inside -= (first ? 1 : 0) + (second ? 1 : 0);
            if (first) first->finish(outcome::success, cause_kind::completed, now + 1us);
        }
    };
    std::thread other{work};
    work();
    other.join();
    EXPECT_EQ(shared.status().in_flight, 0);
}

}  // namespace
}  // namespace curfew
