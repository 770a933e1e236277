#include "gateway_scenario.hpp"

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

/// Slow after a second; half of at least four calls open the breaker.
struct gateway_slow_scenario : gateway_scenario {
    gateway_slow_scenario() {
        rules.request.slow = 1s;
        rules.breaker.slow_rate = 0.5;
        rules.breaker.min_calls = 4;
    }

    breaker_state state(std::string_view route = "GET /a") { return picture(route).breaker; }

    /// Open for 60 s since `then`.
    void expect_opened_at(time_point then) {
        EXPECT_EQ(state(), breaker_state::open);
        EXPECT_EQ(on.now() + picture("GET /a").retry_after, then + 60s);
    }

    static scripted_answer late_unless_quick(const std::string& head) {
        const bool quick = head.starts_with("GET /a?quick");
        return {.after = quick ? 0s : 10s, .text = ok(quick ? "soon" : "late")};
    }

  private:
    route_snapshot picture(std::string_view route) {
        snapshot view;
        shared->guards().describe(view, on.now());
        const auto named = std::ranges::find(view.routes, route, &route_snapshot::name);
        return named == view.routes.end() ? route_snapshot{} : std::move(*named);
    }
};

TEST_F(gateway_slow_scenario, requests_in_flight_open_it_at_the_very_moment_they_become_slow) {
    script_ = late_unless_quick;
    open();
    acquaint(get("/a?quick"));
    for (int i = 0; i < 3; ++i)
        client(get("/a"), {.begin = 100ms});
    const auto& before = client(get("/a"), {.begin = 104ms});
    const auto& after = client(get("/a"), {.begin = 1100ms + 1ns});
    run_for(1100ms - 1ns);
    EXPECT_EQ(state(), breaker_state::closed);
    run();
    EXPECT_EQ(after.status(), 503);
    EXPECT_EQ(after.first, start + 1100ms + 1ns);
    EXPECT_TRUE(after.has("breaker-open")) << after.text;
    EXPECT_EQ(before.status(), 200) << "who was let in is served";
    EXPECT_EQ(before.first, start + 10104ms);
    EXPECT_EQ(seen.size(), 4U);
    expect_opened_at(start + 1100ms);
}

TEST_F(gateway_slow_scenario, a_request_counts_once_at_its_second_and_not_at_its_end) {
    script_ = [](const std::string& head) {
        const bool slow = head.starts_with("GET /a?slow");
        return scripted_answer{.after = slow ? 2s : 0s, .text = ok("done")};
    };
    open();
    client(get("/a?slow"));
    client(get("/a"), {.begin = 2500ms});
    client(get("/a"), {.begin = 2600ms});
    run();
    EXPECT_EQ(state(), breaker_state::closed) << "one slow of three";
    client(get("/a?slow"), {.begin = 100ms});
    const auto second = on.now() + 1100ms;
    run();
    expect_opened_at(second);
}

TEST_F(gateway_slow_scenario, a_request_whose_client_left_becomes_slow_all_the_same) {
    script_ = late_unless_quick;
    open();
    acquaint(get("/a?quick"));
    for (int i = 0; i < 3; ++i)
        client(get("/a"), {.leave_after = 500ms});
    run_for(1s - 1ns);
    EXPECT_EQ(state(), breaker_state::closed);
    run_for(2ns);
    expect_opened_at(start + 1s);
}

TEST_F(gateway_slow_scenario, slow_clients_are_no_slow_calls) {
    rules.breaker.slow_rate = 0.01;
    rules.breaker.min_calls = 1;
    const std::string large = ok(std::string(1 << 20, 'x'));
    script_ = [&large](const std::string& head) {
        return head.starts_with("POST") ? scripted_answer{.body = 10, .text = ok("done")}
                                        : scripted_answer{.text = large};
    };
    open();
    const auto& upload =
        client(post("/a", 10, "0123456789"), {.piece = 2, .first = 68, .pace = 1s});
    const auto& download = client(get("/a"), {.read_pace = 300ms});
    run();
    EXPECT_EQ(upload.status(), 200);
    EXPECT_GT(upload.ended, start + 2s);
    EXPECT_EQ(download.status(), 200);
    EXPECT_GT(download.ended, start + 2s);
    EXPECT_EQ(state(), breaker_state::closed);
    EXPECT_EQ(state("POST /a"), breaker_state::closed);
}

}  // namespace
}  // namespace curfew::gateway
