#include "example_picture.hpp"
#include <curfew/admin/watch_model.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curfew::admin {
namespace {

using namespace std::chrono_literals;
using answer = watch_model::answer;
using testing::ElementsAre;

std::vector<std::string> names_of(const std::vector<live_route>& routes) {
    std::vector<std::string> names;
    for (const live_route& each : routes) {
        names.push_back(each.name.substr(0, 9));
    }
    return names;
}

TEST(watch_model, history_and_ends_are_bounded) {
    watch_model model{{"a:1"}};
    for (std::size_t i = 0; i < 1000; ++i) {
        model.take(0, live_state{});
        live_end end;
        end.name = std::to_string(i);
        model.take(0, std::move(end));
    }
    EXPECT_EQ(model.known().processes[0].history.size(), watch_model::samples_max);
    EXPECT_EQ(model.known().ends.size(), watch_model::ends_max);
    EXPECT_EQ(model.known().ends.front().what.name, "999");
}

TEST(watch_model, a_pause_holds_the_picture_and_loses_nothing) {
    watch_model model = example_model();
    EXPECT_EQ(model.press(key::pause, 3), answer::redraw);
    live_state next = example_state();
    next.version = "later";
    model.take(0, std::move(next));
    EXPECT_EQ(model.shown().processes[0].state->version, "1.2.3");
    EXPECT_EQ(model.known().processes[0].state->version, "later");
    (void)model.press(key::pause, 3);
    EXPECT_EQ(model.shown().processes[0].state->version, "later");
}

TEST(watch_model, tab_goes_round_the_processes_and_all_of_them) {
    watch_model model = example_model(true);
    EXPECT_EQ(model.settings().process, std::nullopt);
    for (const std::optional<std::size_t> wanted :
         {std::optional<std::size_t>{0}, {1}, {std::nullopt}, {0}}) {
        (void)model.press(key::next, 0);
        EXPECT_EQ(model.settings().process, wanted);
    }
    (void)model.press(key::previous, 0);
    EXPECT_EQ(model.settings().process, std::nullopt);
    watch_model one = example_model();
    (void)one.press(key::next, 0);
    EXPECT_EQ(one.settings().process, 0U) << "there is no other";
}

TEST(watch_model, moving_stays_within_the_table) {
    watch_model model = example_model();
    (void)model.press(key::up, 3);
    EXPECT_EQ(model.settings().row, 0U);
    (void)model.press(key::page_down, 3);
    EXPECT_EQ(model.settings().row, 2U);
    (void)model.press(key::down, 2);
    EXPECT_EQ(model.settings().row, 1U) << "the table has become shorter";
    (void)model.press(key::last, 0);
    EXPECT_EQ(model.settings().row, 0U);
}

TEST(watch_model, q_leaves_the_help_first) {
    watch_model model = example_model();
    (void)model.press(key::help, 0);
    EXPECT_EQ(model.press(key::quit, 0), answer::redraw);
    EXPECT_EQ(model.press(key::quit, 0), answer::quit);
}

TEST(watch_model, routes_are_put_in_each_order) {
    auto routes = example_state().routes;
    sort_routes(routes, route_order::trouble);
    EXPECT_THAT(names_of(routes), ElementsAre("GET /slow", "POST /caf", "GET /user"));
    sort_routes(routes, route_order::rate);
    EXPECT_THAT(names_of(routes), ElementsAre("GET /user", "GET /slow", "POST /caf"));
    sort_routes(routes, route_order::p95);
    EXPECT_THAT(names_of(routes), ElementsAre("GET /slow", "GET /user", "POST /caf"));
    sort_routes(routes, route_order::name);
    EXPECT_THAT(names_of(routes), ElementsAre("GET /slow", "GET /user", "POST /caf"));
}

TEST(watch_model, what_hangs_is_first_and_what_was_given_up_last) {
    auto calls = example_state().calls;
    sort_calls(calls);
    EXPECT_TRUE(calls.front().hanging);
    EXPECT_EQ(calls[1].stage, "queue") << "the nearest deadline of the others";
    EXPECT_TRUE(calls.back().abandoned);
    EXPECT_EQ(calls[3].left, std::nullopt);
}

TEST(watch_model, processes_are_added_up_and_those_that_are_gone_are_left_out) {
    watch_model model{{"a:1", "b:2", "c:3"}};
    for (std::size_t i = 0; i < 3; ++i) {
        model.attached(i);
        model.take(i, example_state());
    }
    live_state slower = example_state();
    slower.routes[0].p95 = 3s;
    slower.routes[0].breaker = "half_open";
    model.take(1, std::move(slower));
    model.lost(2, "gone", {});
    const live_state all = combined(model.shown(), std::nullopt);
    ASSERT_EQ(all.routes.size(), 3U);
    EXPECT_EQ(all.routes[0].requests, 14'200U);
    EXPECT_EQ(all.routes[0].p95, 3s) << "the slowest process's";
    EXPECT_EQ(all.routes[0].breaker, "half_open");
    EXPECT_EQ(all.routes[0].limit, 10U);
    EXPECT_EQ(all.in_flight, 14U);
    EXPECT_EQ(all.upstreams[0].limit, 20U);
    EXPECT_EQ(all.calls.size(), 10U);
    EXPECT_EQ(combined(model.shown(), 2U).routes.size(), 3U) << "its last is kept to be looked at";
}

}  // namespace
}  // namespace curfew::admin
