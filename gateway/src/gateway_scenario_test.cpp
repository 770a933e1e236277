#include "gateway_scenario.hpp"

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

TEST_F(gateway_scenario, a_request_is_answered_by_the_backend) {
    script_ = [](const std::string&) { return scripted_answer{.text = ok("hello")}; };
    open();
    const auto& told = client(get("/greeting?secret=1"));
    run();
    EXPECT_EQ(told.status(), 200);
    EXPECT_TRUE(told.text.ends_with("\r\n\r\nhello"));
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_TRUE(seen[0].starts_with("GET /greeting?secret=1 HTTP/1.1\r\n")) << seen[0];
    EXPECT_NE(seen[0].find("traceparent: 00-"), std::string::npos) << seen[0];
    EXPECT_EQ(seen[0].find("Connection: close"), std::string::npos) << seen[0];
}

TEST_F(gateway_scenario, a_hung_upstream_is_given_up_exactly_at_the_timeout) {
    rules.request.timeout = 5s;
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    const auto& told = client(get("/hung"));
    run();
    EXPECT_EQ(told.status(), 504);
    EXPECT_EQ(told.first, start + 5s);
    EXPECT_TRUE(told.has("\"cause\":\"own_timeout\"")) << told.text;
    EXPECT_TRUE(told.has("\"limit_ms\":5000")) << told.text;
    EXPECT_TRUE(told.has("\"attempt_1\":5000")) << told.text;
}

TEST_F(gateway_scenario, work_that_cannot_be_ended_keeps_its_place_until_it_is_over) {
    rules.request.timeout = 5s;
    script_ = [](const std::string&) { return scripted_answer{.after = 60s, .text = ok("late")}; };
    open();
    client(get("/slow"));
    run();
    EXPECT_EQ(shared->guards().in_flight(), 1U);
    run_for(56s);
    EXPECT_EQ(shared->guards().in_flight(), 0U);
}

TEST_F(gateway_scenario, a_callers_shorter_deadline_is_honoured_and_named_as_inherited) {
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    const auto& told = client(get("/hung", "X-Curfew-Timeout-Ms: 250\r\n"));
    run();
    EXPECT_EQ(told.status(), 504);
    EXPECT_EQ(told.first, start + 250ms);
    EXPECT_TRUE(told.has("inherited_deadline")) << told.text;
    EXPECT_NE(seen[0].find("X-Curfew-Timeout-Ms: 250"), std::string::npos) << seen[0];
}

TEST_F(gateway_scenario, half_an_answer_breaks_the_connection_off_instead_of_ending_it_well) {
    script_ = [](const std::string&) {
        return scripted_answer{
            .text = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", .close = true
        };
    };
    open();
    const auto& told = client(get("/half"));
    run();
    EXPECT_EQ(told.status(), 200);
    ASSERT_EQ(events.all.size(), 1U);
    EXPECT_EQ(events.all[0].error, errc::upstream_closed);
    EXPECT_EQ(events.all[0].ended, outcome::failure);
    EXPECT_EQ(events.all[0].why, cause_kind::failed);
}

TEST_F(gateway_scenario, a_crash_before_the_answer_is_a_502_that_says_so) {
    script_ = [](const std::string&) { return scripted_answer{.reset = true}; };
    open();
    const auto& told = client(get("/crash"));
    run();
    EXPECT_EQ(told.status(), 502);
    EXPECT_TRUE(told.has("urn:curfew:error:upstream-reset")) << told.text;
    EXPECT_TRUE(told.has("\"cause\":\"failed\"")) << told.text;
    EXPECT_EQ(events.all[0].why, cause_kind::failed);
}

TEST_F(gateway_scenario, nobody_listening_is_a_502_at_once) {
    open();
    const auto& told = client(get("/"));
    run();
    EXPECT_EQ(told.status(), 502);
    EXPECT_TRUE(told.has("connect-refused")) << told.text;
    EXPECT_EQ(told.first, start);
}

