#include "gateway_scenario.hpp"

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

// What RFC 9110 asks of a gateway, end to end.

TEST_F(gateway_scenario, a_callers_time_below_zero_is_over_and_nothing_is_forwarded) {
    script_ = [](const std::string&) { return scripted_answer{.text = ok("served")}; };
    open();
    for (const auto* field :
         {"X-Curfew-Timeout-Ms: -1",
          "X-Curfew-Timeout-Ms: 0",
          "grpc-timeout: -1S",
          "X-Request-Timeout: -2.5s",
          "x-envoy-expected-rq-timeout-ms: -30"}) {
        client(get("/a", std::string{field} + "\r\n"));
    }
    const auto& odd = client(get("/a", "X-Curfew-Timeout-Ms: soon\r\n"));
    run();
    for (std::size_t i = 0; i + 1 < clients.size(); ++i) {
        EXPECT_EQ(clients[i]->status(), 504) << clients[i]->text;
        EXPECT_TRUE(clients[i]->has("urn:curfew:error:no-time-left")) << clients[i]->text;
        EXPECT_TRUE(clients[i]->has("\"limit_ms\":0")) << clients[i]->text;
    }
    EXPECT_EQ(odd.status(), 200) << "what is no number is ignored";
    EXPECT_EQ(seen.size(), 1U);
}

TEST_F(gateway_scenario, time_is_no_guard_so_observing_forwards_nothing_that_has_expired) {
    rules.gateway.observe = true;
    script_ = [](const std::string&) { return scripted_answer{.text = ok("served")}; };
    open();
    client(get("/warm"));
    run();
    const auto& told = client(get("/a", "X-Curfew-Timeout-Ms: -1\r\n"));
    run();
    EXPECT_EQ(told.status(), 504) << told.text;
    EXPECT_EQ(seen.size(), 1U);
}

TEST_F(gateway_scenario, early_hints_pass_before_the_answer) {
    script_ = [](const std::string&) {
        return scripted_answer{
            .text =
                "HTTP/1.1 100 Continue\r\n\r\n"
                "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: x\r\n\r\n"
                "HTTP/1.1 102 Processing\r\nContent-Length: 3\r\n\r\n",
            .rest_after = 2s,
            .rest = ok("done"),
        };
    };
    open();
    const auto& told = client(get("/page"));
    auto old = get("/page");
    old.replace(old.find("1.1"), 3, "1.0");
    const auto& old_told = client(old);
    run();
    EXPECT_EQ(told.first, start) << "they do not wait for the answer";
    EXPECT_TRUE(
        told.text.starts_with("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
                              "HTTP/1.1 102 Processing\r\n\r\n"
                              "HTTP/1.1 200 OK\r\n")
    ) << told.text;
    EXPECT_TRUE(told.text.ends_with("done"));
    EXPECT_TRUE(old_told.text.starts_with("HTTP/1.1 200 OK\r\n")) << old_told.text;
}

TEST_F(gateway_scenario, a_flood_of_interim_answers_is_a_502) {
    script_ = [](const std::string& head) {
        const int count = head.starts_with("GET /eight") ? 8 : 9;
        std::string text;
        for (int i = 0; i < count; ++i)
            text += "HTTP/1.1 103 Early Hints\r\n\r\n";
        return scripted_answer{.text = text + ok("done")};
    };
    open();
    const auto& eight = client(get("/eight"));
    const auto& nine = client(get("/nine"));
    run();
    EXPECT_TRUE(eight.text.ends_with("done")) << eight.text;
    EXPECT_TRUE(nine.has("urn:curfew:error:upstream-protocol")) << nine.text;
    EXPECT_TRUE(nine.has("\"detail\":\"more than 8 interim answers\"")) << nine.text;
}

