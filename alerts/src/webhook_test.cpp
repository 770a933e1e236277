#include <curfew/alerts/outbox.hpp>
#include <curfew/http/input_buffer.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/sim/processes.hpp>
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace curfew::alerts {
namespace {

using namespace std::chrono_literals;
using runtime::task;

const auto address = *runtime::endpoint::parse("127.0.0.1:80");

/// What a receiver does with one connection.
struct manner {
    std::string answer = "HTTP/1.1 204 No Content\r\n\r\n";
    duration before{};    ///< it answers
    bool closes = false;  ///< without an answer
    bool hangs = false;
};

/// One loop, a receiver of webhooks and a webhook.
struct webhook_test : testing::Test {
    webhook_test() { rules.webhook = "http://127.0.0.1/hook?key=k"; }

    task<> receive(std::vector<manner> manners) {
        for (const manner& each : manners) {
            auto accepted = listening->try_accept();
            while (!*accepted) {
                listening->ready().clear_readable();
                auto waiting = listening->ready().wait_readable(root);
                const auto woken = co_await waiting;
                if (woken == runtime::wake::ended) {
                    co_return;
                }
                accepted = listening->try_accept();
            }
            tasks.spawn(answer(std::move(*accepted), each));
        }
    }

    task<> answer(std::unique_ptr<runtime::stream> with, manner how) {
        http::input_buffer input;
        std::string text;
        while (text.find("\"left_out\"") == text.npos) {
            auto filling = http::fill(input, *with, http::block::large, root);
            const auto got = co_await filling;
            if (got.status != runtime::io::ok) {
                break;
            }
            text += input.unread();
            input.consume(input.unread().size());
        }
        heard.push_back(text);
        auto resting = runtime::sleep_until{root, on.now() + (how.hangs ? 1h : how.before)};
        co_await resting;
        if (!how.closes && !how.hangs) {
            std::array parts{http::part(how.answer)};
            auto writing = http::write_all(*with, parts, root);
            co_await writing;
        }
    }

    task<> send() {
        notice what;
        what.id = "x-1";
        what.changes.push_back({transition::fired, {.alert = "slow"}, {}});
        auto sending = hook->deliver(what, root);
        told = co_await sending;
        root.cancel();
    }

    delivery deliver(std::vector<manner> manners) {
        auto made = outside.listen(address, false);
        listening = std::move(*made);
        hook.emplace(on, outside, rules, source{.version = "1.2.3"}, 7);
        tasks.spawn(receive(std::move(manners)));
        tasks.spawn(send());
        EXPECT_TRUE(outside.run(on, [this] { return tasks.running() == 0; }));
        return told;
    }

    sim::world outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    runtime::task_group tasks;
    std::unique_ptr<runtime::listener> listening;
    policy::sink_policy rules;
    std::optional<webhook> hook;
    std::vector<std::string> heard;
    delivery told;
};

TEST_F(webhook_test, posts_json_with_its_token_once) {
    rules.token = "t0ken";
    const delivery how = deliver({{}});
    EXPECT_TRUE(how.good());
    EXPECT_EQ(how.said, "answered 204");
    ASSERT_EQ(heard.size(), 1U);
    EXPECT_TRUE(heard[0].starts_with("POST /hook?key=k HTTP/1.1\r\nHost: 127.0.0.1\r\n"))
        << heard[0];
    EXPECT_NE(heard[0].find("\r\nAuthorization: Bearer t0ken\r\n"), std::string::npos);
    EXPECT_NE(heard[0].find("\r\nIdempotency-Key: x-1\r\n"), std::string::npos);
    EXPECT_NE(heard[0].find("\"alert\": \"slow\""), std::string::npos);
}

TEST_F(webhook_test, what_hangs_takes_the_time_it_has_and_no_more) {
    rules.timeout = 9s;
    const delivery how = deliver({{.hangs = true}, {.hangs = true}, {.hangs = true}});
    EXPECT_EQ(how.wrong, errc::own_timeout);
    EXPECT_EQ(how.said, "no answer in time (3 attempts)");
    EXPECT_GT(how.took, 8s);
    EXPECT_LE(how.took, 9s);
}

TEST_F(webhook_test, a_slow_answer_within_its_time_is_taken) {
    const delivery how = deliver({{.before = 3s}});
    EXPECT_TRUE(how.good());
    EXPECT_EQ(how.took, 3s);
    EXPECT_EQ(heard.size(), 1U);
}

TEST_F(webhook_test, trouble_is_tried_again_and_a_refusal_is_not) {
    const manner broken{.answer = "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"};
    const delivery how = deliver({broken, {.closes = true}, {}});
    EXPECT_TRUE(how.good());
    EXPECT_EQ(how.said, "answered 204 (3 attempts)");
    EXPECT_EQ(heard.size(), 3U);
    EXPECT_GT(how.took, 150ms);
    EXPECT_LT(how.took, 500ms);
}

TEST_F(webhook_test, a_refusal_is_final) {
    const delivery how = deliver({{.answer = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"}, {}});
    EXPECT_EQ(how.wrong, errc::upstream_protocol);
    EXPECT_EQ(how.said, "answered 403");
    EXPECT_EQ(heard.size(), 1U);
}

TEST_F(webhook_test, what_always_fails_is_tried_so_often_and_no_more) {
    rules.retries = 1;
    const manner broken{.answer = "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"};
    const delivery how = deliver({broken, broken, broken});
    EXPECT_EQ(how.said, "answered 503 (2 attempts)");
    EXPECT_EQ(heard.size(), 2U);
}

TEST_F(webhook_test, where_nobody_listens_it_says_so) {
    rules.webhook = "http://127.0.0.1:81/";
    rules.retries = 0;
    const delivery how = deliver({});
    EXPECT_EQ(how.wrong, errc::connect_refused);
}

/// Takes each notice after a second; fails while it is told to.
struct slow_sink final : sink {
    slow_sink(std::vector<notice>& to, bool& fails) : taken{to}, failing{fails} {}

    task<delivery> deliver(const notice& what, runtime::scope& under) override {
        auto resting = runtime::sleep_until{under, under.on().now() + 1s};
        const auto woken = co_await resting;
        if (woken == runtime::wake::ended) {
            co_return delivery{errc::cancelled, "broken off", 0s};
        }
        taken.push_back(what);
        co_return failing ? delivery{errc::own_timeout, "late", 1s} : delivery{{}, "done", 1s};
    }

    std::vector<notice>& taken;
    bool& failing;
};

struct outbox_test : testing::Test {
    void begin() {
        box.emplace(
            on,
            "chat",
            std::make_unique<slow_sink>(taken, failing),
            "p",
            [] { return wall_time{}; },
            [this](std::string_view, const notice& what, const delivery& how, bool news) {
                said += how.said + (news ? "! " : " ");
                lost += how.good() ? 0 : what.changes.size() + what.left_out;
            }
        );
    }

    void put(int times) {
        for (int i = 0; i < times; ++i) {
            box->put({transition::fired, {.alert = "a" + std::to_string(number++)}, {}});
        }
    }

    void run_for(duration time) {
        bool over = false;
        tasks.spawn(wait(time, over));
        ASSERT_TRUE(outside.run(on, [&] { return over; }));
    }

    task<> wait(duration time, bool& over) {
        auto resting = runtime::sleep_until{root, on.now() + time};
        co_await resting;
        over = true;
    }

    task<> close(duration patience) {
        runtime::scope last{on, bound::after(on.now(), patience, "test")};
        auto closing = box->close(last);
        co_await closing;
    }

    void end(duration patience = 2s) {
        tasks.spawn(close(patience));
        ASSERT_TRUE(outside.run(on, [this] { return tasks.running() == 0; }));
    }

    sim::world outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    runtime::task_group tasks;
    std::vector<notice> taken;
    bool failing = false;
    const time_point born = on.now();
    std::string said;
    std::size_t lost = 0;
    int number = 0;
    std::optional<outbox> box;
};

TEST_F(outbox_test, what_gathers_meanwhile_goes_together) {
    begin();
    put(1);
    run_for(500ms);
    put(3);
    run_for(10s);
    ASSERT_EQ(taken.size(), 2U);
    EXPECT_EQ(taken[0].id, "p-chat-1");
    EXPECT_EQ(taken[1].changes.size(), 3U);
    EXPECT_EQ(taken[1].changes[0].now.alert, "a1");
    EXPECT_EQ(box->state().sent, 2U);
    end();
}

TEST_F(outbox_test, is_bounded_and_says_what_it_left_out) {
    begin();
    put(static_cast<int>(outbox::waiting_max) + 10);
    EXPECT_EQ(box->state().dropped, 10U);
    EXPECT_EQ(box->state().waiting, outbox::waiting_max);
    run_for(60s);
    std::size_t all = 0;
    std::size_t left_out = 0;
    for (const notice& each : taken) {
        EXPECT_LE(each.changes.size(), notice::changes_max);
        all += each.changes.size();
        left_out += each.left_out;
    }
    EXPECT_EQ(all, outbox::waiting_max);
    EXPECT_EQ(left_out, 10U);
    end();
}

TEST_F(outbox_test, a_failure_is_news_once_until_it_works_again) {
    begin();
    for (const bool fails : {false, true, true, false, false}) {
        failing = fails;
        put(1);
        run_for(2s);
    }
    EXPECT_EQ(said, "done late! late done! done ");
    EXPECT_EQ(box->state().failed, 2U);
    EXPECT_FALSE(box->state().failing);
    end();
}

TEST_F(outbox_test, one_that_retires_sends_what_waits_and_is_over) {
    begin();
    put(1);
    run_for(500ms);
    put(2);
    box->retire();
    run_for(10s);
    EXPECT_EQ(taken.size(), 2U);
    EXPECT_TRUE(box->over());
}

TEST_F(outbox_test, what_waits_at_the_end_has_a_moment_to_be_sent) {
    begin();
    put(1);
    run_for(100ms);
    put(3);
    end();
    ASSERT_EQ(taken.size(), 2U);
    EXPECT_EQ(taken[1].changes.size(), 3U);
    EXPECT_EQ(on.now() - born, 2s) << "and nothing is waited for beyond that";
    EXPECT_EQ(said, "done done ");
    EXPECT_TRUE(box->over());
}

TEST_F(outbox_test, what_the_end_takes_away_is_counted_and_told) {
    begin();
    put(1);
    run_for(100ms);
    put(static_cast<int>(outbox::waiting_max) + 4);
    end(300ms);
    EXPECT_TRUE(taken.empty());
    EXPECT_EQ(on.now() - born, 400ms);
    EXPECT_EQ(said, "broken off! not sent before Curfew stopped! ");
    EXPECT_EQ(lost, 1 + outbox::waiting_max + 4);
    EXPECT_EQ(box->state().waiting, 0U);
    EXPECT_EQ(box->state().failed, 2U);
}

TEST_F(outbox_test, where_nothing_waits_the_end_is_at_once) {
    begin();
    end();
    EXPECT_EQ(on.now(), born);
    EXPECT_EQ(said, "");
}

}  // namespace
}  // namespace curfew::alerts
