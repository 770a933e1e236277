#include "example_picture.hpp"
#include "example_snapshot.hpp"
#include <curfew/admin/live_window.hpp>

#include <gtest/gtest.h>

#include <random>

namespace curfew::admin {
namespace {

using namespace std::chrono_literals;

TEST(live_state, is_read_as_it_was_written) {
    live_state state = example_state();
    state.routes[1].adaptive = "observe";
    state.routes[1].adaptive_state = "widened";
    state.routes[1].adaptive_limit = 750ms;
    const std::string json = to_json(state);
    const auto read = read_state(json);
    ASSERT_TRUE(read) << json;
    EXPECT_EQ(to_json(*read), json);
    EXPECT_EQ(read->routes[1].retry_after, 42s);
    EXPECT_EQ(read->routes[2].p50, std::nullopt);
    EXPECT_EQ(read->calls[4].left, std::nullopt);
    EXPECT_EQ(read->backend->restarts, 2U);

    live_end end = example_end("timeout", "own_timeout", "request.timeout");
    end.said = "hung in recv (db:5432), 30 s";
    EXPECT_EQ(to_json(read_end(to_json(end)).value()), to_json(end));
    EXPECT_EQ(read_missed(to_json(live_missed{3, 4}))->ends, 4U);
}

TEST(live_state, without_a_backend_there_is_none_after_reading) {
    live_state state = example_state();
    state.backend.reset();
    EXPECT_EQ(read_state(to_json(state))->backend, std::nullopt);
}

TEST(live_state, other_versions_are_understood_as_far_as_they_go) {
    const auto read = read_state(R"({"ready":true,"new":{"x":1},"uptime_ms":"odd","routes":[7,
        {"name":"a","requests":-1,"p50_ms":1e300}],"backend":"none"})");
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->ready);
    EXPECT_EQ(read->uptime, 0s);
    ASSERT_EQ(read->routes.size(), 1U);
    EXPECT_EQ(read->routes[0].name, "a");
    EXPECT_EQ(read->routes[0].requests, 0U);
}

TEST(live_state, what_is_no_object_or_over_its_bounds_is_refused) {
    for (const char* text : {"", "{", "[]", "7", "{}x", "\"a\""}) {
        EXPECT_FALSE(read_state(text)) << text;
        EXPECT_FALSE(read_end(text)) << text;
    }
    std::string many = R"({"routes":[{})";
    for (std::size_t i = 0; i < live_routes_max; ++i) {
        many += ",{}";
    }
    EXPECT_FALSE(read_state(many + "]}"));
}

struct live_window_test : testing::Test {
    live_window window;
    gateway::snapshot picture = example_snapshot();
    time_point now{1000s};

    live_state take() { return window.take(picture, example_process(), now, wall_time{}, nullptr); }

    void end_requests(std::uint64_t count, duration took, outcome how = outcome::success) {
        auto& numbers = picture.routes[0].numbers;
        numbers.by_outcome[static_cast<std::size_t>(how)] += count;
        numbers.by_cause[0] += count;
        numbers.whole.record(took, count);
    }

    live_route after(duration passed) {
        now += passed;
        picture.uptime += passed;
        return take().routes[0];
    }
};

TEST_F(live_window_test, the_first_picture_tells_the_whole_run) {
    const live_state first = take();
    EXPECT_TRUE(first.since_start);
    EXPECT_EQ(first.window, picture.uptime);
    EXPECT_EQ(first.routes[0].requests, 3U);
    EXPECT_EQ(first.routes[1].timeouts, 5U);
    EXPECT_EQ(first.routes[1].refused, 2U);
    EXPECT_EQ(first.routes[1].breaker, "open");
    EXPECT_EQ(first.routes[1].retry_after, 42s);
    EXPECT_EQ(first.routes[0].limit, 5U);
    EXPECT_EQ(first.routes[2].p50, std::nullopt);
    EXPECT_NEAR(first.routes[0].rate, 3 / 90.5, 1e-9);
    EXPECT_EQ(first.ledger.state, "off");
}

TEST_F(live_window_test, later_ones_tell_what_has_happened_since) {
    take();
    end_requests(10, 20ms);
    const live_route next = after(1s);
    EXPECT_EQ(next.requests, 10U) << "what came before it was watched is not counted";
    EXPECT_DOUBLE_EQ(next.rate, 10);
    EXPECT_GE(next.p95, 20ms);
    EXPECT_LE(next.p95, 21ms);
    end_requests(2, 1s, outcome::timeout);
    const live_route then = after(2s);
    EXPECT_EQ(then.requests, 12U);
    EXPECT_EQ(then.timeouts, 2U);
    EXPECT_DOUBLE_EQ(then.rate, 1);
    EXPECT_GE(then.p99, 1s);
    EXPECT_DOUBLE_EQ(after(1s).rate, 0);
}

TEST_F(live_window_test, a_minute_later_it_is_forgotten) {
    take();
    end_requests(10, 20ms);
    EXPECT_EQ(after(1s).requests, 10U);
    for (int i = 0; i < 60; ++i) {
        EXPECT_EQ(after(1s).requests, 10U) << i;
    }
    for (int i = 0; i < 15; ++i) {
        after(1s);
    }
    EXPECT_EQ(after(1s).requests, 0U);
    EXPECT_EQ(after(1s).p95, std::nullopt);
    const duration covered = take().window;
    EXPECT_GE(covered, 60s);
    EXPECT_LE(covered, 70s);
}

TEST_F(live_window_test, its_sums_equal_the_truth) {
    std::mt19937 dice{5};
    take();
    std::uint64_t truth = 0;
    for (int i = 0; i < 40; ++i) {
        const std::uint64_t more = dice() % 50;
        truth += more;
        if (more > 0) {
            end_requests(more, std::chrono::microseconds{dice() % 5'000'000});
        }
        EXPECT_EQ(after(1s).requests, truth);
    }
}

TEST_F(live_window_test, numbers_that_begin_anew_are_no_negative_rate) {
    take();
    end_requests(100, 1ms);
    after(1s);
    picture.routes[0].numbers = {};
    end_requests(4, 1ms);
    EXPECT_DOUBLE_EQ(after(1s).rate, 4);
}

TEST_F(live_window_test, calls_are_told_in_words) {
    picture.live = gateway::live_requests{5};
    gateway::live_request call;
    call.name = "GET /slow";
    call.method = http1::method_id::get;
    call.at = stage::attempt;
    call.number = 2;
    call.left = 300ms;
    call.hanging = true;
    picture.live.add(std::move(call));
    const live_state state = take();
    ASSERT_EQ(state.calls.size(), 1U);
    EXPECT_EQ(state.calls[0].stage, "attempt");
    EXPECT_EQ(state.calls[0].method, "GET");
    EXPECT_EQ(state.calls[0].left, 300ms);
    EXPECT_NE(render_calls(state).find("\"requests_count\":1"), std::string::npos);
}

}  // namespace
}  // namespace curfew::admin
