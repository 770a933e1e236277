#include "gateway_scenario.hpp"

#include <random>

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

struct reload_scenario : gateway_scenario {
    snapshot picture() {
        snapshot now;
        shared->guards().describe(now, on.now());
        std::vector<worker::times_of_route> times;
        serving->count(now, times);
        return now;
    }

    route_snapshot route(std::string_view name) {
        for (route_snapshot& each : picture().routes) {
            if (each.name == name) {
                return each;
            }
        }
        ADD_FAILURE() << "no route " << name;
        return {};
    }

    policy::route_policy& add_route(std::string name, std::string path, duration timeout) {
        auto& made = rules.routes.emplace_back();
        made.name = std::move(name);
        made.path = std::move(path);
        made.upstream = "default";
        made.limits = rules.default_limits();
        made.limits.timeout = timeout;
        return made;
    }
};

TEST_F(
    reload_scenario, a_request_ends_under_the_policy_it_began_with_and_the_next_has_the_new_one
) {
    rules.request.timeout = 5s;
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    const auto& before = client(get("/a"));
    run_for(1s);
    rules.request.timeout = 2s;
    reload();
    const auto& after = client(get("/b"));
    run();
    EXPECT_EQ(before.first, start + 5s);
    EXPECT_TRUE(before.has("\"limit_ms\":5000")) << before.text;
    EXPECT_EQ(after.first, start + 3s);
    EXPECT_TRUE(after.has("\"limit_ms\":2000")) << after.text;
}

TEST_F(reload_scenario, a_limit_is_told_by_the_key_that_gave_it_and_the_name_outlives_the_policy) {
    rules.request.timeout = 5s;
    add_route("shop", "/", 2s).keys.timeout = "route.shop with a long enough name.timeout";
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    const auto& own = client(get("/a"));
    run_for(1s);
    rules.routes[0].limits.timeout = 5s;
    rules.routes[0].keys = {};
    reload();
    reload();
    const auto& inherited = client(get("/b"));
    run();
    EXPECT_TRUE(own.has(R"("limit":"route.shop with a long enough name.timeout","limit_ms":2000)"))
        << own.text;
    EXPECT_TRUE(inherited.has(R"("limit":"request.timeout","limit_ms":5000)")) << inherited.text;
    ASSERT_EQ(events.all.size(), 2U);
    EXPECT_EQ(events.all[0].limit_name, "route.shop with a long enough name.timeout");
    EXPECT_EQ(events.all[1].limit_name, "request.timeout");
}

TEST_F(reload_scenario, a_connection_goes_on_and_its_next_request_has_the_new_limit) {
    script_ = [](const std::string& head) {
        return head.contains("/b") ? scripted_answer{.never = true}
                                   : scripted_answer{.text = ok("one")};
    };
    open();
    const auto& told = client(
        "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        {.first = 28, .pace = 1s}
    );
    run_for(500ms);
    rules.request.timeout = 1500ms;
    reload();
    run();
    EXPECT_TRUE(told.has("one"));
    EXPECT_EQ(told.ended, start + 2500ms);
}

TEST_F(reload_scenario, an_open_breaker_stays_open_and_keeps_its_time_to_probe) {
    rules.request.timeout = 1s;
    rules.breaker.reset = 60s;
    bool well = false;
    script_ = [&](const std::string&) {
        return well ? scripted_answer{.text = ok("well")} : scripted_answer{.never = true};
    };
    open();
    for (int i = 0; i < 5; ++i) {
        client(get("/a"));
    }
    run();
    ASSERT_EQ(on.now(), start + 1s);
    ASSERT_EQ(route("GET /a").breaker, breaker_state::open);
    run_for(10s);
    well = true;
    rules.request.timeout = 3s;
    reload();
    EXPECT_EQ(route("GET /a").breaker, breaker_state::open);
    EXPECT_EQ(route("GET /a").retry_after, 50s);
    const auto& refused = client(get("/a"));
    run();
    EXPECT_EQ(refused.status(), 503);
    const auto& probe = client(get("/a"), {.begin = 51s});
    run();
    EXPECT_EQ(probe.status(), 200);
    EXPECT_EQ(route("GET /a").breaker, breaker_state::closed);
}

