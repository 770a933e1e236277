#include "live_desk.hpp"

#include <curfew/http/client.hpp>
#include <curfew/protocol/sse.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/sim/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

namespace curfew::cli {
namespace {

using namespace std::chrono_literals;
using runtime::task;
using testing::ElementsAre;

const auto address = *runtime::endpoint::parse("127.0.0.1:80");

event timed_out(std::string_view name) {
    event what;
    what.name = name;
    what.ended = outcome::timeout;
    what.why = {cause_kind::own_timeout, shed_reason::none, "request.timeout", 2s};
    what.error = errc::own_timeout;
    what.took = 2s;
    what.limit = 2s;
    return what;
}

struct live_desk_test : testing::Test {
    sim::world outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    runtime::task_group tasks;
    notable_ends ends{on};
    int pictures = 0;
    bool silent = false;
    bool closed = false;
    std::unique_ptr<live_desk> desk = std::make_unique<live_desk>(
        on,
        ends,
        live_desk::sources{
            [this](runtime::scope&, std::size_t live) { return picture(live); },
            [] { return std::optional<ledger::status>{}; },
            [] { return std::chrono::system_clock::time_point{}; }
        }
    );
    std::unique_ptr<runtime::listener> listening = *outside.listen(address, false);
    http::server_limits limits;
    http::handler answering = [this](const http::request&) { return answer(); };

    ~live_desk_test() override {
        tasks.spawn(leave());
        EXPECT_TRUE(outside.run(on, [this] { return tasks.running() == 0; }));
    }

    task<> close() {
        closed = true;
        auto closing = desk->close();
        co_await closing;
    }

    task<> leave() {
        if (!closed) {
            auto closing = close();
            co_await closing;
        }
        root.cancel();
    }

    task<std::optional<gateway::snapshot>> picture(std::size_t live) {
        EXPECT_EQ(live, live_desk::calls_told);
        ++pictures;
        gateway::snapshot made;
        made.ready = true;
        co_return silent ? std::nullopt : std::optional{std::move(made)};
    }

    task<http::response> answer() {
        http::response reply;
        reply.live = desk->open();
        co_return reply;
    }

    task<> serve() {
        for (;;) {
            auto accepted = listening->try_accept();
            if (*accepted) {
                tasks.spawn(http::serve_connection(std::move(*accepted), root, answering, limits));
                continue;
            }
            auto readable = listening->ready().wait_readable(root);
            const auto woken = co_await readable;
            if (woken == runtime::wake::ended) {
                co_return;
            }
        }
    }

    struct heard {
        std::vector<std::string> names;
        std::string data;  ///< of the last one
        bool beat = false;
        bool over = false;
    };

    /// Reads for so long; `late`: it takes nothing for so long first.
    task<> read(heard& told, duration length, duration late = {}) {
        http::client with{outside, address};
        const std::string text = http::get_request("x", "/");
        auto beginning = with.begin(http1::method_id::get, text, root);
        const auto begun = co_await beginning;
        EXPECT_TRUE(begun);
        if (late > 0s) {
            runtime::sleep_until until{root, on.now() + late};
            co_await until;
        }
        runtime::scope reading{root, bound::after(on.now(), length, "test")};
        sse::parser parser;
        for (;;) {
            auto taking = with.more(reading);
            const auto piece = co_await taking;
            if (!piece || piece->empty()) {
                told.over = piece.has_value();
                break;
            }
            for (std::string_view rest = *piece; !rest.empty();) {
                const auto taken = parser.step(rest);
                rest.remove_prefix(taken.consumed);
                told.beat = parser.heard() || told.beat;
                if (taken.complete) {
                    told.names.emplace_back(parser.current().name);
                    told.data = parser.current().data;
                }
            }
        }
        with.close();
    }

    task<> end_later(duration after, int count) {
        runtime::sleep_until until{root, on.now() + after};
        co_await until;
        for (int i = 0; i < count; ++i) {
            ends.heard(timed_out("GET /slow"), ledger::wall_time{1s});
        }
        ends.drained(on.now(), 0);
    }

    void run_for(duration length) {
        bool done = false;
        tasks.spawn(wait(length, done));
        ASSERT_TRUE(outside.run(on, [&] { return done; }));
    }

