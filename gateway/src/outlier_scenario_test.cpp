#include "gateway_scenario.hpp"

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

/// Two endpoints under a steady load on three routes, one of which turns bad after 10 s.
struct outlier_scenario : gateway_scenario {
    scripted_answer bad;
    time_point bad_from = start + 10s;
    time_point bad_until = time_point::max();
    script other_script = [this](const std::string&) {
        const time_point now = on.now();
        return now >= bad_from && now < bad_until ? bad
                                                  : scripted_answer{.after = 5ms, .text = ok("b")};
    };

    void begin(policy::balancing how = policy::balancing::round_robin, duration timeout = 5s) {
        rules.upstreams.back().urls.push_back({"127.0.0.1", 9001});
        rules.upstreams.back().balance = how;
        rules.request.timeout = timeout;
        script_ = [](const std::string&) { return scripted_answer{.after = 5ms, .text = ok("a")}; };
        open();
        open_another(9001, other_script);
    }

    /// A request every 20 ms, in turn on three routes; `method` of all.
    void load(duration length, const std::string& method = "GET") {
        for (int i = 0; i * 20ms < length; ++i) {
            const auto path = "/r" + std::to_string(i % 3);
            client(method == "GET" ? get(path) : post(path, 2, "hi"), {.begin = i * 20ms});
        }
        run();
    }

    /// Answers of those that began in this stretch; in percent.
    int well(duration from, duration to) {
        int all = 0;
        int good = 0;
        for (std::size_t i = 0; i < clients.size(); ++i) {
            const duration begun = static_cast<int>(i) * 20ms;
            if (begun < from || begun >= to) continue;
            ++all;
            good += clients[i]->status() == 200 ? 1 : 0;
        }
        return good * 100 / all;
    }

    snapshot picture() {
        snapshot now;
        shared->guards().describe(now, on.now());
        std::vector<worker::times_of_route> times;
        serving->count(now, times);
        return now;
    }

    void expect_isolated(duration from) {
        EXPECT_EQ(well(0s, 9s), 100);
        EXPECT_GE(well(from, 30s), 95);
        for (auto second = from; second < 30s; second += 1s)
            EXPECT_GE(well(second, second + 1s), 95) << second;
        const auto now = picture();
        for (const auto& route : now.routes)
            EXPECT_EQ(route.breaker_opened, 0U) << route.name;
        const auto& endpoints = now.upstreams.front().endpoints;
        EXPECT_TRUE(endpoints[0].healthy);
        EXPECT_FALSE(endpoints[1].healthy);
        EXPECT_EQ(endpoints[0].rests, 0U);
        EXPECT_EQ(endpoints[1].rests, 1U);
        EXPECT_TRUE(now.upstreams.front().up);
    }
};

TEST_F(outlier_scenario, a_hung_endpoint_of_two_rests_and_its_requests_cost_the_others_nothing) {
    bad = {.never = true};
    begin();
    load(30s);
    expect_isolated(12s);
    const auto now = picture();
    EXPECT_EQ(now.upstreams.front().endpoints[1].why, "requests hang at it");
    EXPECT_GT(now.upstreams.front().abandoned, 10U) << "counted as ever";
    EXPECT_EQ(now.upstreams.front().in_flight, now.upstreams.front().left_behind)
        << "and out of the way";
}

TEST_F(outlier_scenario, so_it_does_by_load) {
    bad = {.never = true};
    begin(policy::balancing::least_loaded);
    load(30s);
    expect_isolated(12s);
}

TEST_F(outlier_scenario, an_endpoint_that_answers_500_rests_after_five) {
    bad = {.text = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"};
    begin();
    load(30s);
    expect_isolated(11s);
    EXPECT_EQ(picture().upstreams.front().endpoints[1].why, "requests fail at it");
}

TEST_F(outlier_scenario, quick_errors_attract_no_load) {
    bad = {.text = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"};
    begin(policy::balancing::least_loaded);
    load(30s);
    expect_isolated(11s);
}

TEST_F(outlier_scenario, an_endpoint_that_closes_rests_and_its_trials_cost_no_request) {
    bad = {.close = true};
    begin();
    load(30s);
    expect_isolated(11s);
    EXPECT_EQ(well(12s, 30s), 100);
}

TEST_F(outlier_scenario, what_may_not_be_sent_twice_is_a_trial_now_and_then) {
    bad = {.body = 2, .close = true};
    begin(policy::balancing::least_loaded);
    load(30s, "POST");
    expect_isolated(11s);
    EXPECT_LT(well(12s, 30s), 100);
}

TEST_F(outlier_scenario, who_recovers_is_in_service_again_with_the_next_trial) {
    bad = {.text = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"};
    bad_until = start + 12s;
    begin();
    load(30s);
    EXPECT_EQ(well(15s, 30s), 100);
    const auto now = picture();
    EXPECT_TRUE(now.upstreams.front().endpoints[1].healthy);
    EXPECT_EQ(now.upstreams.front().endpoints[1].why, "");
    EXPECT_EQ(now.upstreams.front().endpoints[1].rests, 1U);
    const auto late = std::ranges::count_if(clients, [this](const auto& each) {
        return each->first > start + 20s && each->has("\r\n\r\nb");
    });
    EXPECT_NEAR(static_cast<double>(late), 250, 10) << "its half of what comes";
}

TEST_F(outlier_scenario, an_application_that_fails_everywhere_rests_nobody) {
    bad = {.text = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"};
    begin();
    script_ = other_script;
    load(14s);
    const auto now = picture();
    for (const auto& endpoint : now.upstreams.front().endpoints) {
        EXPECT_TRUE(endpoint.healthy);
        EXPECT_EQ(endpoint.rests, 0U);
    }
    for (const auto& route : now.routes)
        EXPECT_EQ(route.breaker_opened, route.name == "other" ? 0U : 1U) << route.name;
}

TEST_F(outlier_scenario, when_all_hang_one_rests_at_most_and_the_breakers_open) {
    bad = {.never = true};
    begin();
    script_ = other_script;
    load(20s);
    const auto now = picture();
    const auto& endpoints = now.upstreams.front().endpoints;
    EXPECT_LE(endpoints[0].rests + endpoints[1].rests, 1U);
    EXPECT_EQ(now.upstreams.front().abandoned, now.in_flight);
    for (const auto& route : now.routes)
        EXPECT_GE(route.breaker_opened, route.name == "other" ? 0U : 1U) << route.name;
}

TEST_F(outlier_scenario, a_cold_routes_requests_at_a_resting_endpoint_make_room_within_a_second) {
    bad = {.never = true};
    begin(policy::balancing::round_robin, 30s);
    for (int i = 0; i < 12; ++i)
        client(get("/cold"), {.begin = 10s + i * 20ms});
    for (int i = 0; i < 650; ++i)
        client(get("/warm"), {.begin = i * 20ms});
    for (int i = 0; i < 20; ++i)
        client(get("/cold"), {.begin = 12100ms + i * 20ms});
    run();
    for (std::size_t i = clients.size() - 20; i < clients.size(); ++i)
        EXPECT_EQ(clients[i]->status(), 200);
}

}  // namespace
}  // namespace curfew::gateway
