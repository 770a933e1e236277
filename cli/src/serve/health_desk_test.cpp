#include "health_desk.hpp"

#include <curfew/runtime/sleep.hpp>
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

namespace curfew::cli {
namespace {

using namespace std::chrono_literals;
using runtime::task;

struct health_desk_test : testing::Test {
    sim::world outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    runtime::task_group tasks;
    int drawn = 0;
    duration drawing_takes{};
    std::vector<std::string> told;
    health_desk desk{on, [this] { return draw(); }};

    ~health_desk_test() override {
        tasks.spawn(desk.close());
        EXPECT_TRUE(finish());
    }

    task<http::response> draw() {
        const int number = ++drawn;
        runtime::sleep_until until{root, on.now() + drawing_takes};
        co_await until;
        co_return http::response{200, "text/plain", std::to_string(number)};
    }

    task<> ask(duration after) {
        runtime::sleep_until until{root, on.now() + after};
        co_await until;
        auto answering = desk.answer(root);
        const auto page = co_await answering;
        told.push_back(page->body);
    }

    bool finish() {
        return outside.run(on, [this] { return tasks.running() == 0; });
    }
};

TEST_F(health_desk_test, a_crowd_is_answered_by_one_drawing) {
    for (int i = 0; i < 100; ++i)
        tasks.spawn(ask(i % 2 * 1ms));
    ASSERT_TRUE(finish());
    EXPECT_EQ(drawn, 1);
    EXPECT_EQ(told, std::vector<std::string>(100, "1"));
}

TEST_F(health_desk_test, a_flood_is_drawn_at_most_ten_times_a_second) {
    for (int i = 0; i < 1000; ++i)
        tasks.spawn(ask(i * 1ms));
    ASSERT_TRUE(finish());
    EXPECT_EQ(told.size(), 1000U);
    EXPECT_GE(drawn, 9);
    EXPECT_LE(drawn, 10);
}

TEST_F(health_desk_test, a_page_that_is_older_answers_nobody) {
    tasks.spawn(ask(0ms));
    tasks.spawn(ask(99ms));
    tasks.spawn(ask(1h));
    ASSERT_TRUE(finish());
    EXPECT_EQ(told, (std::vector<std::string>{"1", "1", "2"}));
}

TEST_F(health_desk_test, nobody_waits_longer_than_two_seconds) {
    drawing_takes = 1h;
    tasks.spawn(ask(0ms));
    const time_point start = on.now();
    ASSERT_TRUE(finish());
    EXPECT_EQ(on.now() - start, 2s);
    EXPECT_EQ(told, std::vector<std::string>{"There is no picture of the gateway just now.\n"});
    root.cancel();
}

}  // namespace
}  // namespace curfew::cli
