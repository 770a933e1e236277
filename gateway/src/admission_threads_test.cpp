#include <curfew/gateway/admission.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{1h};

/// A waiter as a loop would have one: the hook, on any thread, raises a flag.
struct seat : waiter {
    seat() : waiter{[](waiter& self) noexcept { static_cast<seat&>(self).raise(); }} {}

    void raise() noexcept {
        ++raised;
        decided.store(true, std::memory_order_release);
    }

    std::atomic<bool> decided = false;
    int raised = 0;
};

constexpr int rounds = 500;

struct counts {
    int admitted = 0;
    int refused = 0;
};

/// Sends `times` requests; a queued one waits for word for a while, then gives up.
counts send(admission& guards, std::uint64_t seed, int times, std::atomic<int>& inside) {
    std::mt19937_64 random{seed};
    counts seen;
    for (int i = 0; i < times; ++i) {
        const auto now = start + std::chrono::microseconds{i};
        seat one;
        auto came = guards.enter(
            static_cast<route_index>(random() % 3), one, bound{deadline::after(now, 1s)}, now
        );
        for (int turn = 0; std::holds_alternative<queued>(came) && turn < 200; ++turn) {
            std::this_thread::yield();
            if (one.decided.load(std::memory_order_acquire)) came = guards.collect(one, now);
        }
        EXPECT_LE(one.raised, 1);
        if (auto* held = std::get_if<permit>(&came)) {
            EXPECT_LE(inside.fetch_add(1) + 1, 4);
            held->sent(now);
            if (random() % 2 == 0) std::this_thread::yield();
            if (held->overruns_at() && random() % 8 == 0) static_cast<void>(held->overrun(now));
            held->answered(now);
            inside.fetch_sub(1);
            held->leave(outcome::success, cause_kind::completed, now);
            ++seen.admitted;
        } else {
            ++seen.refused;
        }
    }
    return seen;
}

/// A policy, and the same with the adaptive limit in another mode.
void add_all(admission& guards, policy::adaptive_mode adaptive) {
    route_config each;
    each.adaptive = adaptive;
    each.adaptive_limits.false_timeouts = 0.1;
    const auto upstream = guards.add_upstream("shop", {.start = 4, .ceiling = 4}, start);
    for (route_index route = 0; route < 3; ++route)
        guards.add_route(route, std::to_string(route), upstream, each, start);
}

TEST(admission_threads, every_place_comes_back_and_the_limit_holds) {
    admission guards{{.in_flight = 1000}};
    add_all(guards, policy::adaptive_mode::off);
    std::atomic<int> inside = 0;
    std::array<counts, 4> seen;
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < seen.size(); ++i) {
            threads.emplace_back([&, i] { seen[i] = send(guards, i + 1, rounds, inside); });
        }
        for (const auto mode : {policy::adaptive_mode::on, policy::adaptive_mode::observe}) {
            guards.reconfigure({.in_flight = 1000});
            add_all(guards, mode);
            std::this_thread::yield();
        }
    }
    for (const auto& each : seen) {
        EXPECT_EQ(each.admitted + each.refused, rounds);
        EXPECT_GT(each.admitted, 0);
    }
    EXPECT_EQ(guards.in_flight(), 0U);
    EXPECT_EQ(guards.waiting(), 0U);
    snapshot view;
    guards.describe(view, start);
    EXPECT_FALSE(view.routes[0].adaptive->cuts);
}

}  // namespace
}  // namespace curfew::gateway
