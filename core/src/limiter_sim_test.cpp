#include <curfew/core/limiter.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <list>
#include <queue>
#include <random>
#include <utility>
#include <vector>

namespace curfew {
namespace {

using namespace std::chrono_literals;

/// A backend with blocking workers behind a limiter, in simulated time. Calls that find no place
/// wait in one queue for each route, served in turn; inside the backend they wait for a worker.
class model {
  public:
    using service = std::function<duration(std::mt19937&)>;

    model(std::size_t workers, std::size_t routes, const limiter_config& config = {})
        : limit{config}, routes_(routes), waiting_(routes), workers_{workers} {
        for (auto& one : routes_)
            one.serve = [](auto&) { return duration{10ms}; };
    }

    void serve(std::size_t route, service how) { routes_[route].serve = std::move(how); }

    void hang(std::size_t route) {
        serve(route, [](auto&) { return duration{1h}; });
    }

    void set_workers(std::size_t workers) { workers_ = workers; }

    void set_timeout(duration after) { timeout_ = after; }

    /// `clients` that each call again as soon as they are answered.
    void add_clients(std::size_t route, int clients) {
        for (int made = 0; made < clients; ++made)
            arrive(route, true);
    }

    /// Calls that arrive at random, `per_second` on average, for as long as `run` lasts.
    void add_stream(std::size_t route, double per_second) {
        at(now_, [=, this] { next_arrival(route, per_second); });
    }

    void burst(std::size_t route, int calls) {
        for (int made = 0; made < calls; ++made)
            arrive(route, false);
    }

    void run(duration span) {
        const auto until = now_ + span;
        while (!agenda_.empty() && agenda_.top().when <= until) {
            auto next = agenda_.top();
            agenda_.pop();
            now_ = next.when;
            next.what();
            lowest = std::min(lowest, limit.status().limit);
            highest = std::max(highest, limit.status().limit);
        }
        now_ = until;
    }

    /// From here on, what was seen is counted anew.
    void forget() {
        lowest = highest = limit.status().limit;
        for (auto& one : routes_)
            one.answered = one.timed_out = 0, one.latencies.clear();
    }

    std::uint32_t now_limit() const { return limit.status().limit; }

    std::size_t answered(std::size_t route) const { return routes_[route].answered; }

    duration healthy(std::size_t route) const { return limit.healthy(routes_[route].state); }

    /// Inside the backend, waiting for a worker included.
    duration median_latency(std::size_t route) {
        auto& all = routes_[route].latencies;
        std::ranges::sort(all);
        return all.empty() ? duration{} : all[all.size() / 2];
    }

    limiter limit;
    std::uint32_t lowest = UINT32_MAX;
    std::uint32_t highest = 0;

  private:
    struct one_route {
        limiter::route state;
        service serve;
        std::size_t answered = 0;
        std::size_t timed_out = 0;
        std::vector<duration> latencies;
    };

    struct call {
        std::size_t route = 0;
        bool again = false;
        bool ended = false;  // for the caller; a worker may still be busy with it
        time_point started{};
        limiter::permit permit;
    };

    struct entry {
        time_point when;
        std::uint64_t number;
        std::function<void()> what;

        bool operator<(const entry& other) const {
            return std::pair{when, number} > std::pair{other.when, other.number};
        }
    };

    void at(time_point when, std::function<void()> what) {
        agenda_.push({when, ++number_, std::move(what)});
    }

    void next_arrival(std::size_t route, double per_second) {
        arrive(route, false);
        const auto gap = std::exponential_distribution{per_second}(random_);
        at(now_ + std::chrono::duration_cast<duration>(std::chrono::duration<double>{gap}),
           [=, this] { next_arrival(route, per_second); });
    }

    void arrive(std::size_t route, bool again) {
        waiting_[route].push_back(again);
        admit();
    }

    void admit() {
        for (std::size_t tried = 0; tried < routes_.size(); ++tried) {
            const auto route = (turn_ + tried) % routes_.size();
            while (!waiting_[route].empty()) {
                auto permit = limit.try_acquire(routes_[route].state, now_);
                if (!permit) break;
                const bool again = waiting_[route].front();
                waiting_[route].pop_front();
                calls_.push_back({route, again, false, now_, *std::move(permit)});
                begin(std::prev(calls_.end()));
            }
        }
        turn_ = (turn_ + 1) % routes_.size();
    }

    void begin(std::list<call>::iterator one) {
        backlog_.push_back(one);
        if (timeout_ > duration::zero()) at(now_ + timeout_, [this, one] { time_out(one); });
        work();
    }

    void time_out(std::list<call>::iterator one) {
        if (one->ended) return;
        ++routes_[one->route].timed_out;
        end(*one, outcome::timeout, cause_kind::own_timeout);
    }

    void work() {
        while (busy_ < workers_ && !backlog_.empty()) {
            const auto one = backlog_.front();
            backlog_.pop_front();
            ++busy_;
            at(now_ + routes_[one->route].serve(random_), [this, one] { done(one); });
        }
    }

    void done(std::list<call>::iterator one) {
        --busy_;
        if (!one->ended) {
            ++routes_[one->route].answered;
            routes_[one->route].latencies.push_back(now_ - one->started);
            end(*one, outcome::success, cause_kind::completed);
        }
        work();
        admit();
    }

    void end(call& one, outcome result, cause_kind why) {
        one.ended = true;
        one.permit.finish(result, why, now_);
        if (one.again)
            at(now_, [this, route = one.route] { arrive(route, true); });
        else
            admit();
    }

    std::deque<one_route> routes_{};
    std::vector<std::deque<bool>> waiting_;
    std::list<call> calls_;
    std::deque<std::list<call>::iterator> backlog_;
    std::priority_queue<entry> agenda_;
    std::mt19937 random_{42};
    time_point now_{1h};
    duration timeout_{};
    std::size_t workers_;
    std::size_t busy_ = 0;
    std::size_t turn_ = 0;
    std::uint64_t number_ = 0;
};

model::service exponential(duration mean) {
    return [mean](std::mt19937& random) {
        const auto drawn = std::exponential_distribution{1.0}(random);
        return std::max(
            duration{1us},
            duration{static_cast<duration::rep>(drawn * static_cast<double>(mean.count()))}
        );
    };
}

model::service lognormal(duration median, double sigma) {
    return [=](std::mt19937& random) {
        const auto drawn = std::lognormal_distribution{0.0, sigma}(random);
        return std::max(
            duration{1us},
            duration{static_cast<duration::rep>(drawn * static_cast<double>(median.count()))}
        );
    };
}

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
