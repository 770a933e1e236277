#include "admission_samples.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>

namespace curfew::gateway {
namespace {

/// A backend of eight blocking workers that know nothing of disconnects, behind an admission, in
/// simulated time: what the demo does with real processes.
class shop {
  public:
    struct tally {
        int served = 0;
        int refused = 0;
        int timed_out = 0;
        duration slowest_refusal{};
        duration slowest{};
    };

    static constexpr std::size_t routes = 4;
    static constexpr route_index hung_route = 3;
    static constexpr std::size_t workers = 8;

    shop() : gate_{routes} {}

    /// Requests on every route each `every`, from `from` to `until`, seeded jitter.
    void load(duration every, duration from, duration until, std::uint64_t seed) {
        std::mt19937_64 random{seed};
        std::uniform_int_distribution<duration::rep> jitter{0, every.count()};
        for (route_index route = 0; route < routes; ++route) {
            for (auto at = from; at < until; at += every) {
                later(start + at + duration{jitter(random)}, [this, route] { arrive(route); });
            }
        }
    }

    void hang(duration from, duration until) {
        later(start + from, [this] { hung_ = true; });
        later(start + until, [this] { end_hang(); });
    }

    void run(duration until) {
        for (auto at = 100ms; at < until; at += 100ms) {
            later(start + at, [this] { gate_.guards.tick(gate_.now); });
        }
        while (!events_.empty() && events_.begin()->first <= start + until) {
            auto event = events_.extract(events_.begin());
            gate_.now = std::max(gate_.now, event.key());
            event.mapped()();
            read_mail();
        }
    }

    [[nodiscard]] tally of(route_index route, duration from, duration until) const {
        tally sum;
        for (const auto& each : log_) {
            if (each.route != route || each.arrived < start + from) continue;
            if (each.arrived >= start + until) continue;
            sum.served += each.ended == outcome::success ? 1 : 0;
            sum.timed_out += each.ended == outcome::timeout ? 1 : 0;
            if (each.ended == outcome::success) sum.slowest = std::max(sum.slowest, each.took);
            if (each.ended != outcome::ignored) continue;
            ++sum.refused;
            sum.slowest_refusal = std::max(sum.slowest_refusal, each.took);
        }
        return sum;
    }

    small_gateway& gate() { return gate_; }

    std::uint32_t most_hung_workers = 0;

  private:
    static constexpr duration limit = 30s;
    static constexpr duration service = 10ms;

    struct request {
        explicit request(route_index on, time_point at) : route{on}, arrived{at} {}

        route_index route;
        time_point arrived;
        waiter wait{&mailbox::note};
        permit held;
        bool over = false;
    };

    struct line {
        route_index route;
        time_point arrived;
        outcome ended;
        duration took;
    };

    void later(time_point at, std::function<void()> what) { events_.emplace(at, std::move(what)); }

    void finish(request& one, outcome ended) {
        if (one.over) return;
        one.over = true;
        log_.push_back({one.route, one.arrived, ended, gate_.now - one.arrived});
    }

    void arrive(route_index route) {
        auto& one = requests_.emplace_back(route, gate_.now);
        by_waiter_[&one.wait] = &one;
        const bound until{deadline::after(gate_.now, limit)};
        decide(one, gate_.guards.enter(route, one.wait, until, gate_.now));
        later(gate_.now + limit, [this, &one] { limit_reached(one); });
    }

    void decide(request& one, entered came) {
        if (std::holds_alternative<refused>(came)) return finish(one, outcome::ignored);
        if (std::holds_alternative<queued>(came)) return;
        one.held = std::get<permit>(std::move(came));
        later(one.held.hangs_at(limit), [this, &one] {
            if (one.held.held()) (void)one.held.mark_hanging(gate_.now);
        });
        backlog_.push_back(&one);
        work();
    }

    void limit_reached(request& one) {
        if (one.over) return;
        if (!one.held.held()) return decide(one, gate_.guards.collect(one.wait, gate_.now));
        one.held.abandon(outcome::timeout, cause_kind::own_timeout, gate_.now);
        finish(one, outcome::timeout);
    }