TEST_F(reload_scenario, who_waits_keeps_the_place_in_the_queue_and_gets_room_that_is_new) {
    rules.limiter.initial = 1;
    rules.limiter.route_share = 1;
    rules.gateway.in_flight = 1;
    script_ = [](const std::string&) { return scripted_answer{.after = 3s, .text = ok("done")}; };
    add_route("shop", "/", 30s).limits.in_flight = 1;
    open();
    client(get("/a"));
    const auto& second = client(get("/a"), {.begin = 500ms});
    const auto& third = client(get("/a"), {.begin = 600ms});
    run_for(1s);
    ASSERT_EQ(shared->guards().waiting(), 0U) << "the total cap refuses";
    EXPECT_EQ(second.status(), 503);
    EXPECT_EQ(third.status(), 503);
    rules.gateway.in_flight = 1000;
    reload();
    const auto& waits = client(get("/a"));
    run_for(500ms);
    ASSERT_EQ(shared->guards().waiting(), 1U);
    rules.routes.front().limits.in_flight = 2;
    rules.limiter.initial = 2;
    rules.limiter.floor = 2;
    reload();
    EXPECT_EQ(shared->guards().waiting(), 0U) << "it has its place with the reload itself";
    run();
    EXPECT_EQ(waits.first, start + 4500ms);
    EXPECT_EQ(waits.status(), 200);
}

TEST_F(reload_scenario, an_upstream_keeps_its_limit_within_the_new_bounds) {
    open();
    rules.limiter.initial = 20;
    reload();
    EXPECT_EQ(picture().upstreams.front().limit, 10U) << "it does not begin again";
    rules.limiter.initial = 4;
    rules.limiter.ceiling = 4;
    reload();
    EXPECT_EQ(picture().upstreams.front().limit, 4U);
}

TEST_F(reload_scenario, an_upstream_that_moves_serves_new_requests_at_its_new_place) {
    script_ = [](const std::string&) { return scripted_answer{.after = 4ms, .text = ok("old")}; };
    open();
    client(get("/warm"));
    run();
    const auto& before = client(get("/a"));
    run_for(1ms);
    open_backend("127.0.0.1:9001");
    rules.upstreams.front().urls = {{"127.0.0.1", 9001}};
    reload();
    script_ = [](const std::string&) { return scripted_answer{.text = ok("new")}; };
    const auto& after = client(get("/a"));
    run();
    EXPECT_TRUE(before.has("old")) << before.text;
    EXPECT_EQ(before.first, start + 8ms);
    EXPECT_TRUE(after.has("new")) << after.text;
    EXPECT_EQ(picture().upstreams.front().endpoints.front().address, "127.0.0.1:9001");
    EXPECT_EQ(picture().upstreams.front().endpoints.front().idle, 1U);
    run_for(1ms);
    EXPECT_EQ(outside.open_streams(), 2U) << "nothing is kept to the old place";
    close();  // while the old place is there
}

TEST_F(reload_scenario, what_an_upstream_keeps_idle_survives_a_reload_that_does_not_touch_it) {
    script_ = [](const std::string&) { return scripted_answer{.text = ok("x")}; };
    open();
    for (int i = 0; i < 20; ++i) {
        client(get("/a"));
        run();
        rules.request.timeout = 10s + i * 1s;
        reload();
    }
    EXPECT_EQ(connections, 1U);
}

TEST_F(reload_scenario, routes_come_and_go_and_each_keeps_its_guards_by_name) {
    rules.request.timeout = 1s;
    bool hangs = true;
    script_ = [&](const std::string&) {
        return hangs ? scripted_answer{.never = true} : scripted_answer{.text = ok("x")};
    };
    add_route("cart", "/cart", 1s);
    add_route("all", "/", 1s);
    open();
    for (int i = 0; i < 5; ++i) {
        client(get("/cart/1"));
    }
    run();
    ASSERT_EQ(route("cart").breaker, breaker_state::open);
    hangs = false;

    rules.routes.clear();  // derived from the traffic
    reload();
    const auto& derived = client(get("/cart/1"));
    run();
    EXPECT_EQ(derived.status(), 200);
    EXPECT_EQ(route("GET /cart/{id}").numbers.requests(), 1U);
    EXPECT_TRUE(route("cart").retired);

    add_route("all", "/", 1s);
    add_route("basket", "/cart", 1s);
    reload();
    const auto& renamed = client(get("/cart/1"));
    run();
    EXPECT_EQ(renamed.status(), 200) << "another name, other guards";
    EXPECT_TRUE(route("GET /cart/{id}").retired);

    rules.routes.back().name = "cart";
    reload();
    EXPECT_FALSE(route("cart").retired);
    const auto& again = client(get("/cart/1"));
    run();
    EXPECT_EQ(again.status(), 503) << "its breaker is open still";
    EXPECT_EQ(route("cart").numbers.requests(), 6U) << "and what was counted was not lost";
}

