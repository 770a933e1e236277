#include "gateway_scenario.hpp"

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

/// Bodies, slow, stalled and broken, in both directions; and who is to blame.
struct gateway_body_scenario : gateway_scenario {
    gateway_body_scenario() { rules.http.body_buffer = std::nullopt; }

    static constexpr std::string_view head_of_100 =
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";

    void expect_a_closed_breaker_for(std::string_view path, duration begin) {
        const auto& later = client(post(path, 2, "hi"), {.begin = begin});
        run();
        EXPECT_EQ(later.status(), 200) << "what clients did opened the breaker: " << later.text;
    }

    void expect_an_open_breaker_for(std::string_view path, duration begin) {
        const auto& later = client(post(path, 2, "hi"), {.begin = begin});
        run();
        EXPECT_EQ(later.status(), 503);
        EXPECT_TRUE(later.has("breaker_open")) << later.text;
    }

    /// What was told of the `which`th request: a limit of the client's, which counts for nothing.
    void expect_the_clients_limit(
        std::size_t which, errc code, std::string_view limit_name, duration limit
    ) const {
        ASSERT_LT(which, events.all.size());
        const kept_event& told = events.all[which];
        EXPECT_EQ(told.error, code);
        EXPECT_EQ(told.ended, outcome::ignored);
        EXPECT_EQ(told.why, cause_kind::own_timeout);
        EXPECT_EQ(told.limit_name, limit_name);
        EXPECT_EQ(told.limit, limit);
    }
};

bool is_short(const std::string& head) {
    return head.find("Content-Length: 2\r\n") != std::string::npos;
}

scripted_answer to_hi() {
    return {.body = 2, .text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", .close = true};
}

// ---- the request's body ----------------------------------------------------------------------

TEST_F(gateway_body_scenario, clients_that_stall_behind_an_early_answer_do_not_open_a_breaker) {
    rules.request.body_idle = 1s;
    script_ = [](const std::string& head) {
        // The answer goes on at 600 ms, so that the upload's limit is the first to end.
        return is_short(head)
                   ? to_hi()
                   : scripted_answer{
                         .text = std::string{head_of_100}, .rest_after = 600ms, .rest = "some"
                     };
    };
    open();
    acquaint(post("/early", 2, "hi"));
    std::vector<heard*> stalled;
    for (int i = 0; i < 5; ++i) {
        stalled.push_back(&client(post("/early", 100, "0123456789")));
    }
    expect_a_closed_breaker_for("/early", 3s);
    for (std::size_t i = 0; i < stalled.size(); ++i) {
        EXPECT_TRUE(stalled[i]->has("200 OK"));
        EXPECT_TRUE(stalled[i]->broken);
        EXPECT_EQ(stalled[i]->ended, start + 1s);
        expect_the_clients_limit(i, errc::client_too_slow, "request.body_idle", 1s);
    }
}

TEST_F(gateway_body_scenario, an_upstream_that_waits_for_a_dribbling_client_is_not_idle_itself) {
    rules.request.body_idle = 1s;
    script_ = [](const std::string& head) {
        return is_short(head) ? to_hi() : scripted_answer{.text = std::string{head_of_100}};
    };
    open();
    acquaint(post("/early", 2, "hi"));
    const std::string text = post("/early", 100, "0123456789");
    for (int i = 0; i < 5; ++i) {
        client(text, {.first = text.size() - 5, .pace = 700ms});
    }
    expect_a_closed_breaker_for("/early", 3s);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(clients[i]->ended, start + 1s) << "the answer's idle limit";
        expect_the_clients_limit(i, errc::client_too_slow, "request.body_idle", 1s);
    }
}

TEST_F(gateway_body_scenario, a_stalled_upload_ends_at_its_idle_limit_also_after_the_answers_head) {
    rules.request.timeout = 2s;
    rules.request.body_idle = 3s;
    script_ = [](const std::string&) {
        return scripted_answer{
            .after = 1s, .text = std::string{head_of_100}, .rest_after = 9s, .rest = "late"
        };
    };
    open();
    const auto& told = client(post("/a", 100, "0123456789"));
    run();
    EXPECT_EQ(told.ended, start + 3s) << "begun under the two seconds of the request";
    EXPECT_TRUE(told.broken);
    expect_the_clients_limit(0, errc::client_too_slow, "request.body_idle", 3s);
}

