#include "gateway_scenario.hpp"

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

/// What an access log is told of requests, and who hears of a backend that is overdue.
struct gateway_facts_scenario : gateway_scenario {
    gateway_facts_scenario() {
        rules.access_log.destination = "stderr";
        script_ = [](const std::string& head) {
            const bool never = head.find("/never") != head.npos;
            const bool reads = head.starts_with("POST");
            return scripted_answer{
                .body = std::size_t{reads ? 5U : 0U}, .text = ok("served"), .never = never
            };
        };
    }
};

TEST_F(gateway_facts_scenario, a_request_is_told_with_its_path_endpoint_and_bytes) {
    open();
    const auto text = get("/a/../items/7?token=hunter2");
    const auto& told = client(text);
    run();
    ASSERT_EQ(events.all.size(), 1U);
    const kept_event& seen_event = events.all.front();
    ASSERT_TRUE(seen_event.has_facts);
    EXPECT_EQ(seen_event.method, "GET");
    EXPECT_EQ(seen_event.path, "/items/7");
    EXPECT_EQ(seen_event.upstream, "127.0.0.1:9000");
    EXPECT_EQ(seen_event.bytes_in, text.size());
    EXPECT_EQ(seen_event.bytes_out, told.text.size());
}

TEST_F(gateway_facts_scenario, what_is_told_is_still_there_when_the_head_was_given_up_for_a_body) {
    open();
    const auto text = post("/items", 5, "hello");
    client(text);
    run();
    ASSERT_EQ(events.all.size(), 1U);
    EXPECT_EQ(events.all.front().method, "POST");
    EXPECT_EQ(events.all.front().path, "/items");
    EXPECT_EQ(events.all.front().bytes_in, text.size());
}

TEST_F(gateway_facts_scenario, long_texts_are_cut) {
    open();
    client(get("/" + std::string(3'000, 'x')));
    run();
    ASSERT_EQ(events.all.size(), 1U);
    EXPECT_EQ(events.all.front().path.size(), 1'024U);
}

TEST_F(gateway_facts_scenario, a_refusal_is_told_with_what_was_sent) {
    rules.request.timeout = 2s;
    open();
    const auto& told = client(get("/never"));
    run();
    ASSERT_EQ(events.all.size(), 1U);
    EXPECT_EQ(told.status(), 504);
    EXPECT_EQ(events.all.front().bytes_out, told.text.size());
    EXPECT_EQ(events.all.front().upstream, "127.0.0.1:9000");
}

TEST_F(gateway_facts_scenario, without_an_access_log_nothing_is_copied) {
    rules.access_log.destination = "off";
    open();
    client(get("/a"));
    run();
    ASSERT_EQ(events.all.size(), 1U);
    EXPECT_FALSE(events.all.front().has_facts);
}

TEST_F(gateway_facts_scenario, a_timeout_at_the_supervised_backend_is_heard_of_and_no_other) {
    rules.request.timeout = 2s;
    rules.backend.command = {"server"};
    open();
    std::vector<duration> overdue;
    shared->backend_overdue = [&](duration waited) { overdue.push_back(waited); };
    client(get("/never"));
    run();
    EXPECT_EQ(overdue, std::vector<duration>{2s});
    client(get("/never", "X-Curfew-Timeout-Ms: 500\r\n"));
    client(get("/a"));
    run();
    EXPECT_EQ(overdue.size(), 1U) << "a caller's shorter time says nothing about the backend";
}

}  // namespace
}  // namespace curfew::gateway
