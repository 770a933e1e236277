#include "gateway_scenario.hpp"

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

/// Small bodies are here before anybody is asked for a place.
struct gateway_early_body_scenario : gateway_scenario {
    gateway_early_body_scenario() {
        rules.request.body_idle = 2s;
        script_ = [](const std::string& head) {
            const auto at = head.find("Content-Length: ");
            const std::size_t length =
                at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
            return scripted_answer{.body = length, .text = ok("done"), .close = true};
        };
    }

    static std::string upload_of(std::size_t length, std::string_view more = "") {
        std::string text = post("/up", length, std::string(length, 'b'));
        return text.insert(text.find("\r\n") + 2, more);
    }
};

TEST_F(gateway_early_body_scenario, slow_small_uploads_keep_no_worker_of_the_backend) {
    rules.http.body_rate = std::nullopt;
    workers = 1;
    open();
    const std::string text = upload_of(10);
    for (int i = 0; i < 5; ++i) {
        client(text, {.piece = 1, .first = text.size() - 9, .pace = 1s});
    }
    const auto& other = client(get("/other"), {.begin = 500ms});
    run();
    EXPECT_EQ(other.status(), 200);
    EXPECT_EQ(other.first, start + 500ms);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(clients[i]->status(), 200) << clients[i]->text;
        EXPECT_EQ(clients[i]->first, start + 9s);
    }
    EXPECT_EQ(serving->bodies_held(), 0U);
}

TEST_F(gateway_early_body_scenario, what_comes_behind_the_body_is_the_next_request) {
    open();
    std::string text = "POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n";
    const std::size_t head = text.size();
    text += std::string(10, 'b') + upload_of(3);
    const auto& told = client(text, {.first = head + 4, .pace = 1s});
    run();
    EXPECT_EQ(seen.size(), 2U);
    const auto first = told.text.find("done");
    EXPECT_NE(told.text.find("done", first + 1), std::string::npos) << told.text;
}

TEST_F(gateway_early_body_scenario, of_many_sizes_every_byte_arrives) {
    open();
    for (const std::size_t length : {1U, 4'096U, 16'385U, 40'000U, 65'536U, 65'537U}) {
        const std::string text = upload_of(length);
        client(text, {.piece = 9'999, .first = text.size() - length, .pace = 100ms});
    }
    run();
    for (const auto& each : clients) {
        EXPECT_EQ(each->status(), 200) << each->text;
    }
}

TEST_F(gateway_early_body_scenario, one_that_stops_is_408_and_the_upstream_never_hears_of_it) {
    open();
    const auto& told = client(post("/up", 10, "half"));
    run();
    EXPECT_EQ(told.status(), 408);
    EXPECT_TRUE(told.has("client-too-slow")) << told.text;
    EXPECT_EQ(told.first, start + 2s);
    EXPECT_TRUE(seen.empty());
    ASSERT_EQ(events.all.size(), 1U);
    EXPECT_EQ(events.all[0].limit_name, "request.body_idle");
    EXPECT_EQ(events.all[0].ended, outcome::ignored);
}

TEST_F(gateway_early_body_scenario, one_under_the_least_rate_is_408) {
    rules.http.body_rate = 10;
    open();
    const std::string text = upload_of(100);
    const auto& told = client(text, {.piece = 1, .first = text.size() - 100, .pace = 500ms});
    run();
    EXPECT_EQ(told.status(), 408);
    ASSERT_EQ(events.all.size(), 1U);
    EXPECT_EQ(events.all[0].took, 2500ms) << "the two seconds of body_idle are over";
    EXPECT_EQ(events.all[0].limit_name, "http.body_rate");
}

TEST_F(gateway_early_body_scenario, the_time_of_the_request_ends_it_as_the_clients_doing) {
    rules.request.timeout = 3s;
    rules.http.body_rate = std::nullopt;
    open();
    const std::string text = upload_of(100);
    const auto& told = client(text, {.piece = 1, .first = text.size() - 100, .pace = 1s});
    run();
    EXPECT_EQ(told.status(), 408);
    ASSERT_EQ(events.all.size(), 1U);
    EXPECT_EQ(events.all[0].took, 3s);
    EXPECT_EQ(events.all[0].limit_name, "request.timeout");
    EXPECT_TRUE(seen.empty());
}

TEST_F(gateway_early_body_scenario, one_that_leaves_is_over_at_once) {
    open();
    const auto& told = client(post("/up", 10, "half"), {.leave_after = 1s});
    run();
    run_for(10ms);
    EXPECT_EQ(told.text, "");
    ASSERT_EQ(events.all.size(), 1U);
    EXPECT_EQ(events.all[0].why, cause_kind::cancelled);
    EXPECT_EQ(events.all[0].took, 1s);
}

TEST_F(gateway_early_body_scenario, who_expects_100_is_told_so_once_before_the_body) {
    open();
    const std::string text = upload_of(10, "Expect: 100-continue\r\n");
    const auto& told = client(text, {.first = text.size() - 10, .pace = 1s});
    run();
    EXPECT_TRUE(told.text.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
}

TEST_F(gateway_early_body_scenario, off_they_stream) {
    rules.http.body_buffer = std::nullopt;
    rules.http.body_rate = std::nullopt;
    workers = 1;
    open();
    const std::string text = upload_of(10);
    client(text, {.piece = 1, .first = text.size() - 9, .pace = 1s});
    const auto& other = client(get("/other"), {.begin = 500ms});
    run();
    EXPECT_EQ(other.first, start + 9s) << "the one worker waits for the body";
}

}  // namespace
}  // namespace curfew::gateway
