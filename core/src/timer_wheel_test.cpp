#include <curfew/core/timer_wheel.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace curfew {
namespace {

using namespace std::chrono_literals;

constexpr duration tick{1 << 16};
constexpr time_point start = time_point{} + 1h + 12'345ns;

// A timer that calls what a test wants.
struct probe : timer {
    explicit probe(std::function<void()> on_expiry = [] {})
        : timer{[](timer& self) noexcept { static_cast<probe&>(self).then(); }},
          then{std::move(on_expiry)} {}

    std::function<void()> then;
};

class timer_wheel_test : public testing::Test {
  protected:
    // A timer that writes its name down.
    std::unique_ptr<probe> named(int name) {
        return std::make_unique<probe>([this, name] { fired.push_back(name); });
    }

    timer_wheel wheel{start};
    std::vector<int> fired;
};

TEST_F(timer_wheel_test, a_timer_is_small_and_a_wheel_fits_the_first_level_cache) {
    EXPECT_EQ(sizeof(timer), 32u);
    EXPECT_LE(sizeof(timer_wheel), 8u * 1024 + 128);
}

TEST_F(timer_wheel_test, fires_exactly_when_due_and_not_a_nanosecond_before) {
    for (const duration after : std::vector<duration>{1ns, 1us, tick, 1s, 90min}) {
        timer_wheel fresh{start};
        probe one;
        fresh.arm(one, start + after);
        EXPECT_EQ(fresh.advance(start + after - 1ns), 0u) << after.count();
        EXPECT_TRUE(one.armed());
        EXPECT_EQ(fresh.advance(start + after), 1u) << after.count();
        EXPECT_FALSE(one.armed());
        EXPECT_EQ(fresh.advance(start + after + 1h), 0u) << "it fires once";
    }
}

TEST_F(timer_wheel_test, a_point_in_the_past_is_due_at_once) {
    const auto past = named(1);
    const auto long_past = named(2);
    wheel.arm(*past, start);
    wheel.arm(*long_past, time_point::min());
    EXPECT_EQ(wheel.next_expiry().point(), time_point::min());
    EXPECT_EQ(wheel.advance(start), 2u);
    EXPECT_EQ(fired, (std::vector{1, 2}));
}

TEST_F(timer_wheel_test, cancelled_timers_stay_silent) {
    const auto one = named(1);
    wheel.arm(*one, start + 1s);
    wheel.cancel(*one);
    wheel.cancel(*one);
    EXPECT_FALSE(one->armed());
    EXPECT_FALSE(wheel.next_expiry().reachable());
    EXPECT_EQ(wheel.advance(start + 1h), 0u);
}

TEST_F(timer_wheel_test, arming_an_armed_timer_moves_it) {
    const auto one = named(1);
    wheel.arm(*one, start + 1s);
    wheel.arm(*one, start + 3s);
    EXPECT_EQ(one->due(), start + 3s);
    EXPECT_EQ(wheel.advance(start + 2s), 0u);
    wheel.arm(*one, start + 1s);
    EXPECT_EQ(wheel.advance(start + 2s), 1u);
}

TEST_F(timer_wheel_test, fires_by_tick_and_then_in_order_of_arming_whatever_the_level) {
    const time_point block = start + 10s;
    std::vector<std::unique_ptr<probe>> timers;
    for (int name = 0; name < 8; ++name) {
        timers.push_back(named(name));
    }
    wheel.arm(*timers[5], block + 3 * tick);
    wheel.arm(*timers[0], block);
    wheel.arm(*timers[6], block + 3 * tick);
    (void)wheel.advance(block - 70 * tick);
    wheel.arm(*timers[1], block);
    (void)wheel.advance(block - tick);
    wheel.arm(*timers[7], block + 3 * tick);
    wheel.arm(*timers[2], block);
    wheel.arm(*timers[3], block + tick);
    wheel.arm(*timers[4], block + 2 * tick);
    EXPECT_EQ(wheel.advance(block + 1h), 8u);
    EXPECT_EQ(fired, (std::vector{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST_F(timer_wheel_test, the_end_of_time_is_a_point_like_any_other) {
    const auto last = named(1);
    wheel.arm(*last, time_point::max());
    EXPECT_GT(wheel.next_expiry().point(), start);
    EXPECT_EQ(wheel.advance(time_point::max() - 1ns), 0u);
    EXPECT_EQ(wheel.next_expiry().point(), time_point::max());
    EXPECT_EQ(wheel.advance(time_point::max()), 1u);
    wheel.arm(*last, time_point::max());
    EXPECT_EQ(wheel.advance(time_point::max()), 1u);
}

TEST_F(timer_wheel_test, the_whole_timeline_is_one_step) {
    timer_wheel old{time_point::min()};
    const auto first = named(1);
    const auto middle = named(2);
    const auto last = named(3);
    old.arm(*last, time_point::max());
    old.arm(*middle, time_point{});
    old.arm(*first, time_point::min() + 1ns);
    EXPECT_EQ(old.advance(time_point::max()), 3u);
    EXPECT_EQ(fired, (std::vector{1, 2, 3}));
}

TEST_F(timer_wheel_test, a_present_that_goes_back_fires_nothing_and_loses_nothing) {
    const auto one = named(1);
    (void)wheel.advance(start + 10s);
    wheel.arm(*one, start + 10s + 5 * tick);
    EXPECT_EQ(wheel.advance(start), 0u);
    EXPECT_EQ(wheel.advance(start + 10s + 4 * tick), 0u);
    EXPECT_EQ(wheel.advance(start + 10s + 5 * tick), 1u);
}

TEST_F(timer_wheel_test, sleeping_until_next_expiry_arrives_in_few_steps_and_exactly) {
    for (const duration after : std::vector<duration>{3 * tick, 5ms, 1s, 30s, 24h, 365 * 24h}) {
        timer_wheel fresh{start};
        probe one;
        fresh.arm(one, start + after);
        time_point now = start;
        int steps = 0;
        while (one.armed() && steps < 20) {
            const auto next = *fresh.next_expiry().point();
            ASSERT_GT(next, now) << "a loop would spin";
            ASSERT_LE(next, start + after);
            now = next;
            (void)fresh.advance(now);
            ++steps;
        }
        EXPECT_EQ(now, start + after);
        EXPECT_LE(steps, 8);
    }
}

TEST_F(timer_wheel_test, next_expiry_does_not_see_what_was_cancelled) {
    const auto soon = named(1);
    const auto late = named(2);
    wheel.arm(*late, start + 2 * tick);
    wheel.arm(*soon, start + tick);
    wheel.cancel(*soon);
    EXPECT_EQ(wheel.next_expiry().point(), start + 2 * tick);
    wheel.cancel(*late);
    EXPECT_FALSE(wheel.next_expiry().reachable());
}

TEST_F(timer_wheel_test, a_callback_may_arm_its_own_timer_again) {
    probe again;
    int count = 0;
    again.then = [&] {
        EXPECT_FALSE(again.armed());
        if (++count < 3) {
            wheel.arm(again, start + count * 1s);
        }
    };
    wheel.arm(again, start);
    EXPECT_EQ(wheel.advance(start + 500ms), 1u);
    EXPECT_EQ(wheel.advance(start + 1s), 1u);
    EXPECT_EQ(wheel.advance(start + 2s), 1u);
    EXPECT_FALSE(again.armed());
}

TEST_F(timer_wheel_test, what_a_callback_arms_in_the_past_waits_for_the_next_advance) {
    probe again;
    int count = 0;
    again.then = [&] {
        ++count;
        wheel.arm(again, start);
    };
    wheel.arm(again, start);
    EXPECT_EQ(wheel.advance(start + 1s), 1u);
    EXPECT_TRUE(wheel.next_expiry().expired(start + 1s)) << "the loop must not sleep";
    EXPECT_EQ(wheel.advance(start + 1s), 1u);
    EXPECT_EQ(count, 2);
}

TEST_F(timer_wheel_test, a_due_timer_that_a_callback_cancels_or_moves_does_not_fire) {
    const auto cancelled = named(1);
    const auto moved = named(2);
    const auto kept = named(3);
    probe first{[&] {
        wheel.cancel(*cancelled);
        wheel.arm(*moved, start + 1h);
    }};
    wheel.arm(first, start + 1s);
    wheel.arm(*cancelled, start + 2s);
    wheel.arm(*moved, start + 2s);
    wheel.arm(*kept, start + 2s);
    EXPECT_EQ(wheel.advance(start + 2s), 2u);
    EXPECT_EQ(fired, (std::vector{3}));
    EXPECT_EQ(wheel.advance(start + 1h), 1u);
    EXPECT_EQ(fired, (std::vector{3, 2}));
}

TEST_F(timer_wheel_test, a_callback_may_destroy_due_timers_later_timers_and_its_own) {
    auto due = named(1);
    auto later = named(2);
    std::unique_ptr<probe> own;
    const auto survivor = named(3);
    own = std::make_unique<probe>([&] {
        due.reset();
        later.reset();
        own.reset();
    });
    wheel.arm(*own, start + 1s);
    wheel.arm(*due, start + 1s);
    wheel.arm(*survivor, start + 1s);
    wheel.arm(*later, start + 1min);
    EXPECT_EQ(wheel.advance(start + 1s), 2u);
    EXPECT_EQ(own, nullptr);
    EXPECT_EQ(wheel.advance(start + 1h), 0u);
    EXPECT_EQ(fired, (std::vector{3}));
}

TEST_F(timer_wheel_test, a_timer_outlives_its_wheel_disarmed) {
    probe one;
    probe far;
    {
        timer_wheel brief{start};
        brief.arm(one, start + 1s);
        brief.arm(far, time_point::max());
    }
    EXPECT_FALSE(one.armed());
    EXPECT_FALSE(far.armed());
    wheel.arm(one, start);
    EXPECT_EQ(wheel.advance(start), 1u);
}

TEST_F(timer_wheel_test, a_destroyed_timer_leaves_its_neighbours_in_place) {
    const auto left = named(1);
    auto middle = named(2);
    const auto right = named(3);
    for (probe* each : {left.get(), middle.get(), right.get()}) {
        wheel.arm(*each, start + 1s);
    }
    middle.reset();
    EXPECT_EQ(wheel.advance(start + 1s), 2u);
    EXPECT_EQ(fired, (std::vector{1, 3}));
}

using timer_wheel_death = timer_wheel_test;

TEST_F(timer_wheel_death, advancing_from_inside_a_callback_is_a_bug) {
    probe nested{[&] { (void)wheel.advance(start + 1h); }};
    wheel.arm(nested, start);
    EXPECT_DEATH((void)wheel.advance(start), "a callback advances its timer wheel");
}

}  // namespace
}  // namespace curfew
