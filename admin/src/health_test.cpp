#include "example_snapshot.hpp"
#include <curfew/admin/health.hpp>

#include <gtest/gtest.h>
#include <simdjson.h>

namespace curfew::admin {
namespace {

using namespace std::chrono_literals;
using simdjson::dom::element;

const wall_time at{1'700'000'000'123ms};

class health_test : public testing::Test {
  protected:
    element parse(const std::string& text) {
        element root;
        EXPECT_EQ(parser.parse(text).get(root), simdjson::SUCCESS) << text;
        return root;
    }

    static gateway::snapshot calm() {
        auto now = example_snapshot();
        now.routes.resize(1);
        return now;
    }

    simdjson::dom::parser parser;
};

TEST_F(health_test, a_ledger_that_cannot_be_written_is_a_problem_and_no_ledger_is_none) {
    auto book = example_ledger();
    EXPECT_EQ(health_of(calm(), &book), health::healthy);
    book.is = ledger::status::condition::failing;
    book.reason = "no space left";
    EXPECT_EQ(health_of(calm(), &book), health::degraded);
    const auto text = render_health(calm(), example_process(), at, &book);
    const element told = parse(text);
    EXPECT_EQ(std::string_view{told["ledger"]["state"]}, "failing");
    EXPECT_EQ(std::string_view{told["ledger"]["trouble"]}, "no space left");
    EXPECT_EQ(std::uint64_t{told["ledger"]["dropped"]}, 2U);
    const auto without = render_health(calm(), example_process(), at);
    EXPECT_EQ(std::string_view{parse(without)["ledger"]["state"]}, "off");
    EXPECT_EQ(health_of(calm()), health::healthy);
}

TEST_F(health_test, holds_what_the_contract_names) {
    const element root = parse(render_health(example_snapshot(), example_process(), at));
    EXPECT_EQ(std::string_view{root["status"]}, "degraded");
    EXPECT_EQ(std::string_view{root["timestamp"]}, "2023-11-14T22:13:20.123Z");
    EXPECT_EQ(double{root["memory_percent"]}, 25);
    EXPECT_EQ(double{root["cpu_percent"]}, 12.5);
    const element hung = root["routes"]["GET /slow"];
    EXPECT_EQ(std::string_view{hung["state"]}, "open");
    EXPECT_EQ(std::int64_t{hung["in_flight"]}, 4);
    EXPECT_EQ(std::int64_t{hung["queued"]}, 2);
    EXPECT_EQ(std::int64_t{hung["limit"]}, 5);
    EXPECT_EQ(std::int64_t{hung["retry_after_ms"]}, 42'000);
}

TEST_F(health_test, a_route_that_is_held_back_says_so_and_for_how_long_and_a_suspect_is_named) {
    auto now = example_snapshot();
    now.routes[0].suspect = true;
    now.routes[1].held_back = true;
    const element routes = parse(render_health(now, {}, at))["routes"];
    EXPECT_TRUE(bool{routes["GET /slow"]["held_back"]});
    EXPECT_EQ(std::int64_t{routes["GET /slow"]["retry_after_ms"]}, 42'000);
    EXPECT_TRUE(bool{routes["GET /users/{id}"]["suspect"]});
    EXPECT_TRUE(routes["GET /users/{id}"]["held_back"].error()) << "only where it is so";
    EXPECT_TRUE(routes["GET /slow"]["suspect"].error());
}

TEST_F(health_test, every_breaker_state_has_its_word) {
    auto now = calm();
    for (const auto& [state, word] : std::map<breaker_state, std::string_view>{
             {breaker_state::closed, "closed"},
             {breaker_state::open, "open"},
             {breaker_state::half_open, "half_open"},
         }) {
        now.routes[0].breaker = state;
        const element root = parse(render_health(now, {}, at));
        EXPECT_EQ(std::string_view{root["routes"]["GET /users/{id}"]["state"]}, word);
    }
}

TEST_F(health_test, nothing_wrong_is_healthy) {
    EXPECT_EQ(health_of(calm()), health::healthy);
    EXPECT_EQ(parse(render_health(calm(), {}, at))["problems"].get_array().size(), 0u);
}

TEST_F(health_test, each_trouble_alone_degrades_and_is_told) {
    const std::pair<void (*)(gateway::snapshot&), std::string_view> troubles[] = {
        {[](auto& now) { now.upstreams[0].up = false; }, "upstream main is down"},
        {[](auto& now) { now.upstreams[0].endpoints[0].healthy = false; },
         "endpoint 127.0.0.1:8000 is skipped"},
        {[](auto& now) {
             now.upstreams[0].endpoints[0].healthy = false;
             now.upstreams[0].endpoints[0].why = "requests hang at it";
         },
         "endpoint 127.0.0.1:8000 is skipped: requests hang at it"},
        {[](auto& now) { now.routes[0].breaker = breaker_state::half_open; },
         "route GET /users/{id}: breaker half_open"},
        {[](auto& now) {
             now.routes[0].breaker = breaker_state::open;
             now.routes[0].held_back = true;
         },
         "route GET /users/{id}: held back, its requests brought the backend down"},
        {[](auto& now) { now.routes[0].abandoned = 3; }, "route GET /users/{id}: 3 abandoned"},
        {[](auto& now) { now.routes[0].hanging = 2; }, "route GET /users/{id}: 2 hanging"},
        {[](auto& now) { now.connections_crowded = true; },
         "client connections are at their limit of 10000"},
        {[](auto& now) { now.backend.state = "restarting"; }, "backend is restarting"},
    };
    for (const auto& [make, sentence] : troubles) {
        auto now = calm();
        make(now);
        EXPECT_EQ(health_of(now), health::degraded) << sentence;
        const element problems = parse(render_health(now, {}, at))["problems"];
        ASSERT_EQ(problems.get_array().size(), 1u);
        EXPECT_EQ(std::string_view{problems.at(0)}, sentence);
    }
}

TEST_F(health_test, not_ready_or_draining_is_unhealthy) {
    auto now = calm();
    now.ready = false;
    EXPECT_EQ(health_of(now), health::unhealthy);
    now.ready = true;
    now.draining = true;
    EXPECT_EQ(health_of(now), health::unhealthy);
}

TEST_F(health_test, the_list_of_problems_is_bounded) {
    auto now = calm();
    now.routes.assign(100, now.routes[0]);
    for (auto& route : now.routes) {
        route.hanging = 1;
    }
    const element problems = parse(render_health(now, {}, at))["problems"];
    ASSERT_EQ(problems.get_array().size(), 33u);
    EXPECT_EQ(std::string_view{problems.at(32)}, "and 68 more");
}

TEST_F(health_test, routes_of_the_same_name_are_told_apart) {
    auto now = calm();
    now.routes.assign(3, now.routes[0]);
    now.routes[1].in_flight = 22;
    const element routes = parse(render_health(now, {}, at))["routes"];
    EXPECT_EQ(routes.get_object().size(), 3u);
    EXPECT_EQ(std::int64_t{routes["GET /users/{id} #2"]["in_flight"]}, 22);
}

TEST_F(health_test, a_route_of_an_unknown_upstream_has_no_limit) {
    auto now = calm();
    now.routes[0].upstream = "gone";
    const element root = parse(render_health(now, {}, at));
    EXPECT_TRUE(root["routes"]["GET /users/{id}"]["limit"].is_null());
}

TEST_F(health_test, the_backend_is_told_only_where_curfew_runs_one) {
    auto now = calm();
    EXPECT_FALSE(parse(render_health(now, {}, at))["backend"].error() == simdjson::SUCCESS);
    now.backend = {"ready", 2, "signal 9", 4711};
    const element root = parse(render_health(now, {}, at));
    EXPECT_EQ(std::string_view{root["backend"]["state"]}, "ready");
    EXPECT_EQ(std::int64_t{root["backend"]["restarts"]}, 2);
    EXPECT_EQ(std::string_view{root["backend"]["last_exit"]}, "signal 9");
}

TEST_F(health_test, readiness_says_why_not) {
    auto now = calm();
    EXPECT_EQ(render_ready(now), R"({"status":"ready"})");
    now.ready = false;
    EXPECT_EQ(render_ready(now), R"({"status":"not_ready","reason":"starting"})");
    now.backend.state = "crash_loop";
    EXPECT_EQ(render_ready(now), R"({"status":"not_ready","reason":"backend"})");
    now.draining = true;
    EXPECT_EQ(render_ready(now), R"({"status":"not_ready","reason":"draining"})");
    EXPECT_EQ(render_live(), R"({"status":"alive"})");
}

}  // namespace
}  // namespace curfew::admin