TEST_F(gateway_scenario, a_body_that_stalls_ends_at_its_idle_limit) {
    rules.request.body_idle = 3s;
    script_ = [](const std::string&) {
        return scripted_answer{.text = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstall"};
    };
    open();
    const auto& told = client(get("/stall"));
    run();
    EXPECT_EQ(told.status(), 200);
    EXPECT_EQ(told.ended, start + 3s);
    ASSERT_EQ(events.all.size(), 1U);
    EXPECT_EQ(events.all[0].why, cause_kind::own_timeout);
}

TEST_F(gateway_scenario, a_client_that_leaves_costs_the_backend_its_request_too) {
    script_ = [](const std::string&) { return scripted_answer{.after = 10s, .text = ok("x")}; };
    open();
    client(get("/slow"), {.leave_after = 1s});
    run();
    run_for(1s);
    ASSERT_EQ(events.all.size(), 1U);
    EXPECT_EQ(events.all[0].ended, outcome::cancelled);
    EXPECT_EQ(events.all[0].took, 1s);
}

TEST_F(gateway_scenario, an_endless_answer_ends_soon_after_its_client_left) {
    script_ = [](const std::string&) {
        return scripted_answer{
            .text =
                "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + std::string(1'000'000, 'b')
        };
    };
    open();
    client(get("/endless"), {.leave_after = 1s, .read_pace = 300ms});
    run();
    run_for(1s);
    EXPECT_EQ(shared->guards().in_flight(), 0U) << "who writes is not hung, and keeps no place";
}

TEST_F(gateway_scenario, a_hung_route_holds_at_most_its_share_and_the_others_go_on) {
    script_ = [](const std::string& head) {
        return head.starts_with("GET /hung") ? scripted_answer{.never = true}
                                             : scripted_answer{.after = 10ms, .text = ok("ok")};
    };
    rules.request.timeout = 30s;
    open();
    for (int i = 0; i < 40; ++i) {
        client(get("/hung"), {.begin = 1ms * i});
    }
    std::vector<heard*> healthy;
    for (int i = 0; i < 50; ++i) {
        healthy.push_back(&client(get("/well"), {.begin = 100ms + 20ms * i}));
    }
    run();
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(healthy[i]->status(), 200);
        EXPECT_LE(healthy[i]->ended - start, 100ms + 20ms * i + 40ms) << i;
    }
    const auto hung = std::ranges::count_if(seen, [](const std::string& head) {
        return head.starts_with("GET /hung");
    });
    EXPECT_LE(hung, 5) << "a route holds at most half of the limit of ten";
}

TEST_F(gateway_scenario, once_its_breaker_is_open_a_hung_route_is_refused_at_once) {
    rules.request.timeout = 2s;
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    for (int i = 0; i < 5; ++i) {
        client(get("/hung"));
    }
    const auto& late = client(get("/hung"), {.begin = 3s});
    run();
    EXPECT_EQ(late.status(), 503);
    EXPECT_EQ(late.first, start + 3s);
    EXPECT_TRUE(late.has("\"cause\":\"breaker_open\"")) << late.text;
    EXPECT_TRUE(late.has("Retry-After: ")) << late.text;
}

TEST_F(gateway_scenario, a_kept_connection_that_the_upstream_closed_is_replaced_once) {
    int answered = 0;
    script_ = [&](const std::string&) {
        ++answered;
        // The second request on the first connection meets its end.
        return answered == 2 ? scripted_answer{.close = true} : scripted_answer{.text = ok("x")};
    };
    open();
    const auto& first = client(get("/a"));
    run();
    const auto& second = client(get("/a"));
    run();
    EXPECT_EQ(first.status(), 200);
    EXPECT_EQ(second.status(), 200);
    EXPECT_EQ(connections, 2U);
    EXPECT_EQ(answered, 3);
}

