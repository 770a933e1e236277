#include <curfew/http/accept.hpp>
#include <curfew/http/resting.hpp>
#include <curfew/http/server.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace curfew::http {
namespace {

using namespace std::chrono_literals;
using runtime::task;

const auto address = *runtime::endpoint::parse("127.0.0.1:80");

/// A server of at most three connections; a request for "/slow" takes 20 s.
struct resting_test : testing::Test {
    struct visitor {
        std::unique_ptr<runtime::stream> stream;
        std::size_t answers = 0;
        bool left = false;
    };

    sim::world outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    runtime::scope accepting{root};
    runtime::task_group tasks;
    runtime::task_group served;
    runtime::task_group clients;
    connection_cap cap{3};
    resting_connections resting{cap, on};
    resting_connections elsewhere{cap, on};
    accept_numbers numbers;
    server_limits limits;
    std::vector<std::unique_ptr<visitor>> visitors;
    std::unique_ptr<runtime::listener> listening;
    handler answer = [this](const request& asked) { return answer_in(asked.path == "/slow"); };
    connection_handler serve = [this](std::unique_ptr<runtime::stream> peer, runtime::scope& u) {
        return serve_connection(std::move(peer), u, answer, limits, &resting);
    };

    resting_test() {
        listening = *outside.listen(address, false);
        tasks.spawn(accept_connections(*listening, accepting, root, served, resting, serve, numbers)
        );
        tasks.spawn(resting.make_room_when_asked(accepting));
    }

    ~resting_test() override {
        accepting.cancel();
        root.cancel();
        EXPECT_TRUE(outside.run(on, [this] {
            return tasks.running() + served.running() + clients.running() == 0;
        }));
    }

    task<response> answer_in(bool slow) {
        runtime::sleep_until until{root, on.now() + (slow ? 20s : 0s)};
        co_await until;
        co_return response{200, "text/plain", "fine"};
    }

    task<> visit(visitor& one, std::vector<std::string_view> paths) {
        auto connecting = runtime::connect(outside, address, root);
        auto made = co_await connecting;
        one.stream = std::move(*made);
        for (const auto path : paths) {
            const std::string asked = "GET " + std::string{path} + " HTTP/1.1\r\nHost: x\r\n\r\n";
            std::array parts{part(asked)};
            auto writing = write_all(*one.stream, parts, root);
            co_await writing;
        }
        input_buffer got;
        for (;;) {
            auto filling = fill(got, *one.stream, block::usual, root);
            const auto more = co_await filling;
            if (more.status != runtime::io::ok) {
                one.left = !root.ended();
                co_return;
            }
            ++one.answers;
            got.consume(got.unread().size());
        }
    }

    /// Comes a second later than the one before.
    visitor& come(std::vector<std::string_view> paths) {
        visitors.push_back(std::make_unique<visitor>());
        clients.spawn(visit(*visitors.back(), std::move(paths)));
        pass(1s);
        return *visitors.back();
    }

    task<> set_in(duration length, bool& flag) {
        runtime::sleep_until until{root, on.now() + length};
        co_await until;
        flag = true;
    }

    void pass(duration length) {
        bool over = false;
        clients.spawn(set_in(length, over));
        ASSERT_TRUE(outside.run(on, [&] { return over; }));
    }
};

TEST_F(resting_test, at_the_cap_the_one_that_rests_the_longest_makes_room) {
    visitor& silent = come({});
    visitor& first = come({"/"});
    visitor& second = come({"/"});
    EXPECT_FALSE(silent.left) << "nobody wanted its place";
    EXPECT_FALSE(cap.crowded(on.now()));
    visitor& third = come({"/"});
    EXPECT_TRUE(silent.left);
    EXPECT_EQ(third.answers, 1U);
    EXPECT_TRUE(cap.crowded(on.now()));
    come({"/"});
    EXPECT_TRUE(first.left);
    EXPECT_FALSE(second.left);
    EXPECT_EQ(resting.let_go(), 2U);
    EXPECT_EQ(numbers.open, 3U);
    pass(10s);
    EXPECT_FALSE(cap.crowded(on.now()));
}

TEST_F(resting_test, a_request_in_progress_is_never_cut_off) {
    for (int i = 0; i < 3; ++i)
        come({"/slow"});
    visitor& late = come({"/"});
    pass(10s);
    EXPECT_EQ(late.answers, 0U);
    EXPECT_EQ(resting.let_go(), 0U);
    EXPECT_TRUE(cap.crowded(on.now())) << "somebody is kept out";
    pass(10s);
    EXPECT_EQ(late.answers, 1U) << "the first of them to come to rest makes room";
    EXPECT_EQ(visitors[0]->answers, 1U);
    EXPECT_TRUE(visitors[0]->left);
}

TEST_F(resting_test, one_that_has_just_come_is_given_the_time_for_its_first_word) {
    for (int i = 0; i < 3; ++i)
        visitors.push_back(std::make_unique<visitor>());
    for (const auto& each : visitors)
        clients.spawn(visit(*each, {}));
    pass(10ms);
    visitors.push_back(std::make_unique<visitor>());
    clients.spawn(visit(*visitors.back(), {"/"}));
    pass(80ms);
    EXPECT_EQ(visitors.back()->answers, 0U);
    EXPECT_EQ(resting.let_go(), 0U);
    pass(80ms);
    EXPECT_EQ(visitors.back()->answers, 1U);
    EXPECT_EQ(resting.let_go(), 1U);
}

TEST_F(resting_test, one_that_lingers_makes_room) {
    limits.head.head_bytes = 64;
    const std::string long_path = "/" + std::string(100, 'a');
    for (int i = 0; i < 3; ++i)
        come({long_path});
    const time_point before = on.now();
    visitor& late = come({"/"});
    EXPECT_EQ(late.answers, 1U);
    EXPECT_EQ(resting.let_go(), 1U);
    EXPECT_EQ(on.now(), before + 1s) << "lingering would have taken 5 s";
}

TEST_F(resting_test, another_loop_that_has_none_at_rest_asks_this_one) {
    visitor& here = come({"/"});
    EXPECT_TRUE(cap.try_enter());
    EXPECT_TRUE(cap.try_enter());
    cap.ask_for_room();
    pass(1s);
    EXPECT_TRUE(here.left);
    EXPECT_FALSE(cap.full());
    cap.ask_for_room();
    pass(1s);
    cap.leave();
    cap.leave();
}

}  // namespace
}  // namespace curfew::http
