#include <curfew/core/pressure_signal.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <random>
#include <vector>

namespace curfew {
namespace {

using namespace std::chrono_literals;

constexpr auto never = deadline::unreachable();

time_point at(duration since_start) {
    return time_point{} + since_start;
}

TEST(pressure_signal, rises_at_once) {
    pressure_signal signal{10s};
    EXPECT_EQ(signal.value(), 0);
    signal.tell(0.4, at(1s), never);
    EXPECT_EQ(signal.value(), 0.4);
    signal.tell(1, at(2s), never);
    EXPECT_EQ(signal.value(), 1);
    EXPECT_FALSE(signal.next_step().reachable());
}

TEST(pressure_signal, falls_after_it_was_lower_for_the_whole_hold) {
    pressure_signal signal{10s};
    signal.tell(1, at(0s), never);
    signal.tell(0.2, at(1s), never);
    EXPECT_EQ(signal.value(), 1);
    EXPECT_EQ(signal.told(), 0.2);
    EXPECT_EQ(signal.next_step(), deadline{at(11s)});
    EXPECT_FALSE(signal.step(at(11s) - 1ns));
    EXPECT_TRUE(signal.step(at(11s)));
    EXPECT_EQ(signal.value(), 0.2);
    EXPECT_FALSE(signal.next_step().reachable());
}

TEST(pressure_signal, falls_no_lower_than_the_most_that_was_told_meanwhile) {
    pressure_signal signal{10s};
    signal.tell(1, at(0s), never);
    signal.tell(0.2, at(1s), never);
    signal.tell(0.7, at(5s), never);
    signal.tell(0.1, at(6s), never);
    EXPECT_TRUE(signal.step(at(11s)));
    EXPECT_EQ(signal.value(), 0.7);
    EXPECT_EQ(signal.next_step(), deadline{at(21s)});
    EXPECT_TRUE(signal.step(at(21s)));
    EXPECT_EQ(signal.value(), 0.1);
}

TEST(pressure_signal, a_swing_within_the_hold_does_not_flap) {
    pressure_signal signal{10s};
    for (int second = 0; second < 100; second += 2) {
        signal.tell(1, at(std::chrono::seconds{second}), never);
        signal.tell(0, at(std::chrono::seconds{second + 1}), never);
        EXPECT_EQ(signal.value(), 1);
    }
}

TEST(pressure_signal, what_expired_is_nothing_at_once) {
    pressure_signal signal{10s};
    signal.tell(1, at(0s), deadline{at(5s)});
    EXPECT_EQ(signal.next_step(), deadline{at(5s)});
    EXPECT_FALSE(signal.step(at(5s) - 1ns));
    EXPECT_TRUE(signal.step(at(5s)));
    EXPECT_EQ(signal.value(), 0);
    EXPECT_FALSE(signal.next_step().reachable());
}

TEST(pressure_signal, telling_it_again_renews_it) {
    pressure_signal signal{10s};
    signal.tell(1, at(0s), deadline{at(5s)});
    signal.tell(1, at(4s), deadline{at(9s)});
    EXPECT_FALSE(signal.step(at(5s)));
    EXPECT_TRUE(signal.step(at(9s)));
}

TEST(pressure_signal, what_expired_before_it_is_told_again_begins_anew) {
    pressure_signal signal{10s};
    signal.tell(1, at(0s), deadline{at(5s)});
    signal.tell(0.3, at(6s), deadline{at(20s)});
    EXPECT_EQ(signal.value(), 0.3);
}

TEST(pressure_signal, clearing_does_not_wait) {
    pressure_signal signal{1h};
    signal.tell(1, at(0s), never);
    signal.clear();
    EXPECT_EQ(signal.value(), 0);
    EXPECT_FALSE(signal.next_step().reachable());
}

TEST(pressure_signal, without_a_hold_it_is_what_was_told) {
    pressure_signal signal{0s};
    signal.tell(1, at(0s), never);
    signal.tell(0.5, at(0s), never);
    EXPECT_EQ(signal.value(), 0.5);
    signal.tell(0, at(0s), never);
    EXPECT_EQ(signal.value(), 0);
}

TEST(pressure_signal, what_is_told_already_expired_counts_for_nothing) {
    pressure_signal signal{10s};
    signal.tell(1, at(5s), deadline{at(5s)});
    EXPECT_EQ(signal.value(), 0);
}

// Against the definition: never less than what was told, never more than the most of the last
// `hold` and what was there when it began.
TEST(pressure_signal, stays_between_what_was_told_and_the_most_of_the_hold) {
    for (unsigned seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random{seed};
        const duration hold = std::chrono::seconds{random() % 5};
        pressure_signal signal{hold};

        struct told {
            time_point when;
            double value;
        };

        std::vector<told> all;
        time_point now{};
        for (int i = 0; i < 100; ++i) {
            now += std::chrono::milliseconds{random() % 2'000};
            const double value = double(random() % 11) / 10;
            all.push_back({now, value});
            while (signal.next_step().expired(now))
                (void)signal.step(*signal.next_step().point());
            signal.tell(value, now, never);
            double most = value;
            // What is held at a moment was told at most two holds before, or is still told.
            for (std::size_t k = 0; k < all.size(); ++k) {
                const time_point until = k + 1 < all.size() ? all[k + 1].when : now;
                if (until + 2 * hold >= now) most = std::max(most, all[k].value);
            }
            EXPECT_GE(signal.value(), value);
            EXPECT_LE(signal.value(), most);
        }
    }
}

TEST(pressure_signal_death, refuses_what_is_no_pressure) {
    pressure_signal signal{1s};
    EXPECT_DEATH(signal.tell(-0.1, at(0s), never), "pressure is from 0 to 1");
    EXPECT_DEATH(signal.tell(1.1, at(0s), never), "pressure is from 0 to 1");
    EXPECT_DEATH(signal.tell(std::numeric_limits<double>::quiet_NaN(), at(0s), never), "pressure");
}

}  // namespace
}  // namespace curfew