TEST_F(gateway_scenario, an_upgrade_that_nobody_asked_for_is_a_502_that_says_so) {
    script_ = [](const std::string&) {
        return scripted_answer{.text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"};
    };
    open();
    const auto& told = client(get("/"));
    run();
    EXPECT_EQ(told.status(), 502);
    EXPECT_TRUE(told.has("\"detail\":\"101 where no upgrade was asked for\"")) << told.text;
}

TEST_F(gateway_scenario, an_answer_that_breaks_the_protocol_is_told_with_the_rule) {
    script_ = [](const std::string&) {
        return scripted_answer{.text = "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"};
    };
    open();
    const auto& told = client(get("/"));
    run();
    EXPECT_EQ(told.status(), 502);
    EXPECT_TRUE(told.has("\"detail\":\"Content-Length is not 1 to 19 digits\"")) << told.text;
}

TEST_F(gateway_scenario, the_last_hop_answers_itself) {
    script_ = [](const std::string&) { return scripted_answer{.text = ok("backend")}; };
    open();
    const auto asked = [](std::string_view method, int hops) {
        return std::string{method} +
               " /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nMax-Forwards: " +
               std::to_string(hops) + "\r\n\r\n";
    };
    const auto& options = client(asked("OPTIONS", 0));
    const auto& trace = client(asked("TRACE", 0));
    run();
    EXPECT_EQ(options.status(), 204);
    EXPECT_EQ(trace.status(), 501);
    EXPECT_TRUE(trace.has("Max-Forwards is 0")) << trace.text;
    EXPECT_TRUE(seen.empty());
    const auto& one_more = client(asked("OPTIONS", 1));
    run();
    EXPECT_EQ(one_more.status(), 200);
    EXPECT_NE(seen.at(0).find("Max-Forwards: 0\r\n"), std::string::npos) << seen[0];
}

TEST_F(gateway_scenario, every_answer_is_dated) {
    script_ = [](const std::string&) { return scripted_answer{.text = ok("x")}; };
    open();
    const auto& served = client(get("/"));
    const auto& refused = client("GET / HTTP/1.1\r\nA : b\r\n\r\n");
    run();
    EXPECT_TRUE(served.has("\r\nDate: ") && served.has(" GMT\r\n")) << served.text;
    EXPECT_TRUE(refused.has("\r\nDate: ")) << refused.text;
    EXPECT_TRUE(refused.has("\"detail\":\"white space before a header's colon\"")) << refused.text;
    EXPECT_TRUE(refused.has("urn:curfew:error:bad-request")) << refused.text;
}

TEST_F(gateway_scenario, a_trailer_counts_on_where_the_head_ended) {
    rules.http.header_count = 10;
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    std::string trailers;
    for (int i = 0; i < 8; ++i)
        trailers += "T: 1\r\n";
    const auto& told = client(
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nX: 1\r\n\r\n0\r\n" + trailers +
        "\r\n"
    );
    run();
    EXPECT_EQ(told.status(), 431) << told.text;
    EXPECT_TRUE(told.has("\"limit\":\"http.header_count\",\"limit_ms\":null,\"limit_value\":10"))
        << told.text;
}

TEST_F(gateway_scenario, a_refusal_by_size_names_the_key_and_its_value) {
    rules.http.header_bytes = 1024;
    rules.http.target_bytes = 300;
    rules.http.body_bytes = 10;
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    const std::string start_line = "GET / HTTP/1.1\r\nHost: x\r\n";
    const auto& head = client(start_line + "X: " + std::string(1024, 'x') + "\r\n\r\n");
    const auto& target = client("GET /" + std::string(300, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto& body = client(post("/", 11, ""));
    run();
    const auto limit = [](std::string_view key, int value) {
        return "\"limit\":\"" + std::string{key} +
               "\",\"limit_ms\":null,\"limit_value\":" + std::to_string(value) + ",";
    };
    EXPECT_TRUE(head.has(limit("http.header_bytes", 1024))) << head.text;
    EXPECT_TRUE(target.has(limit("http.target_bytes", 300))) << target.text;
    EXPECT_TRUE(body.has(limit("http.body_bytes", 10))) << body.text;
}

}  // namespace
}  // namespace curfew::gateway