TEST_F(gateway_body_scenario, an_upstream_that_took_the_time_is_blamed_though_the_client_is_due) {
    rules.request.timeout = 2s;
    script_ = [](const std::string& head) {
        return is_short(head) ? to_hi() : scripted_answer{.after = 1500ms, .body = 300'000};
    };
    open();
    acquaint(post("/up", 2, "hi"));
    for (int i = 0; i < 5; ++i) {
        client(post("/up", 300'000, std::string(200'000, 'b')));
    }
    expect_an_open_breaker_for("/up", 3s);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(clients[i]->status(), 504) << "1.5 s of the 2 s were the upstream's";
        EXPECT_EQ(clients[i]->first, start + 2s);
        EXPECT_EQ(events.all[i].ended, outcome::timeout);
    }
}

TEST_F(gateway_body_scenario, a_client_that_took_the_time_is_blamed_though_the_upstream_is_due) {
    rules.request.timeout = 2s;
    script_ = [](const std::string& head) {
        return is_short(head) ? to_hi() : scripted_answer{.after = 2500ms, .close = true};
    };
    open();
    // The second piece comes at 1.5 s and fills the way to the upstream.
    const std::string text = post("/up", 300'000, std::string(200'000, 'b'));
    for (int i = 0; i < 5; ++i) {
        client(text, {.first = text.size() - 199'000, .pace = 1500ms});
    }
    expect_a_closed_breaker_for("/up", 3s);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(clients[i]->status(), 408);
        EXPECT_EQ(clients[i]->first, start + 2s);
        expect_the_clients_limit(i, errc::client_too_slow, "request.timeout", 2s);
    }
}

TEST_F(gateway_body_scenario, a_client_that_left_the_upstream_no_time_makes_a_blameless_timeout) {
    rules.request.timeout = 2s;
    script_ = [](const std::string& head) {
        return is_short(head) ? to_hi() : scripted_answer{.after = 2500ms, .close = true};
    };
    open();
    const std::string text = post("/up", 10, "0123456789");
    for (int i = 0; i < 5; ++i) {
        client(text, {.first = text.size() - 1, .pace = 1500ms});
    }
    expect_a_closed_breaker_for("/up", 3s);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(clients[i]->status(), 504) << "the body did come whole";
    }
}

TEST_F(gateway_body_scenario, time_in_which_the_upstream_takes_nothing_is_not_the_clients_pause) {
    rules.request.body_idle = 1s;
    script_ = [](const std::string&) {
        return scripted_answer{.after = 5s, .body = 400'000, .text = ok("taken")};
    };
    open();
    const auto& told = client(post("/up", 400'000, std::string(400'000, 'b')));
    run();
    EXPECT_EQ(told.status(), 200) << told.text;
    EXPECT_EQ(told.first, start + 5s);
}

TEST_F(gateway_body_scenario, a_slow_client_within_its_limits_is_served_whole) {
    rules.request.body_idle = 1s;
    script_ = [](const std::string&) { return scripted_answer{.body = 10, .text = ok("whole")}; };
    open();
    const std::string text = post("/up", 10, "0123456789");
    const auto& told = client(text, {.first = text.size() - 8, .pace = 999ms});
    run();
    EXPECT_EQ(told.status(), 200) << told.text;
    EXPECT_EQ(told.first, start + 999ms);
}