TEST_F(reload_scenario, what_was_learnt_of_the_traffic_stays_known) {
    script_ = [](const std::string&) { return scripted_answer{.text = ok("x")}; };
    rules.gateway.routes_max = 2;
    open();
    client(get("/first"));
    run();
    client(get("/second"));  // proves real, and has the second place from now on
    run();
    rules.request.timeout = 7s;
    reload();
    client(get("/second"));
    client(get("/third"));
    run();
    EXPECT_EQ(route("GET /second").numbers.requests(), 1U);
    EXPECT_EQ(route("other").numbers.requests(), 2U);
    EXPECT_FALSE(route("GET /first").retired);
}

TEST_F(reload_scenario, a_body_on_its_way_and_a_stream_outlive_any_number_of_reloads) {
    script_ = [](const std::string& head) {
        if (head.starts_with("POST")) {
            return scripted_answer{.body = 200'000, .text = ok("stored")};
        }
        return scripted_answer{
            .text = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n",
            .rest_after = 30s,
            .rest = "data: 2\n\n",
            .close = true
        };
    };
    open();
    const auto& upload =
        client(post("/up", 200'000, std::string(200'000, 'x')), {.piece = 10'000, .pace = 500ms});
    const auto& stream = client(get("/events"));
    for (int i = 0; i < 40; ++i) {
        run_for(250ms);
        rules.request.timeout = 2s + i * 1ms;
        rules.request.stream_idle = 40s;
        reload();
    }
    EXPECT_LE(shared->earlier_in_use(), 2U) << "the two requests hold one, or one each";
    run();
    EXPECT_TRUE(upload.has("stored")) << upload.text;
    EXPECT_TRUE(stream.has("data: 2")) << stream.text;
    EXPECT_EQ(stream.ended, start + 30s);
    EXPECT_EQ(shared->earlier_in_use(), 0U);
}

TEST_F(reload_scenario, streams_hold_a_bounded_number_of_earlier_policies) {
    script_ = [](const std::string&) {
        return scripted_answer{
            .text = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n",
            .rest_after = 100s,
            .rest = "data: 2\n\n",
            .close = true
        };
    };
    open();
    for (std::size_t i = 0; i < gateway::editions_max; ++i) {
        client(get("/events"));
        run_for(1ms);
        reload();
    }
    const auto refused = shared->adopt(std::make_shared<const policy::policy>(rules), on.now());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error(), obstacle::editions_in_use);
    run();
    for (const auto& each : clients) {
        EXPECT_TRUE(each->has("data: 2")) << each->text;
    }
    reload();
}

TEST_F(reload_scenario, names_are_bounded_and_what_the_policy_names_keeps_its_place) {
    rules.gateway.routes_max = 1;
    open();
    std::size_t reloads = 0;
    for (bool fits = true; fits && reloads < 5000; ++reloads) {
        rules.routes.clear();
        add_route("v" + std::to_string(reloads), "/", 1s);
        const auto next = shared->adopt(std::make_shared<const policy::policy>(rules), on.now());
        fits = next.has_value();
        if (fits) {
            serving->adopt(*next);
        } else {
            EXPECT_EQ(next.error(), obstacle::names_used_up);
        }
    }
    EXPECT_EQ(reloads, 4096U);
}

struct any_reload_scenario : reload_scenario, testing::WithParamInterface<std::uint32_t> {};

/// Any policy after any other, at any moment: no request is lost, and each is counted once.
TEST_P(any_reload_scenario, requests_pass_whatever_is_reloaded_beneath_them) {
    std::mt19937 dice{GetParam()};
    const auto below = [&](unsigned n) { return static_cast<std::uint32_t>(dice() % n); };
    script_ = [&](const std::string&) {
        return scripted_answer{.after = 1ms * below(300), .text = ok("x")};
    };
    open();
    for (int i = 0; i < 200; ++i) {
        client(get("/r" + std::to_string(below(6)) + "/x"), {.begin = 10ms * below(300)});
    }
    for (int i = 0; i < 40; ++i) {
        run_for(75ms);
        rules.routes.clear();
        const auto named = below(5);
        for (unsigned made = 0; made < named; ++made) {
            add_route("r" + std::to_string(made), "/r" + std::to_string(made), 20s);
        }
        if (named > 0) {
            add_route("rest", "/", 25s);
        }
        rules.gateway.queue = 200 + below(10);
        rules.upstreams.front().idle_max = 1 + below(3);
        rules.limiter.ceiling = 20 + below(100);
        reload();
    }
    run();
    std::uint64_t counted = 0;
    for (const auto& each : picture().routes) {
        counted += each.numbers.requests();
    }
    EXPECT_EQ(counted, 200U);
    for (const auto& each : clients) {
        EXPECT_EQ(each->status(), 200) << each->text;
    }
}

INSTANTIATE_TEST_SUITE_P(seeds, any_reload_scenario, testing::Range(1U, 21U));

}  // namespace
}  // namespace curfew::gateway