TEST_F(gateway_scenario, a_post_is_not_repeated) {
    int answered = 0;
    script_ = [&](const std::string&) {
        ++answered;
        return answered == 2 ? scripted_answer{.close = true} : scripted_answer{.text = ok("x")};
    };
    open();
    client(get("/a"));
    run();
    const auto& second =
        client("POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
    run();
    EXPECT_EQ(second.status(), 502);
    EXPECT_EQ(answered, 2);
}

TEST_F(gateway_scenario, a_client_that_sends_its_body_too_slowly_gets_408) {
    rules.request.body_idle = 2s;
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    const auto& told = client("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
    run();
    EXPECT_EQ(told.status(), 408);
    EXPECT_EQ(told.first, start + 2s);
}

TEST_F(gateway_scenario, clients_that_dawdle_over_their_bodies_do_not_open_a_breaker) {
    rules.request.timeout = 2s;
    script_ = [](const std::string& head) {
        // Whose body never comes whole gets no answer; the worker ends with the connection.
        return head.find("Content-Length: 100") != std::string::npos
                   ? scripted_answer{}
                   : scripted_answer{.text = ok("done"), .close = true};
    };
    open();
    std::vector<heard*> slow;
    for (int i = 0; i < 5; ++i) {
        slow.push_back(&client(
            "POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n" + std::string(10, 'a'),
            {.piece = 60, .pace = 500ms}
        ));
    }
    const auto& later = client(
        "POST /up HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
        {.begin = 3s}
    );
    run();
    for (const heard* each : slow) {
        EXPECT_EQ(each->status(), 408);
        EXPECT_EQ(each->first, start + 2s);
    }
    EXPECT_EQ(later.status(), 200) << later.text;
}

TEST_F(gateway_scenario, an_upstream_that_hangs_on_a_whole_body_is_to_blame) {
    rules.request.timeout = 2s;
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    const auto& told =
        client("POST /up HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
    run();
    EXPECT_EQ(told.status(), 504);
    ASSERT_EQ(events.all.size(), 1U);
    EXPECT_EQ(events.all[0].ended, outcome::timeout);
}

TEST_F(gateway_scenario, broken_chunks_are_refused_and_never_forwarded_as_an_end) {
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    const auto& told = client(
        "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n"
    );
    run();
    EXPECT_EQ(told.status(), 400);
}

TEST_F(gateway_scenario, expect_100_is_answered_before_the_body_is_read) {
    script_ = [](const std::string&) { return scripted_answer{.text = ok("done"), .close = true}; };
    open();
    const auto& told = client(
        "POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n"
        "Content-Length: 2\r\n\r\nhi"
    );
    run();
    EXPECT_TRUE(told.text.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
        << told.text;
    EXPECT_EQ(seen[0].find("Expect"), std::string::npos);
}

TEST_F(gateway_scenario, upgrade_is_refused_with_its_cause) {
    open();
    const auto& told = client(
        "GET /chat HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
        "GET / HTTP/1.0\r\n\r\n"
    );
    run();
    EXPECT_EQ(told.status(), 501);
    EXPECT_TRUE(told.has("upgrade-not-implemented")) << told.text;
}

TEST_F(gateway_scenario, observing_refuses_nothing) {
    rules.gateway.observe = true;
    rules.request.timeout = 1s;
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    for (int i = 0; i < 30; ++i) {
        client(get("/hung"), {.begin = 100ms * i});
    }
    run();
    for (const auto& each : clients) {
        EXPECT_EQ(each->status(), 504) << "the deadline holds, the guards only look";
    }
    EXPECT_EQ(seen.size(), 30U);
}

TEST_F(gateway_scenario, a_restarting_backend_makes_requests_wait_and_not_fail) {
    script_ = [](const std::string&) { return scripted_answer{.text = ok("back")}; };
    open();
    shared->guards().set_upstream(0, upstream_state::starting, {}, on.now());
    const auto& told = client(get("/a"));
    run_for(4s);
    EXPECT_FALSE(told.over);
    shared->guards().set_upstream(0, upstream_state::up, {}, on.now());
    run();
    EXPECT_EQ(told.status(), 200);
    EXPECT_EQ(told.first, start + 4s);
}

TEST_F(gateway_scenario, draining_lets_a_request_end_and_closes_idle_connections_at_once) {
    script_ = [](const std::string&) { return scripted_answer{.after = 2s, .text = ok("whole")}; };
    open();
    const auto& busy = client("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto& idle = client("");
    run_for(1s);
    close();
    EXPECT_EQ(busy.status(), 200);
    EXPECT_TRUE(busy.text.ends_with("whole"));
    EXPECT_TRUE(busy.has("Connection: close")) << busy.text;
    EXPECT_EQ(idle.text, "");
    EXPECT_EQ(idle.ended, start + 1s);
}

TEST_F(gateway_scenario, who_still_waits_when_the_drains_patience_ends_is_told_so) {
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    const auto& told = client(get("/hung"));
    run_for(1s);
    close();
    EXPECT_EQ(told.status(), 503);
    EXPECT_EQ(told.first, start + 11s);
    EXPECT_TRUE(told.has("shutting-down")) << told.text;
}

TEST_F(gateway_scenario, a_drain_that_is_hurried_tells_at_once_who_still_waits) {
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    const auto& told = client(get("/hung"));
    run_for(1s);
    serving->hurry();
    close();
    EXPECT_EQ(told.status(), 503);
    EXPECT_EQ(told.first, start + 1s);
}

TEST_F(gateway_scenario, pipelined_requests_are_answered_in_order) {
    script_ = [](const std::string& head) {
        return scripted_answer{.text = ok(head.substr(4, 2))};
    };
    open();
    const auto& told = client(
        "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    );
    run();
    EXPECT_LT(told.text.find("\r\n\r\n/1"), told.text.find("\r\n\r\n/2"));
    EXPECT_TRUE(told.text.ends_with("/2"));
}

TEST_F(gateway_scenario, a_large_answer_passes_whole_to_a_slow_reader) {
    std::string body(1'000'000, 'b');
    script_ = [&](const std::string&) { return scripted_answer{.text = ok(body)}; };
    open();
    const auto& told = client(get("/big"), {.read_pace = 10ms});
    run();
    EXPECT_EQ(told.status(), 200);
    EXPECT_TRUE(told.text.ends_with(body));
}

}  // namespace
}  // namespace curfew::gateway
