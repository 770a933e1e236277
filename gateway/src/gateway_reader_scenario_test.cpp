#include "gateway_scenario.hpp"

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

/// Clients that take their answers slowly.
struct gateway_reader_scenario : gateway_scenario {};

TEST_F(gateway_reader_scenario, a_reader_under_the_least_rate_is_cut_off_by_name) {
    rules.http.write_idle = 2s;
    rules.http.body_rate = 100'000;
    script_ = [](const std::string&) {
        return scripted_answer{.text = ok(std::string(2'000'000, 'b'))};
    };
    open();
    const auto& told = client(get("/big"), {.read_pace = 1500ms});
    const auto& fast = client(get("/big"), {.read_pace = 50ms});
    run();
    EXPECT_TRUE(told.broken);
    EXPECT_LT(told.text.size(), 1'000'000U);
    EXPECT_TRUE(fast.text.ends_with("bb")) << "it took enough";
    EXPECT_GT(fast.text.size(), 2'000'000U);
    ASSERT_EQ(events.all.size(), 2U);
    EXPECT_EQ(events.all[0].limit_name, "http.body_rate");
    EXPECT_EQ(events.all[0].ended, outcome::ignored);
    EXPECT_EQ(events.all[0].error, errc::own_timeout);
    EXPECT_EQ(shared->guards().in_flight(), 0U);
}

TEST_F(gateway_reader_scenario, a_backend_that_is_slow_on_purpose_makes_no_slow_reader) {
    rules.http.write_idle = 1s;
    rules.http.body_rate = 100'000;
    script_ = [](const std::string&) {
        return scripted_answer{
            .text = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + std::string(50, 'b'),
            .rest_after = 20s,
            .rest = std::string(50, 'b')
        };
    };
    open();
    const auto& told = client(get("/trickle"));
    run();
    EXPECT_EQ(told.ended, start + 20s);
    EXPECT_FALSE(told.broken);
}

/// Six slow readers of 900 kB in front of two workers, and somebody quick among them.
struct slow_readers : gateway_reader_scenario {
    const heard& quick_one() {
        workers = 2;
        script_ = [](const std::string& head) {
            const bool big = head.starts_with("GET /big");
            return scripted_answer{.text = ok(std::string(big ? 900'000 : 10, 'b'))};
        };
        open();
        for (int i = 0; i < 6; ++i) {
            client(get("/big"), {.read_pace = 1s});
        }
        const auto& quick = client(get("/quick"), {.begin = 500ms});
        run();
        return quick;
    }
};

TEST_F(slow_readers, of_moderate_answers_keep_no_worker) {
    const auto& quick = quick_one();
    EXPECT_EQ(quick.status(), 200);
    EXPECT_LT(quick.ended, start + 600ms);
    for (std::size_t i = 0; i < 6; ++i) {
        EXPECT_FALSE(clients[i]->broken);
        EXPECT_TRUE(clients[i]->text.ends_with(std::string(900'000, 'b')));
        EXPECT_GT(clients[i]->ended, start + 1s) << "it was slow";
    }
    EXPECT_EQ(serving->answers_held(), 0U);
}

TEST_F(slow_readers, keep_them_all_where_nothing_is_read_ahead) {
    rules.http.response_buffer.reset();
    EXPECT_GT(quick_one().ended, start + 2s);
}

TEST_F(gateway_reader_scenario, what_is_read_ahead_of_a_slow_client_is_bounded) {
    rules.http.response_buffer = 256 * 1024;
    script_ = [](const std::string&) {
        return scripted_answer{.text = ok(std::string(4'000'000, 'b'))};
    };
    open();
    const auto& told = client(get("/big"), {.read_pace = 1s});
    run_for(500ms);
    EXPECT_EQ(serving->answers_held(), 256U * 1024);
    run();
    EXPECT_FALSE(told.broken);
    EXPECT_GT(told.text.size(), 4'000'000U);
    EXPECT_EQ(serving->answers_held(), 0U);
}

/// 500 000 bytes in one chunk, and the end.
std::string chunked(std::string_view end) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7a120\r\n" +
           std::string(500'000, 'b') + std::string{end};
}

TEST_F(gateway_reader_scenario, an_answer_whose_end_was_read_ahead_is_whole) {
    script_ = [](const std::string&) { return scripted_answer{.text = chunked("\r\n0\r\n\r\n")}; };
    open();
    const auto& told = client(get("/big"), {.read_pace = 1s});
    run();
    EXPECT_FALSE(told.broken);
    EXPECT_TRUE(told.text.ends_with("\r\n0\r\n\r\n"));
    EXPECT_EQ(events.all.at(0).ended, outcome::success);
}

TEST_F(gateway_reader_scenario, half_an_answer_that_was_read_ahead_is_still_half) {
    script_ = [](const std::string&) {
        return scripted_answer{.text = chunked(""), .close = true};
    };
    open();
    const auto& told = client(get("/big"), {.read_pace = 1s});
    run();
    EXPECT_TRUE(told.broken);
    EXPECT_FALSE(told.text.ends_with("0\r\n\r\n"));
    EXPECT_EQ(events.all.at(0).ended, outcome::failure);
    EXPECT_EQ(events.all.at(0).error, errc::upstream_closed);
}

TEST_F(gateway_reader_scenario, a_connection_is_kept_whose_answer_was_read_ahead) {
    script_ = [](const std::string&) {
        return scripted_answer{.text = ok(std::string(900'000, 'b'))};
    };
    open();
    client(get("/big"), {.read_pace = 1s});
    run();
    client(get("/big"));
    run();
    EXPECT_EQ(connections, 1U);
}

TEST_F(gateway_reader_scenario, a_client_that_leaves_takes_what_was_read_ahead_with_it) {
    script_ = [](const std::string&) {
        return scripted_answer{.text = ok(std::string(4'000'000, 'b'))};
    };
    open();
    client(get("/big"), {.leave_after = 2500ms, .read_pace = 1s});
    run();
    run_for(1s);
    EXPECT_EQ(serving->answers_held(), 0U);
    EXPECT_EQ(shared->guards().in_flight(), 0U);
}

TEST_F(gateway_reader_scenario, an_event_stream_has_no_least_rate) {
    rules.http.write_idle = 2s;
    rules.http.body_rate = 100'000;
    script_ = [](const std::string&) {
        return scripted_answer{
            .text =
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                "Content-Length: 1000000\r\n\r\n" +
                std::string(1'000'000, 'e')
        };
    };
    open();
    const auto& told = client(get("/events"), {.read_pace = 1500ms});
    run();
    EXPECT_FALSE(told.broken);
    EXPECT_GT(told.text.size(), 1'000'000U);
}

}  // namespace
}  // namespace curfew::gateway
