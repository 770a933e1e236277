#include <curfew/http/client.hpp>
#include <curfew/http/server.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/runtime/task_group.hpp>
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

#include <array>

namespace curfew::http {
namespace {

using namespace std::chrono_literals;
using runtime::task;

const auto address = *runtime::endpoint::parse("127.0.0.1:80");

task<response> echo(const request& asked) {
    std::string text{asked.path};
    text.append("|").append(asked.query).append("|").append(asked.body);
    co_return response{200, "text/plain", text};
}

task<> serve_once(
    runtime::listener& from,
    runtime::scope& under,
    const handler& answer,
    const server_limits& limits
) {
    for (;;) {
        auto accepted = from.try_accept();
        if (*accepted) {
            auto serving = serve_connection(std::move(*accepted), under, answer, limits);
            co_await serving;
            co_return;
        }
        auto readable = from.ready().wait_readable(under);
        co_await readable;
    }
}

struct heard {
    std::string text;
    time_point ended{};
};

/// Sends `text` in pieces of `piece` bytes, one every `pace`, and hears all until the end.
task<> talk(
    runtime::network& through,
    runtime::scope& under,
    std::string text,
    std::size_t piece,
    duration pace,
    heard& told
) {
    auto connecting = runtime::connect(through, address, under);
    auto made = co_await connecting;
    runtime::stream& to = **made;
    for (std::size_t at = 0; at < text.size(); at += piece) {
        if (at > 0 && pace > 0s) {
            runtime::sleep_until until{under, under.on().now() + pace};
            co_await until;
        }
        std::array parts{part(std::string_view{text}.substr(at, piece))};
        auto writing = write_all(to, parts, under);
        const auto wrote = co_await writing;
        if (wrote.status != runtime::io::ok) {
            break;
        }
    }
    input_buffer input;
    for (;;) {
        auto filling = fill(input, to, 1 << 20, under);
        const auto got = co_await filling;
        if (got.status != runtime::io::ok) {
            break;
        }
    }
    told = {std::string{input.unread()}, under.on().now()};
}

struct server_test : testing::Test {
    sim::world outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    runtime::task_group tasks;
    time_point start = on.now();
    std::unique_ptr<runtime::listener> listening = *outside.listen(address, false);
    handler echoing = echo;
    server_limits limits;
    heard told;