TEST_F(
    gateway_body_scenario, a_body_under_the_least_rate_is_408_once_its_pauses_add_up_to_too_much
) {
    rules.request.body_idle = 2s;
    rules.http.body_rate = 100;
    script_ = [](const std::string&) { return scripted_answer{.body = 1000, .text = ok("all")}; };
    open();
    const std::string head = post("/up", 1000, "");
    const std::string text = head + std::string(1000, 'b');
    const auto& enough = client(text, {.piece = 100, .first = head.size(), .pace = 1s});
    const auto& too_slow = client(text, {.piece = 100, .first = head.size(), .pace = 1900ms});
    run();
    EXPECT_EQ(enough.status(), 200);
    EXPECT_EQ(enough.first, start + 10s);
    EXPECT_EQ(too_slow.status(), 408);
    expect_the_clients_limit(0, errc::client_too_slow, "http.body_rate", 5s);
    EXPECT_EQ(events.all[0].took, 3 * 1900ms) << "300 bytes earn 3 s, to the 2 s of all";
}

TEST_F(gateway_body_scenario, an_early_answer_leaves_no_half_sent_request_on_a_kept_connection) {
    // The upload's last piece is read, and waits for room, when the answer ends.
    outside.set_link(9000, {.window = 10'000});
    script_ = [](const std::string& head) {
        if (head.starts_with("GET")) {
            return scripted_answer{.text = ok("other"), .close = true};
        }
        scripted_answer early{.after = 500ms, .text = ok("early"), .close = true};
        early.rest_after = 20s;
        return early;
    };
    open();
    const auto& early = client(post("/a", 30'000, std::string(30'000, 'b')));
    const auto& other = client(get("/a"), {.begin = 1s});
    run();
    EXPECT_EQ(early.status(), 200);
    EXPECT_EQ(other.status(), 200) << other.text;
    EXPECT_EQ(other.first, start + 1s);
    EXPECT_EQ(connections, 2U);
}

TEST_F(gateway_body_scenario, what_is_not_a_body_is_rejected_by_name) {
    script_ = [](const std::string&) { return scripted_answer{.never = true}; };
    open();
    const auto& told = client(
        "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n"
    );
    run();
    EXPECT_EQ(told.status(), 400);
    ASSERT_EQ(events.all.size(), 1U);
    EXPECT_EQ(events.all[0].why, cause_kind::rejected);
    EXPECT_EQ(events.all[0].ended, outcome::ignored);
}

// ---- the answer's body -----------------------------------------------------------------------

TEST_F(gateway_body_scenario, half_an_answer_breaks_off_at_the_moment_the_upstream_ends) {
    script_ = [](const std::string&) {
        return scripted_answer{
            .text = std::string{head_of_100} + "half", .rest_after = 2s, .close = true
        };
    };
    open();
    const auto& told = client(get("/half"));
    run();
    EXPECT_TRUE(told.text.ends_with("\r\n\r\nhalf"));
    EXPECT_EQ(told.first, start) << "what there is is passed on at once";
    EXPECT_EQ(told.ended, start + 2s);
    EXPECT_TRUE(told.broken) << "an end in order would make half of it look whole";
    ASSERT_EQ(events.all.size(), 1U);
    EXPECT_EQ(events.all[0].error, errc::upstream_closed);
}

TEST_F(gateway_body_scenario, crashes_in_mid_body_break_off_and_open_the_breaker) {
    script_ = [](const std::string& head) {
        return is_short(head) ? to_hi()
                              : scripted_answer{
                                    .text = std::string{head_of_100} + std::string(50, 'h'),
                                    .rest_after = 1s,
                                    .reset = true
                                };
    };
    open();
    acquaint(post("/crash", 2, "hi"));
    for (int i = 0; i < 5; ++i) {
        client(post("/crash", 0, ""));
    }
    expect_an_open_breaker_for("/crash", 2s);
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(clients[i]->text.ends_with(std::string(50, 'h')));
        EXPECT_EQ(clients[i]->ended, start + 1s);
        EXPECT_TRUE(clients[i]->broken);
        EXPECT_EQ(events.all[i].error, errc::upstream_reset);
        EXPECT_EQ(events.all[i].ended, outcome::failure);
    }
}

