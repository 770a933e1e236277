#include "gateway_scenario.hpp"

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;
using policy::adaptive_mode;

/// A route that answers in 20 ms unless told otherwise, and is known after 64 answers.
struct gateway_adaptive_scenario : gateway_scenario {
    gateway_adaptive_scenario() {
        rules.request.adaptive = adaptive_mode::on;
        rules.request.adaptive_false_timeouts = 0.1;
        script_ = [](const std::string& head) -> scripted_answer {
            if (head.starts_with("GET /a?hang")) return {.never = true};
            if (head.starts_with("GET /a?slow")) return {.after = 900ms, .text = ok("slow")};
            if (head.starts_with("GET /a?usual")) return {.after = 300ms, .text = ok("usual")};
            if (head.starts_with("GET /a?late")) return {.after = 10s, .text = ok("late")};
            if (head.starts_with("POST")) return {.body = 20, .text = ok("taken")};
            return {.after = 20ms, .text = ok("done")};
        };
    }

    void warm_up(std::string_view request = "/a") {
        for (int i = 0; i < 64; ++i)
            client(get(request), {.begin = i * 30ms});
        run();
        forget();
    }

    void forget() {
        clients.clear();
        seen.clear();
        events.all.clear();
        start = on.now();
    }

    route_snapshot picture(std::string_view route = "GET /a") {
        snapshot view;
        shared->guards().describe(view, on.now());
        const auto named = std::ranges::find(view.routes, route, &route_snapshot::name);
        return named == view.routes.end() ? route_snapshot{} : std::move(*named);
    }

    adaptive_timeout_status told(std::string_view route = "GET /a") {
        const auto its = picture(route).adaptive;
        return its ? its->told : adaptive_timeout_status{};
    }
};

TEST_F(gateway_adaptive_scenario, until_enough_is_known_the_limit_of_the_policy_holds) {
    open();
    const auto& hung = client(get("/a?hang"));
    run();
    EXPECT_EQ(hung.first, start + 30s);
    EXPECT_TRUE(hung.has(R"("limit":"request.timeout","limit_ms":30000)")) << hung.text;
    EXPECT_EQ(told().state, adaptive_state::cold);
}

TEST_F(gateway_adaptive_scenario, a_request_that_others_overtake_is_cut_at_the_limit) {
    open();
    warm_up();
    ASSERT_EQ(told().limit, 500ms);
    const auto& hung = client(get("/a?hang"));
    const auto& quick = client(get("/a"), {.begin = 100ms});
    run();
    EXPECT_EQ(quick.status(), 200);
    EXPECT_EQ(hung.status(), 504);
    EXPECT_EQ(hung.first, start + 500ms);
    EXPECT_TRUE(hung.has(R"("cause":"own_timeout","limit":"request.adaptive","limit_ms":500)"))
        << hung.text;
    EXPECT_TRUE(hung.has("\"attempt_1\":500")) << hung.text;
    const auto& end = events.all.back();
    EXPECT_EQ(end.why, cause_kind::own_timeout);
    EXPECT_EQ(end.limit_name, "request.adaptive");
    EXPECT_EQ(told().cut, 1U);
    EXPECT_EQ(picture().abandoned, 1U) << "it keeps its place until the upstream has ended it";
}

TEST_F(gateway_adaptive_scenario, what_is_sent_upstream_tells_the_time_of_the_policy) {
    open();
    warm_up();
    client(get("/a"));
    run();
    EXPECT_NE(seen.back().find("X-Curfew-Timeout-Ms: 30000"), std::string::npos) << seen.back();
}

TEST_F(gateway_adaptive_scenario, cut_requests_open_the_breaker_as_time_outs_do) {
    rules.limiter.initial = 100;
    open();
    warm_up();
    for (int i = 0; i < 5; ++i) {
        client(get("/a?hang"));
        run();
    }
    EXPECT_EQ(picture().breaker, breaker_state::open);
    EXPECT_LT(on.now(), start + 20s);
    EXPECT_EQ(told().state, adaptive_state::widened);
}

TEST_F(gateway_adaptive_scenario, a_slow_down_of_three_times_cuts_nobody) {
    open();
    warm_up("/a?usual");
    ASSERT_LE(told().limit, 700ms);
    for (int i = 0; i < 40; ++i)
        client(get("/a?slow"), {.begin = i * 400ms});
    run();
    for (const auto& each : clients)
        EXPECT_EQ(each->status(), 200);
    EXPECT_EQ(told().cut, 0U);
    EXPECT_GT(told().let_on, 0U);
    EXPECT_EQ(picture().breaker, breaker_state::closed);
}