    void work() {
        while (!backlog_.empty() && busy_ < workers) {
            auto* one = backlog_.front();
            backlog_.pop_front();
            ++busy_;
            if (hung_ && one->route == hung_route) {
                stuck_.push_back(one);
                most_hung_workers =
                    std::max(most_hung_workers, static_cast<std::uint32_t>(stuck_.size()));
                continue;
            }
            later(gate_.now + service, [this, one] { answer(*one); });
        }
    }

    void answer(request& one) {
        --busy_;
        one.held.answered(gate_.now);
        finish(one, outcome::success);
        succeed(one.held, gate_.now);
        work();
    }

    void end_hang() {
        hung_ = false;
        auto freed = std::exchange(stuck_, {});
        for (auto* one : freed)
            answer(*one);
    }

    void read_mail() {
        while (!mailbox::decided.empty()) {
            auto* wait = mailbox::decided.back();
            mailbox::decided.pop_back();
            auto& one = *by_waiter_.at(wait);
            decide(one, gate_.guards.collect(*wait, gate_.now));
        }
    }

    small_gateway gate_;
    std::deque<request> requests_;
    std::map<const waiter*, request*> by_waiter_;
    std::multimap<time_point, std::function<void()>> events_;
    std::deque<request*> backlog_;
    std::vector<request*> stuck_;
    std::vector<line> log_;
    std::size_t busy_ = 0;
    bool hung_ = false;
};

TEST(admission_scenario, a_hung_route_costs_the_healthy_ones_nothing) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        shop backend;
        backend.load(40ms, 0s, 120s, seed);
        backend.hang(20s, 80s);
        backend.run(200s);

        EXPECT_LE(backend.most_hung_workers, 5U) << "the share of the limit";
        for (route_index route = 0; route < 3; ++route) {
            const auto healthy = backend.of(route, 0s, 120s);
            EXPECT_EQ(healthy.served, 3000);
            EXPECT_EQ(healthy.refused + healthy.timed_out, 0);
            EXPECT_LE(healthy.slowest, 100ms);
        }
        const auto hung = backend.of(shop::hung_route, 22s, 78s);
        EXPECT_EQ(hung.served, 0);
        EXPECT_GE(hung.refused, 1390);
        EXPECT_LE(hung.slowest_refusal, 0ns) << "refused at once when the breaker is open";
        const auto first = backend.of(shop::hung_route, 20s, 22s);
        EXPECT_LE(first.slowest_refusal, 1200ms) << "opened one threshold after the hang began";
        EXPECT_GE(first.slowest_refusal, 800ms) << "and not before: some waited for it";
        const auto after = backend.of(shop::hung_route, 82s, 120s);
        EXPECT_EQ(after.refused, 0) << "abandoned work ended well, so it probed at once";
        EXPECT_EQ(backend.gate().guards.in_flight(), 0U);
        EXPECT_EQ(backend.gate().guards.waiting(), 0U);
    }
}

TEST(admission_scenario, what_a_hung_route_leaves_is_used_to_the_full) {
    shop backend;
    backend.load(7ms, 0s, 60s, 1);
    backend.hang(10s, 58s);
    backend.run(100s);

    // 430 requests a second want what is left of eight workers, at 10 ms each. The limit had grown
    // a little under this load, so half of it may be six.
    const auto hung = static_cast<int>(backend.most_hung_workers);
    ASSERT_LE(hung, 6);
    const int a_second = (8 - hung) * 100;
    int served = 0;
    for (route_index route = 0; route < 3; ++route) {
        const auto healthy = backend.of(route, 15s, 55s);
        EXPECT_EQ(healthy.timed_out, 0);
        EXPECT_LE(healthy.slowest, duration{300s} / a_second + 250ms) << "three full queues' worth";
        EXPECT_NEAR(healthy.served, 40.0 * a_second / 3, 60) << "a third for each";
        served += healthy.served;
    }
    EXPECT_GE(served, 40 * a_second * 98 / 100);
    const auto view = backend.gate().picture();
    for (route_index route = 0; route < 3; ++route) {
        EXPECT_EQ(view.routes[route].breaker_opened, 0U) << "waiting is not hanging";
    }
}

}  // namespace
}  // namespace curfew::gateway
