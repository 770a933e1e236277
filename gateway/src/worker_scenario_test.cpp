#include "gateway_scenario.hpp"
#include <curfew/http/server.hpp>

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

struct worker_scenario : gateway_scenario {
    snapshot census() {
        snapshot now;
        shared->guards().describe(now, on.now());
        std::vector<worker::times_of_route> times;
        serving->count(now, times);
        for (const auto& each : times)
            now.routes[each.route].numbers.add_times(*each.kept);
        return now;
    }

    std::uint64_t bad_requests() { return census().bad_requests; }
};

TEST_F(worker_scenario, a_head_that_never_comes_whole_is_counted_and_told_once_however_it_ends) {
    rules.http.header_timeout = 2s;
    script_ = [](const std::string&) { return scripted_answer{.text = ok("")}; };
    open();
    client("GET / HTTP/1.1\r\nHos", manners{.leave_after = 1s});
    run_for(1500ms);
    ASSERT_EQ(events.all.size(), 1U);
    EXPECT_EQ(events.all[0].why, cause_kind::cancelled);
    EXPECT_EQ(events.all[0].ended, outcome::cancelled);
    EXPECT_EQ(events.all[0].took, 1s);
    EXPECT_EQ(bad_requests(), 1U);

    const auto& slow = client("GET / HTTP/1.1\r\nHos");
    run();
    EXPECT_EQ(slow.status(), 408);
    ASSERT_EQ(events.all.size(), 2U);
    EXPECT_EQ(events.all[1].why, cause_kind::own_timeout);
    EXPECT_EQ(events.all[1].error, errc::client_too_slow);
    EXPECT_EQ(events.all[1].ended, outcome::ignored) << "a slow client is no timeout of ours";
    EXPECT_EQ(bad_requests(), 2U);

    const auto& broken = client("GET / HTTP/1.1\r\nHost: x\r\n spaced: out\r\n\r\n");
    run();
    EXPECT_EQ(broken.status(), 400);
    ASSERT_EQ(events.all.size(), 3U);
    EXPECT_EQ(events.all[2].why, cause_kind::rejected);
    EXPECT_EQ(bad_requests(), 3U);
}

TEST_F(worker_scenario, who_says_nothing_at_all_is_no_bad_request) {
    open();
    client("", manners{.leave_after = 1s});
    run();
    EXPECT_TRUE(events.all.empty());
    EXPECT_EQ(bad_requests(), 0U);
}

TEST_F(worker_scenario, nothing_is_armed_while_nobody_is_served_and_nothing_is_kept) {
    rules.upstreams.back().idle_timeout = 20s;
    script_ = [](const std::string&) { return scripted_answer{.text = ok("")}; };
    open();
    on.turn();
    EXPECT_FALSE(on.timers().next_expiry().reachable()) << "an idle worker sleeps for good";
    client(get("/"));
    run();
    EXPECT_EQ(census().upstreams[0].endpoints[0].idle, 1U);
    EXPECT_TRUE(on.timers().next_expiry().reachable()) << "a connection is looked after";
    run_for(21s);
    EXPECT_EQ(census().upstreams[0].endpoints[0].idle, 0U);
    run_for(1s);
    EXPECT_FALSE(on.timers().next_expiry().reachable()) << "and nothing after it has gone";
}

TEST_F(worker_scenario, a_kept_connection_that_the_upstream_closes_is_let_go_within_seconds) {
    script_ = [](const std::string&) { return scripted_answer{.text = ok("a"), .close = true}; };
    open();
    client(get("/"));
    run();
    run_for(6s);
    EXPECT_EQ(census().upstreams[0].endpoints[0].idle, 0U);
}

TEST_F(worker_scenario, the_numbers_of_a_worker_are_the_sum_of_its_requests) {
    script_ = [](const std::string&) { return scripted_answer{.after = 10ms, .text = ok("")}; };
    open();
    for (int i = 0; i < 3; ++i)
        client(get("/many"));
    run();
    const auto now = census();
    const route_snapshot& route = now.routes.back();
    EXPECT_EQ(route.name, "GET /many");
    EXPECT_EQ(route.upstream, "default");
    EXPECT_EQ(route.numbers.requests(), 3U);
    EXPECT_EQ(route.numbers.whole.count(), 3U);
    EXPECT_GE(route.numbers.upstream.mean(), 10ms);
    EXPECT_EQ(now.connections_accepted, 3U);
}

runtime::task<std::shared_ptr<const http::response>> fixed_page(runtime::scope&) {
    co_return std::make_shared<const http::response>(200, "text/plain", "well");
}

TEST_F(worker_scenario, the_health_path_is_answered_here_and_only_read) {
    rules.server.health_path = "/health";
    open();
    shared->health = &fixed_page;
    const auto& told = client(get("/health"));
    const auto& head = client("HEAD /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const auto& post = client("POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    run();
    EXPECT_EQ(told.status(), 200);
    EXPECT_TRUE(told.text.ends_with("\r\n\r\nwell"));
    EXPECT_EQ(head.status(), 200);
    EXPECT_TRUE(head.text.ends_with("\r\n\r\n")) << head.text;
    EXPECT_EQ(post.status(), 501);
    EXPECT_TRUE(seen.empty());
}

}  // namespace
}  // namespace curfew::gateway
