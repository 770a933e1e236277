#include <curfew/http/head_reader.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/runtime/task_group.hpp>
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

/// What is sent a while after what came before it.
struct piece {
    duration after;
    std::string text;
};

struct head_reader_test : testing::Test {
    sim::world outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    runtime::scope resting{root};
    runtime::scope reading{root};
    runtime::task_group tasks;
    const time_point start = on.now();
    std::unique_ptr<runtime::listener> listening = *outside.listen(address, false);
    head_limits limits;
    std::vector<head_end> ends;
    time_point begun{};
    time_point accepted_at{};
    time_point ended{};

    task<> talk(std::vector<piece> pieces, bool leaves) {
        auto connecting = runtime::connect(outside, address, root);
        auto made = co_await connecting;
        for (const piece& each : pieces) {
            runtime::sleep_until until{root, on.now() + each.after};
            co_await until;
            std::array parts{part(each.text)};
            auto writing = write_all(**made, parts, root);
            co_await writing;
        }
        while (!leaves && !root.ended()) {
            runtime::sleep_until until{root, on.now() + 1h};
            co_await until;
        }
    }

    /// Reads heads of requests without bodies until there is none.
    task<> listen() {
        auto accepted = listening->try_accept();
        while (!*accepted) {
            auto readable = listening->ready().wait_readable(root);
            co_await readable;
            accepted = listening->try_accept();
        }
        input_buffer input;
        request_reader heads{**accepted, input, limits, on.now()};
        accepted_at = on.now();
        do {
            auto arriving = heads.next(resting, reading);
            const auto end = co_await arriving;
            ends.push_back(end);
            begun = heads.begun();
            if (end == head_end::whole) {
                input.consume(heads.parser().consumed());
            }
        } while (ends.back() == head_end::whole);
        ended = on.now();
        root.cancel();
    }

    task<> end_after(duration pause, runtime::scope& which) {
        runtime::sleep_until until{root, on.now() + pause};
        co_await until;
        which.end({cause_kind::shutdown});
    }

    void run(std::vector<piece> pieces, bool leaves = false) {
        tasks.spawn(listen());
        tasks.spawn(talk(std::move(pieces), leaves));
        ASSERT_TRUE(outside.run(on, [this] { return tasks.running() == 0; }));
    }
};

using head_ends = std::vector<head_end>;

TEST_F(head_reader_test, heads_that_came_together_are_read_one_after_the_other) {
    limits.keep_alive = 75s;
    run({{1s, "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"}});
    EXPECT_EQ(ends, (head_ends{head_end::whole, head_end::whole, head_end::idle}));
    EXPECT_EQ(ended, begun + 75s);
}

TEST_F(head_reader_test, the_time_for_a_head_counts_from_its_first_byte) {
    limits.header_timeout = 10s;
    run({{1s, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"}, {60s, "GET"}, {9s, " / HTTP"}, {9s, "/1.1"}});
    EXPECT_EQ(ends, (head_ends{head_end::whole, head_end::slow}));
    EXPECT_GE(begun, start + 60s);
    EXPECT_EQ(ended, begun + 10s);
}

TEST_F(head_reader_test, a_new_connection_has_the_time_for_its_first_head_from_its_accept) {
    limits.header_timeout = 10s;
    run({{6s, "GET"}, {3s, " / HTTP"}, {9s, "/1.1"}});
    EXPECT_EQ(ends, head_ends{head_end::slow});
    EXPECT_EQ(ended, accepted_at + 10s);
}

TEST_F(head_reader_test, a_new_connection_that_says_nothing_is_let_go_after_the_time_for_a_head) {
    limits.header_timeout = 10s;
    limits.keep_alive = 75s;
    run({});
    EXPECT_EQ(ends, head_ends{head_end::idle});
    EXPECT_EQ(ended, accepted_at + 10s);
}

TEST_F(head_reader_test, rest_ends_with_its_scope_and_a_begun_head_goes_on) {
    tasks.spawn(end_after(5s, resting));
    run({{4s, "GET / HTTP/1.1\r\nHost: x\r\n"}, {3s, "\r\n"}});
    EXPECT_EQ(ends, (head_ends{head_end::whole, head_end::idle}));
    EXPECT_GT(ended, start + 5s);
}

TEST_F(head_reader_test, a_head_is_stopped_with_the_scope_of_its_reading) {
    tasks.spawn(end_after(5s, reading));
    run({{4s, "GET / HTTP/1.1\r\n"}});
    EXPECT_EQ(ends, head_ends{head_end::stopped});
    EXPECT_EQ(ended, start + 5s);
}

TEST_F(head_reader_test, a_peer_that_leaves_within_a_head_is_gone) {
    run({{1s, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"}, {1s, "GET"}}, true);
    EXPECT_EQ(ends, (head_ends{head_end::whole, head_end::gone}));
}

TEST_F(head_reader_test, a_peer_that_leaves_between_heads_leaves_no_head_behind) {
    run({{1s, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"}}, true);
    EXPECT_EQ(ends, (head_ends{head_end::whole, head_end::idle}));
}

TEST_F(head_reader_test, a_broken_head_ends_the_reading_where_it_breaks) {
    run({{1s, "GET / HTTP/1.1\r\n"}, {1s, "no colon\r\n"}});
    EXPECT_EQ(ends, head_ends{head_end::broken});
}

}  // namespace
}  // namespace curfew::http
