#include "gateway_scenario.hpp"

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

struct drain_scenario : gateway_scenario {
    /// Connections that have rested since their one request was answered.
    void at_rest(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            client("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
        }
        run_for(1s);
        for (const auto& each : clients) {
            ASSERT_TRUE(each->has("200 OK"));
            ASSERT_FALSE(each->over);
        }
    }
};

TEST_F(drain_scenario, who_waits_for_a_place_gets_it_within_the_grace) {
    rules.limiter.initial = 1;
    script_ = [](const std::string&) { return scripted_answer{.after = 3s, .text = ok("done")}; };
    open();
    const auto& first = client(get("/a"));
    const auto& waits = client(get("/a"));
    run_for(1s);
    close();
    EXPECT_EQ(first.first, start + 3s);
    EXPECT_EQ(waits.first, start + 6s);
    EXPECT_EQ(waits.status(), 200) << waits.text;
}

TEST_F(drain_scenario, who_has_connected_is_served_though_nobody_had_accepted_it) {
    script_ = [](const std::string&) { return scripted_answer{.text = ok("x")}; };
    open();
    const auto& told = client(get("/a"), {.begin = 1s});
    run_for(1s);
    close();
    EXPECT_EQ(told.status(), 200) << told.text;
}

TEST_F(drain_scenario, a_client_that_was_answered_a_moment_ago_may_still_send) {
    script_ = [](const std::string&) { return scripted_answer{.text = ok("x")}; };
    open();
    const std::string one = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
    const auto& told = client(one + one, {.begin = 1s, .piece = one.size(), .pace = 900ms});
    const auto& silent = client(one, {.begin = 1s});
    run_for(1020ms);
    close();
    EXPECT_EQ(told.ended, start + 1900ms);
    EXPECT_NE(told.text.find("200 OK"), told.text.rfind("200 OK")) << told.text;
    EXPECT_TRUE(told.has("Connection: close"));
    EXPECT_EQ(silent.ended, start + 2020ms) << "looked at every 25 ms";
}

TEST_F(drain_scenario, an_answer_that_promised_another_request_before_the_drain_keeps_its_word) {
    script_ = [](const std::string&) {
        return scripted_answer{
            .text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", .rest_after = 3s, .rest = "b"
        };
    };
    open();
    const std::string one = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
    const auto& told = client(one + one, {.piece = one.size(), .pace = 3900ms});
    const auto& silent = client(one);
    run_for(1s);
    close();
    EXPECT_NE(told.text.find("200 OK"), told.text.rfind("200 OK")) << told.text;
    EXPECT_TRUE(told.has("Connection: close"));
    EXPECT_EQ(told.ended, start + 6900ms);
    EXPECT_EQ(silent.ended, start + 4s);
}

TEST_F(drain_scenario, a_few_connections_at_rest_are_closed_at_once) {
    script_ = [](const std::string&) { return scripted_answer{.text = ok("x")}; };
    rules.limiter.initial = 100;
    rules.limiter.ceiling = 200;
    open();
    at_rest(10);
    close();
    for (const auto& each : clients) {
        EXPECT_EQ(each->ended, start + 1s);
    }
}

TEST_F(drain_scenario, many_connections_at_rest_are_closed_one_by_one) {
    script_ = [](const std::string&) { return scripted_answer{.text = ok("x")}; };
    rules.limiter.initial = 1000;
    rules.limiter.ceiling = 1000;
    open();
    at_rest(400);
    close();
    std::vector<int> in_fifty(9);
    for (const auto& each : clients) {
        ASSERT_GE(each->ended, start + 1s);
        ASSERT_LE(each->ended, start + 1450ms);
        ++in_fifty[static_cast<std::size_t>((each->ended - start - 1s) / 50ms)];
    }
    for (std::size_t i = 0; i < 7; ++i) {
        EXPECT_NEAR(in_fifty[i], 50, 20) << i;
    }
}

TEST_F(drain_scenario, nothing_outlives_the_grace) {
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    for (int i = 0; i < 100; ++i) {
        client(get("/hung"));
    }
    run_for(1s);
    close();
    for (const auto& each : clients) {
        EXPECT_EQ(each->status(), 503);
        EXPECT_EQ(each->first, start + 11s);
    }
}

}  // namespace
}  // namespace curfew::gateway
