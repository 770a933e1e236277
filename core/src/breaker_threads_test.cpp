#include <curfew/core/breaker.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace curfew {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{1h};

TEST(breaker, is_safe_to_share_between_threads) {
    constexpr int rounds = 20'000;
    breaker machine{{.reset = 1us, .probes = 2, .probe_results = 3, .probe_failures = 2}};
    std::atomic<std::uint64_t> bad = 0;
    std::atomic<std::uint64_t> refused = 0;
    const auto work = [&](int seed) {
        for (int round = 0; round < rounds; ++round) {
            const time_point now = start + round * 1us;
            auto permit = machine.try_acquire(now);
            if (!permit) {
                ++refused;
                continue;
            }
            if ((round + seed) % 7 == 0) permit->mark_hanging(now);
            const bool good = (round / 50 + seed) % 3 != 0;
            const auto result = good ? outcome::success : outcome::failure;
            if (!good) ++bad;
            permit->finish(result, cause_kind::completed, now);
        }
    };
    std::thread other{work, 1};
    work(0);
    other.join();
    const auto told = machine.status(start + 1h);
    EXPECT_EQ(told.probes_running, 0);
    EXPECT_GT(told.totals.opened, 0);
    EXPECT_EQ(told.totals.failures, bad);
    EXPECT_EQ(told.totals.refused, refused);
}

TEST(breaker, counts_every_call_of_every_thread_in_both_rates) {
    constexpr std::uint64_t rounds = 20'000;
    breaker machine{{
        .consecutive_failures = 0,
        .window = {.over = window_shape::kind::time},
        .failure_rate = {.percent = 100},
        .slow_after = 1s,
        .slow_rate = {.percent = 100},
    }};
    const auto work = [&] {
        for (std::uint64_t round = 0; round < rounds; ++round) {
            const time_point now = start + round * 100us;
            auto permit = machine.try_acquire(round % 5 == 0 ? now - 1s : now);
            const auto result = round % 4 == 0 ? outcome::failure : outcome::success;
            permit->finish(result, cause_kind::completed, now);
        }
    };
    std::thread other{work};
    work();
    other.join();
    const auto told = machine.status(start + 2s);
    EXPECT_EQ(told.failures, (tally{2 * rounds, 2 * rounds / 4}));
    EXPECT_EQ(told.slow, (tally{2 * rounds, 2 * rounds / 5}));
    EXPECT_EQ(told.totals.slow, 2 * rounds / 5);
}

}  // namespace
}  // namespace curfew
