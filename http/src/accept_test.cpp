#include <curfew/http/accept.hpp>
#include <curfew/http/resting.hpp>
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <thread>
#include <vector>

namespace curfew::http {
namespace {

using namespace std::chrono_literals;
using runtime::task;

const auto address = *runtime::endpoint::parse("127.0.0.1:80");

/// Accepts on a simulated network; each connection lasts until its client hangs up.
struct accept_test : testing::Test {
    sim::world outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    runtime::scope accepting{root};
    runtime::task_group tasks;
    runtime::task_group served;
    runtime::task_group clients;
    std::optional<connection_cap> cap;
    std::optional<resting_connections> resting;
    accept_numbers numbers;
    std::size_t most_open = 0;
    std::vector<time_point> begun;
    std::unique_ptr<runtime::listener> listening;
    connection_handler serve = [this](std::unique_ptr<runtime::stream> peer, runtime::scope& u) {
        return until_gone(std::move(peer), u);
    };

    task<> until_gone(std::unique_ptr<runtime::stream> peer, runtime::scope& under) {
        begun.push_back(on.now());
        most_open = std::max(most_open, numbers.open);
        std::array<char, 16> room;
        for (;;) {
            const auto got = peer->try_read(room);
            if (got.status != runtime::io::would_block) {
                co_return;
            }
            auto readable = peer->ready().wait_readable(under);
            co_await readable;
            if (under.ended()) {
                co_return;
            }
        }
    }

    task<> visit(duration stay) {
        auto connecting = runtime::connect(outside, address, root);
        auto made = co_await connecting;
        runtime::sleep_until until{root, on.now() + stay};
        co_await until;
    }

    task<> set_in(duration length, bool& flag) {
        runtime::sleep_until until{root, on.now() + length};
        co_await until;
        flag = true;
    }

    void set_cap(std::size_t most) {
        cap.emplace(most);
        resting.emplace(*cap, on);
    }

    void begin() {
        listening = *outside.listen(address, false);
        tasks.spawn(
            accept_connections(*listening, accepting, root, served, *resting, serve, numbers)
        );
    }

    ~accept_test() override {
        accepting.cancel();
        EXPECT_TRUE(outside.run(on, [this] { return tasks.running() == 0; }));
        root.cancel();
        EXPECT_TRUE(outside.run(on, [this] {
            return served.running() == 0 && clients.running() == 0;
        }));
    }
};

TEST_F(accept_test, at_the_cap_the_next_one_is_served_the_moment_a_place_is_free) {
    set_cap(2);
    begin();
    const time_point start = on.now();
    for (const duration stay : {10ms, 30ms, 30ms, 30ms})
        clients.spawn(visit(stay));
    ASSERT_TRUE(outside.run(on, [this] { return begun.size() == 4; }));
    EXPECT_EQ(most_open, 2U);
    EXPECT_LT(begun[2] - start, 12ms) << "it was not looked for, it was woken";
    EXPECT_GE(begun[2] - start, 10ms);
}

TEST_F(accept_test, a_place_taken_elsewhere_counts_and_its_end_wakes_this_loop) {
    set_cap(1);
    ASSERT_TRUE(cap->try_enter());
    begin();
    clients.spawn(visit(1h));
    const time_point start = on.now();
    bool late = false;
    clients.spawn(set_in(5s, late));
    ASSERT_TRUE(outside.run(on, [&] { return late; }));
    EXPECT_TRUE(begun.empty());
    EXPECT_FALSE(cap->try_enter());
    cap->leave();
    ASSERT_TRUE(outside.run(on, [this] { return begun.size() == 1; }));
    EXPECT_EQ(begun[0], start + 5s);
}

TEST_F(accept_test, a_crowd_lets_the_others_of_the_loop_go_first) {
    set_cap(1000);
    listening = *outside.listen(address, false);
    for (int i = 0; i < 200; ++i)
        clients.spawn(visit(1h));
    std::size_t turns = 0;
    std::size_t most_a_turn = 0;
    tasks.spawn(accept_connections(*listening, accepting, root, served, *resting, serve, numbers));
    for (std::size_t before = begun.size(); begun.size() < 200 && turns < 1000; ++turns) {
        on.turn();
        most_a_turn = std::max(most_a_turn, begun.size() - before);
        before = begun.size();
    }
    EXPECT_EQ(begun.size(), 200U);
    EXPECT_LE(most_a_turn, 16U);
}

TEST(connection_cap, may_be_lowered_and_never_raised) {
    connection_cap cap{3};
    cap.narrow(5);
    EXPECT_EQ(cap.most(), 3U);
    cap.narrow(1);
    EXPECT_TRUE(cap.try_enter());
    EXPECT_FALSE(cap.try_enter());
}

TEST(connection_cap, tells_of_a_shortage_once_a_minute) {
    connection_cap cap{1};
    const failure full{errc::local_resource, EMFILE};
    const time_point start{1h};
    cap.note_shortage(full, start);
    std::vector<failure> told;
    cap.tell_shortages_to([&](failure why) { told.push_back(why); });
    for (const duration after : {0s, 1s, 59s})
        cap.note_shortage(full, start + after);
    EXPECT_EQ(told, std::vector{full});
    cap.note_shortage({errc::local_resource, ENFILE}, start + 60s);
    EXPECT_EQ(told.size(), 2U);
    EXPECT_EQ(told.back().detail, ENFILE);
}

/// Enters and leaves so often, and waits for a place when there is none.
struct visitor {
    connection_cap& cap;
    std::atomic<int>& inside;
    std::atomic<bool>& crowded;

    task<> visit(runtime::scope& root, int times) {
        while (times > 0 && !root.ended()) {
            if (cap.try_enter()) {
                crowded = crowded || inside.fetch_add(1) != 0;
                inside.fetch_sub(1);
                cap.leave();
                --times;
                continue;
            }
            connection_cap::turn mine{cap, root.on()};
            if (cap.full()) {
                auto ringing = mine.bell.wait(root);
                co_await ringing;
            }
        }
        EXPECT_FALSE(root.ended()) << "a wake was lost";
        root.on().stop();
    }

    void run() {
        runtime::epoll outside;
        runtime::loop on{outside};
        runtime::scope root{on, {deadline::after(on.now(), 60s), true, "test", 60s}};
        runtime::task_group tasks;
        tasks.spawn(visit(root, 20'000));
        on.run();
    }
};

TEST(connection_cap, no_wake_is_lost_between_threads) {
    connection_cap cap{1};
    std::atomic<int> inside = 0;
    std::atomic<bool> crowded = false;
    visitor one{cap, inside, crowded};
    visitor two{cap, inside, crowded};
    std::thread first{&visitor::run, &one};
    std::thread second{&visitor::run, &two};
    first.join();
    second.join();
    EXPECT_FALSE(crowded);
    EXPECT_TRUE(cap.try_enter()) << "a place was lost";
}

}  // namespace
}  // namespace curfew::http
