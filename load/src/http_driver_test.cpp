#include <curfew/http/accept.hpp>
#include <curfew/http/server.hpp>
#include <curfew/load/http_driver.hpp>
#include <curfew/load/recorder.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

namespace curfew::load {
namespace {

using namespace std::chrono_literals;

const runtime::endpoint address = *runtime::endpoint::parse("127.0.0.1:80");

/// A server that reads nothing and answers nothing.
runtime::task<> hang(std::unique_ptr<runtime::stream> held, runtime::scope& under) {
    auto forever = runtime::sleep_until{under, time_point::max()};
    co_await forever;
    held.reset();
}

runtime::task<http::response> ready(http::response made) {
    co_return made;
}

struct kept_samples final : sample_sink {
    std::vector<sample> all;

    void record(const sample& what) noexcept override { all.push_back(what); }
};

struct http_driver_test : testing::Test {
    sim::world outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    runtime::scope serving{root};
    runtime::task_group servers;
    runtime::task_group clients;
    http::connection_cap cap{1000};
    http::resting_connections resting{cap, on};
    http::accept_numbers accepted;
    http::server_limits limits;
    std::function<http::response(const http::request&)> page = [](const http::request&) {
        return http::response{200, "text/plain", "fine"};
    };
    http::handler answer = [this](const http::request& asked) { return ready(page(asked)); };
    http::connection_handler handler;
    std::unique_ptr<runtime::listener> listening;
    kept_samples kept;
    time_point start = on.now() + 1s;

    void serve(http::connection_handler how) {
        handler = std::move(how);
        outside.set_link(80, {.latency = 10ms});
        listening = std::move(*outside.listen(address, false));
        servers.spawn(http::accept_connections(
            *listening, serving, serving, servers, resting, handler, accepted
        ));
    }

    void serve_answers() {
        serve([this](std::unique_ptr<runtime::stream> peer, runtime::scope& under) {
            return http::serve_connection(std::move(peer), under, answer, limits);
        });
    }

    driver_numbers drive(const schedule& plan, http_driver_options options = {}) {
        options.target = address;
        if (options.operations.empty()) options.operations = {{"page", "GET", "/pages/{n}", ""}};
        http_driver driver{outside, plan, options, kept};
        clients.spawn(driver.run(root, start));
        EXPECT_TRUE(outside.run(on, [this] { return clients.running() == 0; }));
        serving.cancel();
        EXPECT_TRUE(outside.run(on, [this] { return servers.running() == 0; }));
        return driver.numbers();
    }
};

schedule even(double rate, duration length) {
    return schedule{{.segments = {{length, rate, rate}}, .gaps = spacing::even}};
}

TEST_F(http_driver_test, response_time_counts_from_due_and_connections_are_kept) {
    serve_answers();
    const auto numbers = drive(even(10, 1s));
    ASSERT_EQ(kept.all.size(), 10u);
    for (const auto& told : kept.all) {
        EXPECT_EQ(told.error, error_category::none);
        EXPECT_EQ(told.at.due, start + told.index * 100ms);
        EXPECT_EQ(told.at.lag(), 0ns);
        const auto connecting = told.index == 0 ? 20ms : 0ms;
        EXPECT_EQ(told.at.queue_wait(), connecting);
        EXPECT_EQ(told.at.response(), connecting + 20ms);
    }
    EXPECT_EQ(accepted.accepted, 1u);
    EXPECT_EQ(numbers.ended, 10u);
    EXPECT_EQ(numbers.in_flight_peak, 1u);
}

TEST_F(http_driver_test, a_hung_target_delays_no_request_and_each_times_out_on_time) {
    serve(hang);
    const auto numbers = drive(even(10, 2s));
    ASSERT_EQ(kept.all.size(), 20u);
    for (const auto& told : kept.all) {
        EXPECT_EQ(told.error, error_category::timeout_first_byte);
        EXPECT_EQ(told.at.sent, start + told.index * 100ms + 20ms);
        EXPECT_EQ(told.at.response(), duration{5s});
    }
    EXPECT_EQ(numbers.in_flight_peak, 20u);
    EXPECT_FALSE(numbers.cap_reached);
}

TEST_F(http_driver_test, at_the_cap_requests_wait_with_their_due_time_or_are_shed) {
    serve(hang);
    drive(even(10, 1s), {.in_flight_max = 4});
    ASSERT_EQ(kept.all.size(), 10u);
    for (const auto& told : kept.all) {
        EXPECT_EQ(ending_of(told.error), ending::timed_out);
        EXPECT_EQ(told.at.response(), duration{5s}) << told.index;
    }
}

TEST_F(http_driver_test, shedding_is_recorded_and_never_silent) {
    serve(hang);
    const auto numbers = drive(even(10, 1s), {.in_flight_max = 4, .when_full = overflow::shed});
    ASSERT_EQ(kept.all.size(), 10u);
    EXPECT_EQ(std::ranges::count(kept.all, error_category::not_sent, &sample::error), 6);
    EXPECT_TRUE(numbers.cap_reached);
    EXPECT_EQ(numbers.due, 10u);
    EXPECT_EQ(numbers.tried, 4u);
}

TEST_F(http_driver_test, nobody_listening_is_a_refused_connection) {
    drive(even(10, 1s));
    ASSERT_EQ(kept.all.size(), 10u);
    EXPECT_EQ(std::ranges::count(kept.all, error_category::connect_refused, &sample::error), 10);
}

TEST_F(http_driver_test, a_refusal_by_an_open_breaker_is_told_apart) {
    page = [](const http::request&) {
        return http::response{503, "application/problem+json", R"({"cause":"breaker_open"})"};
    };
    serve_answers();
    drive(even(1, 1s));
    ASSERT_EQ(kept.all.size(), 1u);
    EXPECT_EQ(kept.all[0].error, error_category::http_503);
    EXPECT_TRUE(kept.all[0].breaker_open);
}

TEST_F(http_driver_test, each_operation_is_sent_as_it_is_described) {
    std::vector<std::string> seen;
    page = [&](const http::request& asked) {
        seen.push_back(std::string{asked.path} + " " + std::string{asked.body});
        return http::response{};
    };
    serve_answers();
    http_driver_options options;
    options.operations = {{"login", "POST", "/login", R"({"user":"ada"})"}};
    drive(even(1, 1s), options);
    EXPECT_EQ(seen, std::vector<std::string>{R"(/login {"user":"ada"})"});
}

TEST_F(http_driver_test, a_run_cut_short_leaves_what_was_open_to_the_recorder) {
    serve(hang);
    const auto plan = even(10, 10s);
    recorder run{plan, {{"all", 0s}}, start};
    http_driver_options options;
    options.target = address;
    options.operations = {{"page", "GET", "/", ""}};
    http_driver driver{outside, plan, options, run};
    runtime::scope limited{root, {deadline{start + 2050ms}, true, "test", 3s}};
    clients.spawn(driver.run(limited, start));
    ASSERT_TRUE(outside.run(on, [this] { return clients.running() == 0; }));
    run.finish(on.now());
    EXPECT_EQ(run.total().count(ending::unfinished), 21u);
    EXPECT_EQ(run.total().censored().max(), duration{2050ms});
    serving.cancel();
    ASSERT_TRUE(outside.run(on, [this] { return servers.running() == 0; }));
}

}  // namespace
}  // namespace curfew::load
