// The guards together, as a gateway places them: a breaker and a bulkhead for each route, a limiter
// above them, a queue in front. A seeded walk of arrivals, ends, hangs, time-outs and departures.
#include <curfew/core/breaker.hpp>
#include <curfew/core/bulkhead.hpp>
#include <curfew/core/limiter.hpp>
#include <curfew/core/wait_queue.hpp>

#include <gtest/gtest.h>

#include <array>
#include <list>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace curfew {
namespace {

using namespace std::chrono_literals;

struct pass {
    breaker::permit target;
    bulkhead::permit place;
    limiter::permit share;
};

using line = wait_queue<pass>;

struct route {
    breaker gate{
        {.reset = 200ms, .probes = 2, .probe_results = 3, .probe_failures = 2, .probe_lease = 500ms}
    };
    bulkhead hold{{.cap = 6, .abandoned_cap = 4}};
    limiter::route state;
    line waiting{8};
};

struct caller : line::waiter {
    explicit caller(std::size_t to, int& settled) noexcept
        : waiter{told}, where{to}, settlements{settled} {}

    static void told(waiter& decided) noexcept {
        auto& self = static_cast<caller&>(decided);
        ++self.settled;
        ++self.settlements;
    }

    std::size_t where;
    int& settlements;
    int settled = 0;
    std::optional<pass> running;
};

class walk {
  public:
    explicit walk(unsigned seed) : random_{seed} {}

    void step() {
        now_ += (random_() % 20) * 1ms;
        switch (random_() % 8) {
            case 0:
            case 1:
            case 2:
                arrive();
                break;
            case 3:
            case 4:
                end_one();
                break;
            case 5:
                hang_one();
                break;
            case 6:
                expire_all();
                break;
            default:
                depart_one();
        }
        collect();
        check();
    }

    void finish() {
        callers_.clear();
        for (auto& one : routes_) {
            EXPECT_TRUE(one.waiting.empty());
            EXPECT_EQ(one.hold.status().in_flight, 0);
            EXPECT_EQ(one.hold.status().abandoned, 0);
            EXPECT_EQ(one.gate.status(now_).probes_running, 0);
        }
        EXPECT_EQ(upstream_.status().in_flight, 0);
        EXPECT_EQ(settled_, settlements_) << "a waiter was settled twice, or never told";
    }

    int opened() const {
        std::uint64_t sum = 0;
        for (const auto& one : routes_)
            sum += one.gate.status(now_).totals.opened;
        return static_cast<int>(sum);
    }

    int granted = 0;
    int expired = 0;
    int refused = 0;

  private:
    std::optional<pass> try_pass(std::size_t where) {
        auto& one = routes_[where];
        auto place = one.hold.try_acquire();
        if (!place) return std::nullopt;
        auto share = upstream_.try_acquire(one.state, now_);
        if (!share) return std::nullopt;
        auto target = one.gate.try_acquire(now_);
        if (!target) return std::nullopt;
        return pass{*std::move(target), *std::move(place), *std::move(share)};
    }

    void arrive() {
        const auto where = random_() % routes_.size();
        auto& made = callers_.emplace_back(where, settlements_);
        if (routes_[where].waiting.empty()) made.running = try_pass(where);
        if (made.running) return;
        const auto until = deadline::after(now_, (random_() % 100) * 1ms);
        if (!routes_[where].waiting.enqueue(made, until, now_)) {
            ++refused;
            callers_.pop_back();
        }
    }

    /// Hands free places to those who wait.
    void admit() {
        for (std::size_t where = 0; where < routes_.size(); ++where) {
            while (!routes_[where].waiting.empty()) {
                auto permits = try_pass(where);
                if (!permits || !routes_[where].waiting.grant_next(*permits, now_)) break;
            }
        }
    }

    std::list<caller>::iterator pick() {
        return std::next(callers_.begin(), static_cast<long>(random_() % callers_.size()));
    }

    void end_one() {
        if (callers_.empty()) return;
        const auto it = pick();
        if (!it->running) return;
        const auto result = static_cast<outcome>(random_() % 5);
        const auto why =
            result == outcome::timeout ? cause_kind::own_timeout : cause_kind::completed;
        const bool recovered = it->running->target.hanging() && result == outcome::success;
        it->running->target.finish(result, why, now_);
        it->running->share.finish(result, why, now_);
        if (recovered) routes_[it->where].gate.hint_recovered(now_);
        callers_.erase(it);
        admit();
    }

    void hang_one() {
        if (callers_.empty()) return;
        const auto it = pick();
        if (!it->running) return;
        it->running->target.mark_hanging(now_);
        it->running->place.abandon();
    }

    void depart_one() {
        if (callers_.empty()) return;
        const auto it = pick();
        if (it->running || random_() % 2 == 0) callers_.erase(it);
        admit();
    }

    void expire_all() {
        for (auto& one : callers_)
            one.expire(now_);
    }

    void collect() {
        for (auto it = callers_.begin(); it != callers_.end();) {
            settled_ += it->settled;
            it->settled = 0;
            if (auto permits = it->take()) {
                ASSERT_EQ(it->state(), wait_state::granted);
                it->running = std::move(permits);
                ++granted;
            }
            const bool over = it->state() == wait_state::expired;
            expired += over ? 1 : 0;
            it = over ? callers_.erase(it) : std::next(it);
        }
    }

    void check() {
        std::array<std::uint32_t, 3> running{};
        std::array<std::uint32_t, 3> abandoned{};
        std::array<std::size_t, 3> waiting{};
        for (const auto& one : callers_) {
            const bool waits = one.state() == wait_state::waiting;
            ASSERT_NE(waits, one.running.has_value()) << "each caller waits or runs";
            waiting[one.where] += waits ? 1 : 0;
            running[one.where] += waits ? 0 : 1;
            abandoned[one.where] += !waits && one.running->place.abandoned() ? 1 : 0;
        }
        std::uint32_t all = 0;
        for (std::size_t where = 0; where < routes_.size(); ++where) {
            const auto held = routes_[where].hold.status();
            ASSERT_EQ(held.in_flight, running[where]);
            ASSERT_EQ(held.abandoned, abandoned[where]);
            ASSERT_LE(held.in_flight, held.cap);
            ASSERT_EQ(routes_[where].waiting.size(), waiting[where]);
            ASSERT_LE(waiting[where], routes_[where].waiting.bound());
            ASSERT_LE(routes_[where].gate.status(now_).probes_running, 2);
            all += running[where];
        }
        ASSERT_EQ(upstream_.status().in_flight, all);
        ASSERT_GE(upstream_.status().limit, 1);
        ASSERT_LE(all, 18);
    }

    std::mt19937 random_;
    time_point now_{1h};
    int settled_ = 0;
    int settlements_ = 0;
    limiter upstream_;
    std::array<route, 3> routes_;
    std::list<caller> callers_;
};

TEST(guards, permits_balance_and_no_waiter_is_lost_over_random_walks) {
    int opened = 0;
    int granted = 0;
    int expired = 0;
    int refused = 0;
    for (unsigned seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE(testing::Message{} << "seed " << seed);
        walk one{seed};
        for (int step = 0; step < 1000; ++step) {
            one.step();
            if (testing::Test::HasFatalFailure()) return;
        }
        opened += one.opened();
        granted += one.granted;
        expired += one.expired;
        refused += one.refused;
        one.finish();
    }
    EXPECT_GT(opened, 30);
    EXPECT_GT(granted, 30);
    EXPECT_GT(expired, 30);
    EXPECT_GT(refused, 30);
}

}  // namespace
}  // namespace curfew
