#include "stack_desk.hpp"

#include <curfew/runtime/sleep.hpp>
#include <curfew/runtime/task_group.hpp>
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace curfew::cli {
namespace {

using namespace std::chrono_literals;
using runtime::task;

struct stack_desk_test : testing::Test {
    sim::world outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    runtime::task_group tasks;
    std::vector<std::string> told;
    int looks = 0;
    bool runs = true;
    duration takes{};
    std::optional<duration> hung_for;
    stack_desk desk{
        on,
        [this](runtime::scope& under, std::optional<duration> hung, bool hangs) {
            return look(under, hung, hangs);
        },
        [this](const stack_shelf::taken& seen) { told.push_back(seen.what.headline); }
    };

    stack_desk_test() { tasks.spawn(desk.run(root)); }

    ~stack_desk_test() override {
        root.cancel();
        EXPECT_TRUE(outside.run(on, [&] { return tasks.running() == 0; }));
    }

    task<std::optional<process::stack_dump>> look(
        runtime::scope& under, std::optional<duration> hung, bool hangs
    ) {
        ++looks;
        hung_for = hung;
        runtime::sleep_until until{under, on.now() + takes};
        co_await until;
        if (!runs) {
            co_return std::nullopt;
        }
        process::stack_dump made;
        made.headline = (hangs ? "hung in " : "seen in ") + std::to_string(looks);
        made.text = made.headline + "\n\nprocess 1\n";
        co_return made;
    }

    task<> wait_until(time_point then, bool& over) {
        runtime::sleep_until until{root, then};
        co_await until;
        over = true;
    }

    void pass(duration length) {
        bool over = false;
        tasks.spawn(wait_until(on.now() + length, over));
        EXPECT_TRUE(outside.run(on, [&] { return over; }));
    }

    task<> ask_for(http1::method_id method, http::response& into, bool& over) {
        http::request asked;
        asked.method = method;
        auto answering = desk.answer(asked);
        into = co_await answering;
        over = true;
    }

    http::response ask(http1::method_id method) {
        http::response said;
        bool over = false;
        tasks.spawn(ask_for(method, said, over));
        EXPECT_TRUE(outside.run(on, [&] { return over; }));
        return said;
    }
};

TEST_F(stack_desk_test, a_request_that_timed_out_has_the_stacks_taken_and_told) {
    desk.request_timed_out(5s);
    pass(1s);
    EXPECT_EQ(told, std::vector<std::string>{"hung in 1"});
    EXPECT_EQ(hung_for, duration{5s});
    const auto shown = ask(http1::method_id::get);
    EXPECT_EQ(shown.status, 200);
    EXPECT_NE(shown.body.find("request_timed_out: hung in 1"), std::string::npos) << shown.body;
}

TEST_F(stack_desk_test, a_thousand_timeouts_are_one_look_a_minute) {
    for (int i = 0; i < 1'000; ++i) {
        desk.request_timed_out(5s);
        pass(100ms);
    }
    EXPECT_EQ(looks, 2) << "in 100 seconds";
}

TEST_F(stack_desk_test, a_look_of_any_kind_counts_for_the_minute) {
    process::stack_dump hang;
    hang.headline = "hung in a";
    desk.keep(hang);
    desk.request_timed_out(5s);
    pass(59s);
    EXPECT_EQ(looks, 0);
    desk.request_timed_out(5s);
    pass(2s);
    desk.request_timed_out(5s);
    pass(1s);
    EXPECT_EQ(looks, 1);
}

TEST_F(stack_desk_test, who_asks_gets_them_at_once_and_they_are_not_called_a_hang) {
    desk.request_timed_out(5s);
    pass(1s);
    const auto taken = ask(http1::method_id::post);
    EXPECT_EQ(taken.status, 200);
    EXPECT_NE(taken.body.find("asked: seen in 2"), std::string::npos) << taken.body;
    EXPECT_FALSE(hung_for);
}

TEST_F(stack_desk_test, where_nothing_can_be_taken_that_is_said) {
    runs = false;
    EXPECT_EQ(ask(http1::method_id::post).status, 503);
    EXPECT_EQ(ask(http1::method_id::get).status, 200);
    EXPECT_TRUE(told.empty());
}

TEST_F(stack_desk_test, the_newest_four_are_kept_and_the_newest_is_first) {
    for (int i = 0; i < 6; ++i) {
        EXPECT_EQ(ask(http1::method_id::post).status, 200);
    }
    const auto body = ask(http1::method_id::get).body;
    EXPECT_EQ(body.find("seen in 2"), std::string::npos);
    EXPECT_LT(body.find("seen in 6"), body.find("seen in 3"));
}

TEST(stack_shelf, a_long_text_is_cut_and_says_so) {
    stack_shelf shelf;
    stack_shelf::taken one;
    one.what.headline = "hung in a";
    one.what.text.assign(stack_shelf::text_max + 1, 'x');
    const auto& kept = shelf.keep(std::move(one));
    EXPECT_EQ(kept.what.text.size(), stack_shelf::text_max);
    EXPECT_FALSE(kept.what.complete);
    EXPECT_NE(shelf.json().find(R"("complete":false)"), std::string::npos);
}

}  // namespace
}  // namespace curfew::cli