TEST_F(gateway_body_scenario, answers_that_stall_open_the_breaker_however_long_the_timeout_is) {
    rules.request.timeout = 30s;
    rules.request.body_idle = 1s;
    script_ = [](const std::string& head) {
        return is_short(head) ? to_hi()
                              : scripted_answer{.text = std::string{head_of_100} + "stall"};
    };
    open();
    acquaint(post("/stall", 2, "hi"));
    for (int i = 0; i < 5; ++i) {
        client(post("/stall", 0, ""));
    }
    expect_an_open_breaker_for("/stall", 2s);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(clients[i]->ended, start + 1s);
        EXPECT_EQ(events.all[i].limit_name, "request.body_idle");
    }
}

TEST_F(
    gateway_body_scenario, a_client_that_takes_nothing_is_cut_off_by_name_and_counts_for_nothing
) {
    rules.http.write_idle = 2s;
    script_ = [](const std::string& head) {
        return is_short(head) ? to_hi()
                              : scripted_answer{
                                    .text = "HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n" +
                                            std::string(400'000, 'b'),
                                    .close = true
                                };
    };
    open();
    acquaint(post("/big", 2, "hi"));
    for (int i = 0; i < 5; ++i) {
        client(post("/big", 0, ""), {.read_pace = 1h});
    }
    const auto& later = client(post("/big", 2, "hi"), {.begin = 20s});
    run_for(30s);
    EXPECT_EQ(later.status(), 200) << later.text;
    ASSERT_EQ(events.all.size(), 6U);
    EXPECT_EQ(events.all[5].ended, outcome::success);
    for (std::size_t i = 0; i < 5; ++i) {
        expect_the_clients_limit(i, errc::own_timeout, "http.write_idle", 2s);
        EXPECT_EQ(events.all[i].took, 2s);
    }
    EXPECT_EQ(shared->guards().in_flight(), 0U);
}

TEST_F(gateway_body_scenario, a_reader_slower_than_the_upstreams_idle_limit_gets_all_of_it) {
    rules.request.body_idle = 1s;
    rules.http.write_idle = 5s;
    const std::string body(400'000, 'b');
    script_ = [&](const std::string&) { return scripted_answer{.text = ok(body)}; };
    open();
    const auto& told = client(get("/big"), {.read_pace = 1500ms});
    run();
    EXPECT_EQ(told.status(), 200);
    EXPECT_TRUE(told.text.ends_with(body));
    EXPECT_FALSE(told.broken);
    EXPECT_GT(told.ended, start + 10s);
}

// ---- event streams ---------------------------------------------------------------------------

scripted_answer stream_of(std::string_view type) {
    return {
        .text = "HTTP/1.1 200 OK\r\nContent-Type: " + std::string{type} + "\r\n\r\ndata: 1\n\n",
        .rest_after = 4s,
        .rest = "data: 2\n\n"
    };
}

TEST_F(gateway_body_scenario, an_event_stream_ends_at_its_own_idle_limit_after_the_last_event) {
    rules.request.timeout = 2s;
    rules.request.body_idle = 1s;
    rules.request.stream_idle = 5s;
    script_ = [](const std::string&) { return stream_of("Text/Event-Stream; charset=utf-8"); };
    open();
    const auto& told = client(get("/events"));
    run();
    EXPECT_TRUE(told.has("data: 2")) << told.text;
    EXPECT_EQ(told.ended, start + 9s) << "4 s to the second event, 5 s of silence";
    EXPECT_TRUE(told.broken);
    ASSERT_EQ(events.all.size(), 1U);
    EXPECT_EQ(events.all[0].limit_name, "request.stream_idle");
    EXPECT_EQ(events.all[0].limit, 5s);
}

TEST_F(gateway_body_scenario, a_type_that_only_begins_like_an_event_stream_is_none) {
    rules.request.body_idle = 1s;
    rules.request.stream_idle = 5s;
    script_ = [](const std::string&) { return stream_of("text/event-streamfoo"); };
    open();
    const auto& told = client(get("/events"));
    run();
    EXPECT_EQ(told.ended, start + 1s);
    ASSERT_EQ(events.all.size(), 1U);
    EXPECT_EQ(events.all[0].limit_name, "request.body_idle");
}

}  // namespace
}  // namespace curfew::gateway
