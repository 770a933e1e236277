#pragma once

#include <curfew/http/input_buffer.hpp>
#include <curfew/preflight/check.hpp>
#include <curfew/runtime/loop_clock.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/runtime/task_group.hpp>
#include <curfew/sim/processes.hpp>
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace curfew::preflight {

/// What a simulated service does with one connection: it may greet, and answers each text that ends
/// with `asked` by the next of `answers`.
struct manner {
    std::string greeting{};
    std::vector<std::string> answers{};
    bool hangs = false;  ///< says nothing after that; else it closes
};

/// One loop, and a service at 127.0.0.1:9 for each connection that comes.
class peer_scenario : public testing::Test {
  public:
    peer_scenario() {
        rules.name = "it";
        rules.where.host = "127.0.0.1";
        rules.where.port = 9;
        rules.timeout = std::chrono::seconds{5};
    }

    void serve(std::vector<manner> manners) {
        listening = *outside.listen(*runtime::endpoint::parse("127.0.0.1:9"), false);
        tasks.spawn(receive(std::move(manners)));
    }

    instruments with() { return {on, outside, machine, limits}; }

    void run_until_over(const bool& over) {
        EXPECT_TRUE(outside.run(on, [&] { return over; }));
        root.cancel();
        EXPECT_TRUE(outside.run(on, [this] { return tasks.running() == 0; }));
    }

    sim::world outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    runtime::task_group tasks;
    runtime::loop_clock time{on};
    sim::processes machine{time};
    policy::database_policy limits;
    policy::check_policy rules;
    std::unique_ptr<runtime::listener> listening;
    std::string heard;
    int connections = 0;

  private:
    runtime::task<> receive(std::vector<manner> manners) {
        for (const manner& each : manners) {
            auto accepted = listening->try_accept();
            while (!*accepted) {
                listening->ready().clear_readable();
                auto waiting = listening->ready().wait_readable(root);
                const auto woken = co_await waiting;
                if (woken == runtime::wake::ended) co_return;
                accepted = listening->try_accept();
            }
            ++connections;
            tasks.spawn(answer(std::move(*accepted), each));
        }
    }

    runtime::task<> answer(std::unique_ptr<runtime::stream> to, manner how) {
        auto greeting = say(*to, how.greeting);
        co_await greeting;
        for (const auto& next : how.answers) {
            http::input_buffer input;
            auto filling = http::fill(input, *to, http::block::large, root);
            const auto got = co_await filling;
            if (got.status != runtime::io::ok) co_return;
            heard += input.unread();
            auto saying = say(*to, next);
            co_await saying;
        }
        if (how.hangs) {
            auto resting = runtime::sleep_until{root, on.now() + std::chrono::hours{1}};
            co_await resting;
        }
    }

    runtime::task<> say(runtime::stream& to, const std::string& text) {
        std::array parts{http::part(text)};
        auto writing = http::write_all(to, parts, root);
        co_await writing;
    }
};

}  // namespace curfew::preflight
