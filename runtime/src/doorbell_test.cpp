#include <curfew/runtime/doorbell.hpp>

#include <gtest/gtest.h>

#include <thread>

namespace curfew::runtime {
namespace {

using namespace std::chrono_literals;

TEST(doorbell, looks_for_work_before_it_sleeps) {
    doorbell bell;
    bool looked = false;
    bell.rest(doorbell::mood::asleep, 1h, [&] { return looked = true; });
    EXPECT_TRUE(looked);
}

TEST(doorbell, who_dozes_is_woken_by_a_loud_ring) {
    doorbell bell;
    std::atomic<bool> over{false};
    std::thread sleeper{[&] {
        while (!over) {
            bell.rest(doorbell::mood::dozing, 1h, [&] { return over.load(); });
        }
    }};
    bell.ring();
    over = true;
    bell.ring_loudly();
    sleeper.join();
    EXPECT_TRUE(over);
}

TEST(doorbell, no_ring_is_lost_however_the_threads_meet) {
    doorbell bell;
    constexpr std::uint64_t rounds = 20'000;
    std::atomic<std::uint64_t> left{0};
    std::atomic<std::uint64_t> taken{0};
    std::thread sleeper{[&] {
        while (taken < rounds) {
            bell.rest(doorbell::mood::asleep, 1h, [&] { return left != taken; });
            taken = left.load();
        }
    }};
    for (std::uint64_t i = 1; i <= rounds; ++i) {
        left.store(i, std::memory_order_release);
        bell.ring();
        while (i % 7 == 0 && taken != i) {
            std::this_thread::yield();
        }
    }
    sleeper.join();
    EXPECT_EQ(taken, rounds);
}

}  // namespace
}  // namespace curfew::runtime