    task<> wait(duration length, bool& done) {
        runtime::sleep_until until{root, on.now() + length};
        co_await until;
        done = true;
    }
};

TEST_F(live_desk_test, nothing_is_drawn_while_nobody_reads) {
    ends.heard(timed_out("GET /slow"), ledger::wall_time{1s});
    run_for(1h);
    EXPECT_EQ(pictures, 0);
    EXPECT_EQ(ends.next(), 0U);
}

TEST_F(live_desk_test, states_come_at_once_and_each_second_to_all_and_are_drawn_once) {
    tasks.spawn(serve());
    heard one;
    heard other;
    tasks.spawn(read(one, 3500ms));
    tasks.spawn(read(other, 3500ms));
    run_for(5s);
    EXPECT_THAT(one.names, ElementsAre("state", "state", "state", "state"));
    EXPECT_EQ(other.names, one.names);
    EXPECT_LE(pictures, 5);
    const int drawn = pictures;
    run_for(1h);
    EXPECT_EQ(pictures, drawn) << "it rests again";
}

TEST_F(live_desk_test, an_end_comes_when_it_happens) {
    tasks.spawn(serve());
    heard one;
    tasks.spawn(read(one, 900ms));
    tasks.spawn(end_later(500ms, 1));
    run_for(1s);
    EXPECT_THAT(one.names, ElementsAre("state", "end"));
    const auto end = admin::read_end(one.data);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->name, "GET /slow");
    EXPECT_EQ(end->limit, 2s);
    EXPECT_EQ(end->error, "own-timeout");
    EXPECT_EQ(end->limit_name, "request.timeout");
    EXPECT_FALSE(end->near_miss);
}

TEST_F(live_desk_test, more_ends_than_are_kept_are_counted_as_missed) {
    tasks.spawn(serve());
    heard one;
    tasks.spawn(read(one, 900ms));
    tasks.spawn(end_later(500ms, 300));
    run_for(1s);
    ASSERT_EQ(one.names.size(), 1 + 1 + notable_ends::kept);
    EXPECT_EQ(one.names[1], "missed");
    EXPECT_EQ(one.names.back(), "end");
}

TEST_F(live_desk_test, where_no_state_can_be_had_there_is_a_heartbeat) {
    silent = true;
    tasks.spawn(serve());
    heard one;
    tasks.spawn(read(one, 2s));
    run_for(3s);
    EXPECT_TRUE(one.names.empty());
    EXPECT_TRUE(one.beat);
}

TEST_F(live_desk_test, the_last_word_is_bye) {
    tasks.spawn(serve());
    heard one;
    tasks.spawn(read(one, 10s));
    run_for(500ms);
    tasks.spawn(close());
    run_for(10ms);
    EXPECT_THAT(one.names, ElementsAre("state", "bye"));
}

TEST_F(live_desk_test, there_are_so_many_streams_and_no_more) {
    std::vector<std::shared_ptr<http::live_body>> open;
    for (std::size_t i = 0; i < live_desk::streams_max; ++i) {
        open.push_back(desk->open());
        EXPECT_NE(open.back(), nullptr);
    }
    EXPECT_EQ(desk->open(), nullptr);
    open.pop_back();
    EXPECT_NE(desk->open(), nullptr);
}

TEST(notable_ends, plain_successes_and_what_the_policy_says_are_none) {
    sim::world outside;
    runtime::loop on{outside};
    notable_ends ends{on};
    ends.watch(true);
    event fine;
    fine.name = "GET /";
    fine.took = 1s;
    fine.limit = 10s;
    ends.heard(fine, {});
    event told = timed_out("limits");
    told.where = surface::policy;
    ends.heard(told, {});
    EXPECT_EQ(ends.next(), 0U);
    fine.took = 9s;
    ends.heard(fine, {});
    std::uint64_t cursor = 0;
    const auto page = ends.since(cursor, 10);
    ASSERT_EQ(page.ends.size(), 1U);
    EXPECT_TRUE(page.ends[0].near_miss);
    EXPECT_EQ(page.ends[0].limit, 10s);
    EXPECT_EQ(cursor, 1U);
    ends.watch(false);
    EXPECT_EQ(ends.next(), 1U) << "numbers are not used twice";
}

TEST_F(live_desk_test, what_the_backend_did_is_kept_with_its_words) {
    ends.watch(true);
    const std::string said = "hung in recv (db:5432), " + std::string(1'000, 'x');
    const std::array attributes{event::attribute{"said", said}};
    event what;
    what.where = surface::supervisor;
    what.name = "stacks";
    what.ended = outcome::ignored;
    what.attributes = attributes;
    ends.heard(what, ledger::wall_time{1s});
    std::uint64_t cursor = 0;
    const auto page = ends.since(cursor, 10);
    ASSERT_EQ(page.ends.size(), 1U);
    EXPECT_EQ(page.ends.front().said, said.substr(0, 200));
    ends.watch(false);
    EXPECT_FALSE(ends.attentive());
}

}  // namespace
}  // namespace curfew::cli
