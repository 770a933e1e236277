#include "real_pool.hpp"

#include <atomic>
#include <filesystem>
#include <iterator>
#include <random>
#include <thread>

namespace curfew::pg {
namespace {

using namespace std::chrono_literals;

// Many threads, few places, deadlines about as long as the waits: a grant and a time-out often
// meet. Run it under TSan. Whatever happens, no place is lost and none is given twice.
TEST_F(real_pool, a_grant_that_meets_its_time_out_loses_no_place) {
    pool some{
        where(),
        {.limit = {.query = 5s},
         .places = {.size = 2, .overflow = 1},
         .breaker = {.consecutive_failures = 0}}
    };
    std::atomic<int> served{0};
    std::atomic<int> late{0};
    std::atomic<int> out{0};
    std::vector<std::jthread> threads;
    for (unsigned seed = 1; seed <= 12; ++seed)
        threads.emplace_back([&, seed] {
            std::mt19937 random{seed};
            for (int turn = 0; turn < 150; ++turn) {
                auto held = some.acquire(in(std::chrono::microseconds{random() % 3000}));
                if (!held) {
                    EXPECT_TRUE(held.error().is_timeout()) << held.error().message();
                    late += 1;
                    continue;
                }
                EXPECT_LE(++out, 3);
                const auto answered =
                    held->query("SELECT 1", {}, in(random() % 8 == 0 ? 100us : 5s));
                served += 1;
                --out;
            }
        });
    threads.clear();
    EXPECT_EQ(served + late, 12 * 150);
    EXPECT_GT(served, 100);
    EXPECT_GT(late, 20);
    EXPECT_TRUE(eventually([&] {
        const auto now = some.status();
        return now.taken == now.idle && now.abandoned == 0 && now.waiting == 0;
    }));
    EXPECT_TRUE(eventually([&] { return server->active() == 0; }));
}

TEST_F(real_pool, fifteen_connections_are_one_thread_more) {
    const auto threads = [] {
        const std::filesystem::directory_iterator all{"/proc/self/task"};
        return std::distance(begin(all), end(all));
    };
    const auto before = threads();
    pool some{where(), {.session = {.application_name = "threads"}}};
    std::vector<lease> held;
    for (int i = 0; i < 15; ++i) {
        auto one = some.acquire(in(20s));
        ASSERT_TRUE(one) << one.error().message();
        held.push_back(*std::move(one));
    }
    EXPECT_EQ(server->connected("threads"), 15);
    EXPECT_EQ(threads(), before + 1);
}

TEST_F(real_pool, who_has_no_time_to_hear_whether_it_is_alive_kills_no_connection) {
    pool some{where(), {.places = {.check_after = 0s}}};
    const auto first = some.query("SELECT pg_backend_pid()");
    ASSERT_TRUE(first);
    server->freeze();
    const auto none = some.acquire(in(20ms));
    server->thaw();
    ASSERT_FALSE(none);
    EXPECT_TRUE(none.error().is_timeout()) << none.error().message();
    EXPECT_TRUE(eventually([&] { return some.status().idle == 1; }));
    const auto again = some.query("SELECT pg_backend_pid()", {}, in(20s));
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->at(0, 0), first->at(0, 0)) << "the same connection";
}

}  // namespace
}  // namespace curfew::pg
