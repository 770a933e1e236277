#include "gateway_scenario.hpp"

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

struct endpoints_scenario : gateway_scenario {
    upstream_snapshot upstream() {
        snapshot now;
        shared->guards().describe(now, on.now());
        std::vector<worker::times_of_route> times;
        serving->count(now, times);
        return now.upstreams.front();
    }
};

TEST_F(endpoints_scenario, an_outage_is_over_within_a_second_of_the_endpoint_being_back) {
    open();
    for (int i = 0; i < 8; ++i) {
        client(get("/a"), {.begin = 20ms * i});
    }
    run_for(1200ms);
    EXPECT_EQ(clients[4]->status(), 502);
    EXPECT_EQ(clients[5]->status(), 503) << "five in a row open the breaker, for a minute";
    EXPECT_FALSE(upstream().up);
    EXPECT_FALSE(upstream().endpoints.front().healthy);

    script_ = [](const std::string&) { return scripted_answer{.text = ok("back")}; };
    open_backend();
    // The tries: at 0, by the first request; then after 100, 200, 400 and 800 ms of rest.
    run_for(299ms);
    EXPECT_FALSE(upstream().up);
    run_for(2ms);
    EXPECT_EQ(connections, 1U) << "nobody asked; the worker tried by itself";
    EXPECT_TRUE(upstream().up);
    const auto& first = client(get("/a"));
    const auto& second = client(get("/a"));
    run();
    EXPECT_EQ(first.status(), 200);
    EXPECT_EQ(second.status(), 200) << "it waited for the probe's verdict";
    EXPECT_EQ(second.first, start + 1501ms);
}

TEST_F(endpoints_scenario, tries_end_with_the_first_connection) {
    open();
    client(get("/a"));
    run();
    script_ = [](const std::string&) { return scripted_answer{.text = ok("back")}; };
    open_backend();
    run_for(10min);
    EXPECT_EQ(connections, 1U);
    EXPECT_EQ(upstream().endpoints.front().connect_failures, 1U);
}

TEST_F(
    endpoints_scenario, a_backend_whose_workers_idle_connections_pin_is_found_out_in_three_trials
) {
    workers = 2;
    script_ = [](const std::string&) { return scripted_answer{.after = 20ms, .text = ok("x")}; };
    open();
    for (const duration begin : {0s, 1s, 2s, 3s}) {
        for (int i = 0; i < 3; ++i) {
            client(get("/a"), {.begin = begin});
        }
    }
    run();
    const auto slowest = [&](std::size_t round) {
        const auto first = clients.begin() + static_cast<std::ptrdiff_t>(round * 3);
        return (*std::max_element(
                    first,
                    first + 3,
                    [](const auto& a, const auto& b) { return a->first < b->first; }
                ))->first -
               start;
    };
    EXPECT_EQ(slowest(0), 250ms + 20ms);
    EXPECT_EQ(slowest(1), 1s + 500ms + 20ms);
    EXPECT_EQ(slowest(2), 2s + 375ms + 20ms);
    EXPECT_EQ(slowest(3), 3s + 40ms) << "two workers for three requests: nothing is kept any more";
    EXPECT_EQ(upstream().endpoints.front().idle, 0U);

    run_for(10min);
    client(get("/a"));
    run();
    EXPECT_EQ(upstream().endpoints.front().idle, 1U) << "it is given another chance";
}

TEST_F(endpoints_scenario, many_who_wait_for_a_pinned_worker_are_all_served) {
    workers = 1;
    script_ = [](const std::string&) { return scripted_answer{.after = 20ms, .text = ok("x")}; };
    open();
    for (int i = 0; i < 40; ++i) {
        client(get("/a"), {.begin = 25ms * (i / 5)});
    }
    run();
    for (const auto& each : clients) {
        EXPECT_EQ(each->status(), 200);
        EXPECT_LT(each->first, start + 3s);
    }
}

TEST_F(endpoints_scenario, slow_answers_of_a_backend_with_workers_enough_do_not_stop_the_pooling) {
    script_ = [](const std::string& head) {
        const auto takes = head.starts_with("GET /slow") ? 270ms : 5ms;
        return scripted_answer{.after = takes, .text = ok("x")};
    };
    open();
    for (int i = 0; i < 300; ++i) {
        client(get("/slow"), {.begin = 40ms * i});
        client(get("/quick"), {.begin = 40ms * i});
    }
    run();
    EXPECT_LT(connections, 40U) << "600 requests; let go now and then, while it is not yet known";
    EXPECT_GT(upstream().endpoints.front().idle, 1U);
}

TEST_F(endpoints_scenario, who_sends_head_and_body_apart_is_acknowledged_at_once_and_nobody_else) {
    script_ = [](const std::string& head) {
        if (head.starts_with("GET /whole")) {
            return scripted_answer{.text = ok("x")};
        }
        return scripted_answer{
            .text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", .rest_after = 1ms, .rest = "ok"
        };
    };
    open();
    client(get("/apart"));
    run();
    EXPECT_EQ(outside.acknowledgements(), 0U) << "on a fresh connection the kernel does so itself";
    client(get("/whole"));
    run();
    EXPECT_EQ(outside.acknowledgements(), 0U);
    client(get("/apart"));
    run();
    EXPECT_EQ(outside.acknowledgements(), 1U);
    EXPECT_EQ(connections, 1U);
}

TEST_F(endpoints_scenario, one_endpoint_of_two_that_is_down_costs_no_request) {
    rules.upstreams.back().urls.push_back({"127.0.0.1", 9001});
    script_ = [](const std::string&) { return scripted_answer{.text = ok("here")}; };
    open();
    for (int i = 0; i < 20; ++i) {
        client(get("/a"), {.begin = 100ms * i});
    }
    run();
    for (const auto& each : clients) {
        EXPECT_EQ(each->status(), 200);
    }
    const auto now = upstream();
    EXPECT_TRUE(now.up);
    EXPECT_TRUE(now.endpoints[0].healthy);
    EXPECT_FALSE(now.endpoints[1].healthy);
}

}  // namespace
}  // namespace curfew::gateway
