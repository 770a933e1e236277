#include "real_pool.hpp"
#include <curfew/clients/testing/servers.hpp>

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <atomic>
#include <thread>

namespace curfew::pg {
namespace {

using namespace std::chrono_literals;

/// Of the whole program, so far.
duration cpu_time() {
    rusage spent{};
    ::getrusage(RUSAGE_SELF, &spent);
    return std::chrono::seconds{spent.ru_utime.tv_sec + spent.ru_stime.tv_sec} +
           std::chrono::microseconds{spent.ru_utime.tv_usec + spent.ru_stime.tv_usec};
}

TEST(pool, that_goes_sees_out_who_waits) {
    const scratch::silent_server silent{true};
    auto some = std::make_unique<pool>(
        *target::parse(silent.words()), pool_options{.places = {.size = 1, .overflow = 0}}
    );
    EXPECT_FALSE(some->acquire(in(10ms)));  // the keeper goes on with it, its place stays taken
    std::vector<std::thread> waiting;
    std::atomic<int> refused = 0;
    for (int i = 0; i < 4; ++i) {
        waiting.emplace_back([&, own = some.get()] {
            const auto held = own->acquire(in(20s));
            refused += !held && held.error().code() == errc::shutting_down ? 1 : 0;
        });
    }
    EXPECT_TRUE(eventually([&] { return some->status().waiting == 4; }));
    some.reset();
    for (auto& each : waiting)
        each.join();
    EXPECT_EQ(refused, 4);
}

TEST(pool, that_goes_waits_for_who_connects_until_its_limit) {
    const scratch::silent_server silent{true};
    auto some = std::make_unique<pool>(
        *target::parse(silent.words()), pool_options{.limit = {.connection = 50ms}}
    );
    std::thread connecting{[own = some.get()] { EXPECT_FALSE(own->acquire(in(20s))); }};
    EXPECT_TRUE(eventually([&] { return some->status().taken == 1; }));
    some.reset();
    connecting.join();
}

TEST(keeper, asks_again_where_a_request_to_cancel_failed) {
    scratch::talking_server server{scratch::talking_server::when::never};
    pool some{
        *target::parse(server.door.words()), {.places = {.size = 1, .overflow = 0}, .ending = 60s}
    };
    auto held = some.acquire(in(20s));
    ASSERT_TRUE(held) << held.error().message();
    server.door.close_door();
    EXPECT_FALSE(held->query("SELECT 1", {}, in(20ms)));
    for (int i = 0; i < 10; ++i, ::poll(nullptr, 0, 5))
        EXPECT_EQ(some.status().abandoned, 1U);
    server.door.open_door();
    pollfd knocks{server.door.socket(), POLLIN, 0};
    EXPECT_EQ(::poll(&knocks, 1, 20'000), 1);
}

TEST(keeper, does_not_spin_where_every_lease_is_a_leak) {
    scratch::talking_server server{scratch::talking_server::when::never};
    std::atomic<int> told = 0;
    pool_options how{.leak_after = 0s};
    how.on_leak = [&](const leak&) { ++told; };
    pool some{*target::parse(server.door.words()), how};
    const auto held = some.acquire(in(20s));
    ASSERT_TRUE(held) << held.error().message();
    EXPECT_TRUE(eventually([&] { return told == 1; }));
    const auto before = cpu_time();
    ::poll(nullptr, 0, 100);
    EXPECT_LT(cpu_time() - before, 50ms);
}

}  // namespace
}  // namespace curfew::pg
