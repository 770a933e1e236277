#include "admission_samples.hpp"
#include <curfew/gateway/ticker.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

namespace curfew::gateway {
namespace {

struct count_begun final : waiting_listener {
    void waiting_begun() noexcept override { ++times; }

    int times = 0;
};

TEST(waiting_listener, hears_the_first_who_waits_and_not_the_others) {
    small_gateway shop{2, {.start = 1}};
    count_begun hears;
    shop.guards.set_listener(&hears);
    auto held = shop.admit(0);
    EXPECT_EQ(hears.times, 0);
    auto& first = shop.queue(0);
    auto& second = shop.queue(1);
    EXPECT_EQ(hears.times, 1);
    shop.guards.cancel(first, shop.now);
    shop.guards.cancel(second, shop.now);
    auto& third = shop.queue(0);
    EXPECT_EQ(hears.times, 2);
    shop.guards.cancel(third, shop.now);
    shop.guards.set_listener(nullptr);
    succeed(held, shop.now);
}

/// A ticker on a simulated loop, over guards with one place.
struct ticker_test : testing::Test {
    sim::world outside;
    runtime::loop on{outside};
    small_gateway shop{1, {.start = 1}};
    ticker ticking{shop.guards, on};
    runtime::task_group tasks;

    ticker_test() { shop.now = on.now(); }

    ~ticker_test() override {
        tasks.spawn(ticking.close());
        EXPECT_TRUE(outside.run(on, [this] { return tasks.running() == 0; }));
    }

    [[nodiscard]] bool armed() { return on.timers().next_expiry().reachable(); }
};

TEST_F(ticker_test, rests_while_nobody_waits) {
    on.turn();
    EXPECT_TRUE(on.idle());
    auto held = shop.admit(0);
    on.turn();
    EXPECT_TRUE(on.idle()) << "who is served needs no tick";
    succeed(held, shop.now);
}

TEST_F(ticker_test, ticks_ten_times_a_second_from_the_first_who_waits_to_the_last) {
    auto held = shop.admit(0);
    auto& wait = shop.queue(0);
    EXPECT_TRUE(outside.run(on, [this] { return armed(); }));
    EXPECT_LE(on.timers().next_expiry().left(on.now()), 100ms);
    const time_point start = on.now();
    EXPECT_TRUE(outside.run(on, [&] { return on.now() >= start + 1s; }));
    EXPECT_TRUE(armed());
    shop.guards.cancel(wait, on.now());
    EXPECT_TRUE(outside.run(on, [this] { return on.idle(); }));
    EXPECT_LE(on.now() - start, 1200ms);
    succeed(held, on.now());
}

}  // namespace
}  // namespace curfew::gateway