    void run(std::string text, std::size_t piece = 1 << 20, duration pace = 0s) {
        tasks.spawn(serve_once(*listening, root, echoing, limits));
        tasks.spawn(talk(outside, root, std::move(text), piece, pace, told));
        ASSERT_TRUE(outside.run(on, [this] { return tasks.running() == 0; }));
        EXPECT_EQ(outside.open_streams(), 0U);
    }
};

TEST_F(server_test, answers_a_request_and_closes_when_asked_to) {
    run("GET /a?b=c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(told.text.starts_with("HTTP/1.1 200 OK\r\n")) << told.text;
    EXPECT_TRUE(told.text.ends_with("\r\n\r\n/a|b=c|")) << told.text;
}

TEST_F(server_test, pipelined_requests_are_answered_in_order) {
    run("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
        "POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const auto first = told.text.find("/1||");
    const auto second = told.text.find("/2||abc");
    const auto third = told.text.find("/3||");
    ASSERT_NE(third, std::string::npos) << told.text;
    EXPECT_LT(first, second);
    EXPECT_LT(second, third);
}

TEST_F(server_test, a_head_that_trickles_in_is_refused_at_the_header_timeout) {
    limits.header_timeout = 10s;
    run("GET /slow HTTP/1", 1, 1s);
    EXPECT_TRUE(told.text.starts_with("HTTP/1.1 408 ")) << told.text;
}

TEST_F(server_test, an_idle_connection_is_closed_in_silence) {
    limits.keep_alive = 75s;
    run("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(told.text.starts_with("HTTP/1.1 200 ")) << told.text;
    EXPECT_EQ(told.ended, start + 75s);
}

TEST_F(server_test, a_connection_that_never_spoke_has_the_time_for_a_head_only) {
    limits.header_timeout = 10s;
    limits.keep_alive = 75s;
    run("");
    EXPECT_EQ(told.text, "");
    EXPECT_EQ(told.ended, start + 10s);
}

TEST_F(server_test, a_head_over_its_bound_is_refused) {
    run("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(100'000, 'a') + "\r\n\r\n");
    EXPECT_TRUE(told.text.starts_with("HTTP/1.1 431 ")) << told.text;
}

TEST_F(server_test, a_body_over_its_bound_is_refused) {
    limits.body_bytes = 10;
    run("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world");
    EXPECT_TRUE(told.text.starts_with("HTTP/1.1 413 ")) << told.text;
}

TEST_F(server_test, broken_framing_is_answered_once_and_closed) {
    run("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(told.text.starts_with("HTTP/1.1 400 ")) << told.text;
    EXPECT_EQ(told.text.find("HTTP/1.1", 1), std::string::npos) << told.text;
}

TEST_F(server_test, who_asks_is_told_as_the_head_says_it) {
    std::string seen;
    echoing = [&seen](const request& asked) {
        seen = std::string{asked.host} + ' ' + std::string{asked.origin} + ' ' +
               std::string{asked.fetch_site} + ' ' + std::string{asked.last_event_id};
        return echo(asked);
    };
    run("POST / HTTP/1.1\r\nHost: a:1\r\nOrigin: http://b\r\nsec-fetch-SITE: cross-site\r\n"
        "Last-Event-ID: 7\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
    EXPECT_EQ(seen, "a:1 http://b cross-site 7");
}

TEST_F(server_test, head_gets_the_length_and_no_body) {
    run("HEAD /abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_NE(told.text.find("Content-Length: 6\r\n"), std::string::npos) << told.text;
    EXPECT_TRUE(told.text.ends_with("\r\n\r\n")) << told.text;
}

/// Says "tick" once a second.
struct ticks final : live_body {
    explicit ticks(int n) : count{n} {}

    task<> send(body_writer& to, runtime::scope& under) override {
        for (int i = 0; i < count; ++i) {
            auto writing = to.write("tick\n");
            const bool taken = co_await writing;
            if (!taken) {
                break;
            }
            ++sent;
            runtime::sleep_until until{under, under.on().now() + 1s};
            co_await until;
        }
        over = under.on().now();
    }

    int count;
    int sent = 0;
    time_point over{};
};

struct live_server_test : server_test {
    std::shared_ptr<ticks> body = std::make_shared<ticks>(3);

    live_server_test() {
        echoing = [this](const request&) { return answer(body); };
    }

    static task<response> answer(std::shared_ptr<live_body> with) {
        response reply{200, "text/event-stream", {}};
        reply.live = std::move(with);
        co_return reply;
    }
};

TEST_F(live_server_test, a_live_body_goes_out_piece_by_piece_and_the_connection_serves_on) {
    run("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    );
    EXPECT_NE(told.text.find("Transfer-Encoding: chunked\r\n"), told.text.npos) << told.text;
    EXPECT_EQ(told.text.find("Content-Length"), told.text.npos);
    EXPECT_TRUE(told.text.ends_with("5\r\ntick\n\r\n0\r\n\r\n")) << told.text;
    EXPECT_EQ(body->sent, 6);
    EXPECT_EQ(told.ended, start + 6s);
}

TEST_F(live_server_test, to_a_client_of_the_old_version_it_goes_to_the_end_of_the_connection) {
    run("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(told.text.find("chunked"), told.text.npos) << told.text;
    EXPECT_TRUE(told.text.ends_with("\r\n\r\ntick\ntick\ntick\n")) << told.text;
    EXPECT_EQ(told.ended, start + 3s);
}

TEST_F(live_server_test, head_is_answered_without_it) {
    run("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(told.text.ends_with("\r\n\r\n")) << told.text;
    EXPECT_EQ(body->sent, 0);
}

task<> leave_after(
    runtime::network& through, runtime::scope& under, std::string text, duration when
) {
    auto connecting = runtime::connect(through, address, under);
    auto made = co_await connecting;
    std::array parts{part(text)};
    auto writing = write_all(**made, parts, under);
    co_await writing;
    runtime::sleep_until until{under, under.on().now() + when};
    co_await until;
}

TEST_F(live_server_test, it_ends_when_the_client_leaves) {
    body->count = 1'000'000;
    tasks.spawn(serve_once(*listening, root, echoing, limits));
    tasks.spawn(leave_after(outside, root, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 90500ms));
    ASSERT_TRUE(outside.run(on, [this] { return tasks.running() == 0; }));
    EXPECT_EQ(body->sent, 91);
    EXPECT_EQ(body->over, start + 90500ms);
    EXPECT_EQ(outside.open_streams(), 0U);
}

task<> ask_twice(client& with, runtime::scope& under, std::vector<result<http::answer>>& told) {
    const std::string text = get_request("x", "/ping");
    for (int i = 0; i < 2; ++i) {
        auto asking = with.exchange(http1::method_id::get, text, under);
        auto answered = co_await asking;
        told.push_back(std::move(answered));
    }
    with.close();
}

TEST_F(server_test, a_client_keeps_its_connection) {
    client with{outside, address};
    std::vector<result<http::answer>> answers;
    tasks.spawn(serve_once(*listening, root, echoing, limits));
    tasks.spawn(ask_twice(with, root, answers));
    ASSERT_TRUE(outside.run(on, [this] { return tasks.running() == 0; }));
    ASSERT_EQ(answers.size(), 2U);
    for (const auto& each : answers) {
        ASSERT_TRUE(each.has_value());
        EXPECT_EQ(each->body, "/ping||");
        EXPECT_TRUE(each->keep_alive);
    }
}

task<> ask(client& with, runtime::scope& under, result<http::answer>& told) {
    const std::string text = get_request("x", "/");
    auto asking = with.exchange(http1::method_id::get, text, under);
    told = co_await asking;
}

TEST_F(server_test, a_client_gives_up_on_a_server_that_accepts_and_is_silent) {
    client with{outside, address};
    result<http::answer> got;
    runtime::scope limited{root, {deadline::after(start, 2s), true, "probe", 2s}};
    tasks.spawn(ask(with, limited, got));
    ASSERT_TRUE(outside.run(on, [this] { return tasks.running() == 0; }));
    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().code, errc::own_timeout);
    EXPECT_EQ(on.now(), start + 2s);
    EXPECT_FALSE(with.connected());
}

}  // namespace
}  // namespace curfew::http
