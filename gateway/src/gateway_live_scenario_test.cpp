#include "gateway_scenario.hpp"

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

/// What runs now, as a census sees it.
struct gateway_live_scenario : gateway_scenario {
    live_requests live(std::size_t most = 50) {
        snapshot view;
        view.live = live_requests{most};
        std::vector<worker::times_of_route> times;
        shared->guards().describe(view, on.now());
        serving->count(view, times);
        names.clear();
        for (const route_snapshot& each : view.routes) {
            names.push_back(each.name);
        }
        return std::move(view.live);
    }

    std::string name_of(const live_request& of) { return names.at(of.route); }

    std::vector<std::string> names;
};

TEST_F(gateway_live_scenario, tells_what_hangs_and_what_time_it_has_left) {
    rules.request.timeout = 5s;
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    client(get("/a?secret=1"), {.begin = 1s});
    client(get("/b"));
    run_for(3s);
    const auto now = live();
    ASSERT_EQ(now.kept().size(), 2U);
    EXPECT_EQ(now.count(), 2U);
    const live_request& nearest = now.kept().front();
    EXPECT_EQ(name_of(nearest), "GET /b");
    EXPECT_EQ(nearest.age, 3s);
    EXPECT_EQ(nearest.left, 2s);
    EXPECT_EQ(nearest.at, stage::attempt);
    EXPECT_EQ(nearest.number, 1);
    EXPECT_TRUE(nearest.trace.valid());
    EXPECT_FALSE(nearest.abandoned);
    EXPECT_EQ(now.kept().back().left, 3s);
}

TEST_F(gateway_live_scenario, work_that_was_given_up_is_listed_once_until_it_has_ended) {
    rules.request.timeout = 2s;
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    const auto& told = client(get("/a"));
    run_for(3s);
    ASSERT_EQ(told.status(), 504);
    const auto now = live();
    ASSERT_EQ(now.kept().size(), 1U);
    EXPECT_TRUE(now.kept().front().abandoned);
    EXPECT_EQ(now.kept().front().in_stage, 1s);
    EXPECT_EQ(now.kept().front().age, 3s);
    EXPECT_EQ(now.kept().front().left, rules.gateway.abandoned_age - 1s);
}

TEST_F(gateway_live_scenario, a_wait_in_the_queue_is_seen_as_one) {
    rules.limiter.initial = 1;
    script_ = [](const std::string&) { return scripted_answer{.after = 2s, .text = ok("done")}; };
    open();
    client(get("/a"));
    client(get("/b"), {.begin = 1ms});
    run_for(1s);
    const auto now = live();
    ASSERT_EQ(now.kept().size(), 2U);
    EXPECT_EQ(now.kept().back().at, stage::queue);
    run();
    EXPECT_EQ(live().count(), 0U);
}

TEST_F(gateway_live_scenario, a_wait_for_a_backend_that_is_down_is_none_for_a_place) {
    rules.request.timeout = 3s;
    script_ = [](const std::string&) { return scripted_answer{.text = ok("done")}; };
    open();
    shared->guards().set_upstream(0, upstream_state::starting, {}, on.now());
    const auto& told = client(get("/a"));
    run_for(1s);
    const auto now = live();
    ASSERT_EQ(now.kept().size(), 1U);
    EXPECT_EQ(now.kept().back().at, stage::start);
    run();
    EXPECT_TRUE(told.has(R"("reason":"upstream_down","limit":"request.timeout","limit_ms":3000)"))
        << told.text;
    EXPECT_TRUE(told.has(R"("start":3000)")) << told.text;
}

TEST_F(gateway_live_scenario, nobody_who_does_not_ask_has_it_counted) {
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    client(get("/a"));
    run_for(1s);
    EXPECT_EQ(live(0).count(), 0U);
    EXPECT_EQ(live(1).count(), 1U);
}

}  // namespace
}  // namespace curfew::gateway