TEST_F(gateway_adaptive_scenario, observing_it_counts_what_it_would_cut_and_cuts_nothing) {
    rules.request.adaptive = adaptive_mode::observe;
    open();
    warm_up();
    const auto& hung = client(get("/a?hang"));
    const auto& late = client(get("/a?late"));
    client(get("/a"), {.begin = 100ms});
    run();
    EXPECT_EQ(late.status(), 200);
    EXPECT_EQ(hung.first, start + 30s);
    EXPECT_TRUE(hung.has(R"("limit":"request.timeout","limit_ms":30000)")) << hung.text;
    EXPECT_FALSE(picture().adaptive->cuts);
    EXPECT_EQ(told().cut, 2U);
    EXPECT_EQ(told().cut_in_vain, 1U);
    EXPECT_EQ(told().saved, 29500ms);
}

TEST_F(gateway_adaptive_scenario, an_observing_gateway_only_observes) {
    rules.gateway.observe = true;
    open();
    warm_up();
    const auto& hung = client(get("/a?hang"));
    client(get("/a"), {.begin = 100ms});
    run();
    EXPECT_EQ(hung.first, start + 30s);
    EXPECT_FALSE(picture().adaptive->cuts);
    EXPECT_EQ(told().cut, 1U);
}

TEST_F(gateway_adaptive_scenario, off_there_is_nothing) {
    rules.request.adaptive = adaptive_mode::off;
    open();
    warm_up();
    const auto& hung = client(get("/a?hang"));
    client(get("/a"), {.begin = 100ms});
    run();
    EXPECT_EQ(hung.first, start + 30s);
    EXPECT_FALSE(picture().adaptive);
}

TEST_F(gateway_adaptive_scenario, a_late_answer_to_a_cut_request_counts_as_cut_in_vain) {
    open();
    warm_up();
    const auto& late = client(get("/a?late"));
    client(get("/a"), {.begin = 100ms});
    run();
    EXPECT_EQ(late.status(), 504);
    EXPECT_EQ(told().cut_in_vain, 0U);
    run_for(10s);
    EXPECT_EQ(told().cut_in_vain, 1U);
    EXPECT_EQ(picture().abandoned, 0U);
}

TEST_F(gateway_adaptive_scenario, a_client_that_is_slow_to_send_is_not_cut) {
    rules.http.body_buffer.reset();
    open();
    for (int i = 0; i < 64; ++i)
        client(post("/a", 20, std::string(20, 'x')), {.begin = i * 30ms});
    run();
    forget();
    ASSERT_EQ(told("POST /a").limit, 500ms);
    const auto& slow =
        client(post("/a", 20, std::string(20, 'x')), {.piece = 5, .first = 70, .pace = 400ms});
    client(post("/a", 20, std::string(20, 'x')), {.begin = 100ms});
    run();
    EXPECT_EQ(slow.status(), 200);
    EXPECT_GT(slow.ended, start + 1s);
    EXPECT_EQ(told("POST /a").cut, 0U);
}

TEST_F(gateway_adaptive_scenario, what_it_has_learnt_outlives_reloads_and_being_off) {
    open();
    warm_up();
    rules.request.adaptive = adaptive_mode::off;
    reload();
    EXPECT_FALSE(picture().adaptive);
    rules.request.adaptive = adaptive_mode::on;
    rules.request.adaptive_floor = 300ms;
    reload();
    EXPECT_EQ(told().state, adaptive_state::live);
    EXPECT_GE(told().limit, 300ms);
    rules.request.timeout = 250ms;
    rules.request.adaptive_floor = 200ms;
    reload();
    EXPECT_LE(told().limit, 250ms) << "never longer than the policy waits";
}

TEST_F(gateway_adaptive_scenario, a_probe_has_the_time_of_the_policy) {
    rules.limiter.initial = 100;
    open();
    warm_up();
    for (int i = 0; i < 5; ++i) {
        client(get("/a?hang"));
        run();
    }
    ASSERT_EQ(picture().breaker, breaker_state::open);
    run_for(picture().retry_after);
    const auto& probe = client(get("/a?late"));
    run();
    EXPECT_EQ(probe.status(), 200);
    EXPECT_EQ(picture().breaker, breaker_state::closed);
}

}  // namespace
}  // namespace curfew::gateway
