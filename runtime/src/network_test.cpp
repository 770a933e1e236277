#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/task_group.hpp>
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

namespace curfew::runtime {
namespace {

using namespace std::chrono_literals;

const endpoint server = *endpoint::parse("127.0.0.1:80");

struct network_test : testing::Test {
    sim::world outside;
    loop on{outside};
    scope root{on};
    task_group tasks;
    time_point start = on.now();

    bool finish() {
        return outside.run(on, [this] { return tasks.running() == 0; });
    }
};

task<> connect_once(
    network& through, scope& under, result<std::unique_ptr<stream>>& told, time_point& at
) {
    auto connecting = connect(through, server, under);
    told = co_await connecting;
    at = under.on().now();
}

TEST_F(network_test, connect_takes_one_round_trip) {
    outside.set_link(80, {.latency = 30ms});
    const auto listening = outside.listen(server, false);
    result<std::unique_ptr<stream>> told;
    time_point at;
    tasks.spawn(connect_once(outside, root, told, at));
    ASSERT_TRUE(finish());
    ASSERT_TRUE(told.has_value());
    EXPECT_EQ(at, start + 60ms);
}

TEST_F(network_test, connect_to_nobody_is_refused) {
    result<std::unique_ptr<stream>> told;
    time_point at;
    tasks.spawn(connect_once(outside, root, told, at));
    ASSERT_TRUE(finish());
    ASSERT_FALSE(told.has_value());
    EXPECT_EQ(told.error().code, errc::connect_refused);
}

TEST_F(network_test, connect_into_a_black_hole_ends_at_its_deadline_and_leaves_nothing) {
    outside.set_link(80, {.black_hole = true});
    result<std::unique_ptr<stream>> told;
    time_point at;
    scope limited{root, {deadline::after(start, 5s), true, "connect", 5s}};
    tasks.spawn(connect_once(outside, limited, told, at));
    ASSERT_TRUE(finish());
    ASSERT_FALSE(told.has_value());
    EXPECT_EQ(told.error().code, errc::connect_timeout);
    EXPECT_EQ(at, start + 5s);
    EXPECT_EQ(outside.open_streams(), 0U);
}

TEST_F(network_test, an_inherited_deadline_is_not_called_a_connect_timeout) {
    outside.set_link(80, {.black_hole = true});
    result<std::unique_ptr<stream>> told;
    time_point at;
    scope limited{root, {deadline::after(start, 5s), false, "request.timeout", 5s}};
    tasks.spawn(connect_once(outside, limited, told, at));
    ASSERT_TRUE(finish());
    EXPECT_EQ(told.error().code, errc::inherited_deadline);
}

TEST(endpoint, reads_what_it_writes) {
    for (const char* text : {"127.0.0.1:80", "0.0.0.0:65535", "[::1]:8080", "[2001:db8::1]:1"}) {
        const auto read = endpoint::parse(text);
        ASSERT_TRUE(read.has_value()) << text;
        EXPECT_EQ(read->text(), text);
    }
}

TEST(endpoint, refuses_what_is_not_numeric_or_has_no_port) {
    for (const char* text :
         {"",
          ":",
          "localhost:80",
          "127.0.0.1",
          "127.0.0.1:",
          "127.0.0.1:65536",
          "127.0.0.1:8x",
          "::1:80",
          "[::1]",
          "127.0.0.1:-1",
          "127.0.0.1:+1",
          "127.0.0.1: 1",
          "1.2.3:1"}) {
        EXPECT_FALSE(endpoint::parse(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace curfew::runtime
