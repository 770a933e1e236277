#include "real_pool.hpp"
#include <curfew/clients/pg/drive.hpp>

#include <atomic>
#include <mutex>
#include <thread>

namespace curfew::pg {
namespace {

using namespace std::chrono_literals;

/// Keeps what it hears.
class notebook final : public event_sink {
  public:
    struct line {
        std::string name;
        outcome ended;
        std::string statement;
    };

    void record(const event& what) noexcept override {
        EXPECT_EQ(what.where, surface::database);
        lines.push_back({std::string{what.name}, what.ended, std::string{what.attributes[1].value}}
        );
    }

    std::vector<line> lines;
};

TEST_F(real_pool, a_statement_runs_and_its_connection_is_used_again) {
    pool some{where(), {.session = {.application_name = "again"}}};
    ASSERT_TRUE(some.initialize());
    const auto first = some.query("SELECT pg_backend_pid()");
    const auto second = some.query("SELECT pg_backend_pid()");
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->at(0, 0), second->at(0, 0));
    EXPECT_EQ(some.status().idle, 1U);
    EXPECT_EQ(server->connected("again"), 1);
}

TEST_F(real_pool, a_query_deadline_leaves_no_backend_running) {
    pool some{where(), {.limit = {.query = 200ms}, .places = {.size = 5, .overflow = 0}}};
    std::vector<std::jthread> threads;
    std::atomic<int> timed_out{0};
    for (int i = 0; i < 5; ++i)
        threads.emplace_back([&] {
            auto held = some.acquire(in(10s));
            ASSERT_TRUE(held) << held.error().message();
            const auto answered = held->query("SELECT pg_sleep(30)");
            ASSERT_FALSE(answered);
            EXPECT_TRUE(answered.error().is_timeout());
            EXPECT_TRUE(answered.error().message().starts_with("Database query timeout: 0."));
            EXPECT_TRUE(answered.error().message().ends_with("s exceeded limit 0.200s"));
            timed_out += 1;
        });
    threads.clear();
    EXPECT_EQ(timed_out, 5);
    EXPECT_TRUE(eventually([&] { return server->active() == 0; }, 5s));
    EXPECT_TRUE(eventually([&] { return some.status().abandoned == 0; }, 5s));
    EXPECT_EQ(some.status().idle, 5U) << "cancelled connections are used again";
    some.close();
}

TEST_F(real_pool, the_thread_that_timed_out_does_not_wait_for_the_cancellation) {
    pool some{where(), {.ending = 2s}};
    auto held = some.acquire(in(10s));
    ASSERT_TRUE(held);
    server->freeze();
    const auto began = real.now();
    const auto answered = held->query("SELECT 1", {}, in(100ms));
    const auto took = real.now() - began;
    EXPECT_FALSE(held->usable());
    EXPECT_EQ(some.status().abandoned, 1U) << "its place stays taken";
    EXPECT_TRUE(eventually([&] { return some.status().taken == 0; }, 10s)) << "but not for ever";
    server->thaw();
    ASSERT_FALSE(answered);
    EXPECT_EQ(answered.error().code(), errc::inherited_deadline);
    EXPECT_TRUE(answered.error().outcome_unknown);
    EXPECT_LT(took, 1s);
}

TEST_F(real_pool, a_terminated_backend_is_replaced_by_the_check) {
    pool some{where(), {.places = {.check_after = 0s}}};
    const auto first = some.query("SELECT pg_backend_pid()");
    ASSERT_TRUE(first);
    server->ask("SELECT pg_terminate_backend(" + std::string{*first->at(0, 0)} + ")");
    const auto second = some.query("SELECT pg_backend_pid()");
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_NE(first->at(0, 0), second->at(0, 0));
}

TEST_F(real_pool, where_one_connection_broke_the_next_is_checked_although_it_is_fresh) {
    pool some{where(), {.places = {.check_after = 1h}}};
    {
        auto one = some.acquire(in(10s));
        auto two = some.acquire(in(10s));
        ASSERT_TRUE(one && two);
    }
    server->ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
        "backend_type = 'client backend'"
    );
    const auto lost = some.query("SELECT 1");
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().what.sqlstate, "57P01");
    EXPECT_TRUE(some.query("SELECT 1"));
}

TEST_F(real_pool, who_waits_is_served_in_order_and_within_the_bound_of_places) {
    pool some{
        where(), {.places = {.size = 2, .overflow = 1}, .session = {.application_name = "few"}}
    };
    std::atomic<int> served{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 20; ++i)
        threads.emplace_back([&] {
            for (int turn = 0; turn < 20; ++turn)
                if (some.query("SELECT pg_sleep(0.001)", {}, in(20s))) served += 1;
        });
    EXPECT_LE(server->connected("few"), 3);
    threads.clear();
    EXPECT_EQ(served, 400);
    EXPECT_LE(some.status().taken, 2U);
}

TEST_F(real_pool, an_acquire_ends_by_its_deadline_and_says_where_the_time_went) {
    pool some{
        where(),
        {.environment = "staging",
         .limit = {.acquire = 60ms},
         .places = {.size = 1, .overflow = 0},
         .pressure = [] { return "vpc 0.80"; }}
    };
    auto held = some.acquire();
    ASSERT_TRUE(held);
    const auto late = some.acquire();
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), errc::queue_timeout);
    EXPECT_TRUE(late.error().message().starts_with("Database acquire timeout: 0.0"));
    EXPECT_TRUE(late.error().message().ends_with("s exceeded limit 0.060s"));
    EXPECT_TRUE(late.error().details().starts_with(
        "environment staging; limit database.acquire; pressure vpc 0.80; time: queue 0.0"
    )) << late.error().details();
    EXPECT_EQ(some.acquire(in(10ms)).error().code(), errc::inherited_deadline);
}

TEST_F(real_pool, a_transaction_that_is_left_early_is_rolled_back) {
    server->ask("CREATE TABLE left_early (x int)");
    pool some{where(), {.places = {.size = 1, .overflow = 0}}};
    {
        auto held = some.acquire(in(10s));
        auto work = held->begin();
        ASSERT_TRUE(work);
        ASSERT_TRUE(work->query("INSERT INTO left_early VALUES ($1)", {1}));
    }
    EXPECT_EQ(server->number("SELECT count(*) FROM left_early"), 0);
    EXPECT_EQ(some.status().idle, 1U);
    auto held = some.acquire(in(10s));
    auto work = held->begin();
    ASSERT_TRUE(work->query("INSERT INTO left_early VALUES ($1)", {2}));
    ASSERT_TRUE(work->commit());
    EXPECT_EQ(server->number("SELECT count(*) FROM left_early"), 1);
}

TEST_F(real_pool, a_transaction_whose_statement_failed_is_no_success) {
    pool some{where()};
    auto held = some.acquire(in(10s));
    auto work = held->begin("BEGIN ISOLATION LEVEL SERIALIZABLE");
    ASSERT_TRUE(work);
    EXPECT_FALSE(work->query("SELECT nothing"));
    const auto done = work->commit();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().what.sqlstate, "25P02");
    EXPECT_FALSE(done.error().outcome_unknown);
    EXPECT_TRUE(held->query("SELECT 1"));
}

TEST_F(real_pool, a_transaction_begins_with_its_own_limit) {
    pool some{where(), {.limit = {.transaction = 44s}}};
    auto held = some.acquire(in(10s));
    ASSERT_TRUE(held->query("SELECT 1", {}, in(20ms)));
    auto work = held->begin("BEGIN ISOLATION LEVEL SERIALIZABLE");
    ASSERT_TRUE(work) << work.error().message();
    auto& on = held->connection();
    on.send_script("SHOW statement_timeout");
    ASSERT_TRUE(drive(on, in(20s), real));
    EXPECT_EQ(on.take_rows().at(0, 0), "44s");
    ASSERT_TRUE(work->query("SELECT 1", {}, in(20ms)));
    ASSERT_TRUE(work->commit());
    on.send("SHOW statement_timeout");
    ASSERT_TRUE(drive(on, in(20s), real));
    EXPECT_EQ(on.take_rows().at(0, 0), "0");
}

TEST_F(real_pool, a_transaction_ends_by_its_limit_and_by_resting_too_long) {
    pool some{where(), {.limit = {.query = 10s, .transaction = 100ms, .idle = 50ms}}};
    auto held = some.acquire(in(10s));
    {
        auto work = held->begin();
        const auto late = work->query("SELECT pg_sleep(10)");
        ASSERT_FALSE(late);
        EXPECT_TRUE(late.error().message().starts_with("Database transaction timeout: 0.1"));
        EXPECT_FALSE(late.error().outcome_unknown);
    }
    auto other = some.acquire(in(10s));
    auto work = other->begin();
    ASSERT_TRUE(work);
    EXPECT_TRUE(eventually([&] {
        return server->number("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'"
               ) == 0;
    }));
    const auto rested = work->commit();
    ASSERT_FALSE(rested);
    EXPECT_TRUE(rested.error().is_timeout()) << rested.error().message();
    EXPECT_EQ(rested.error().during, operation::transaction);
}

TEST_F(real_pool, a_stopped_server_opens_the_breaker_and_sends_away_who_waits) {
    const auto doomed = scratch::postgres::start();
    ASSERT_NE(doomed, nullptr);
    pool some{*target::parse(doomed->url()), {.breaker = {.reset = 50ms}}};
    ASSERT_TRUE(some.initialize());
    doomed->stop();
    errc last = errc::internal;
    for (int i = 0; i < 20 && last != errc::breaker_open; ++i) {
        const auto answered = some.query("SELECT 1", {}, in(5s));
        ASSERT_FALSE(answered);
        last = answered.error().code();
    }
    EXPECT_EQ(last, errc::breaker_open);
    EXPECT_NE(some.breaker().state, breaker_state::closed);
    ASSERT_TRUE(doomed->run());
    EXPECT_TRUE(eventually([&] { return some.query("SELECT 1", {}, in(5s)).has_value(); }));
    EXPECT_EQ(some.breaker().state, breaker_state::closed);
}

TEST_F(real_pool, timeouts_of_ours_open_the_breaker_and_deadlines_of_callers_do_not) {
    pool some{where(), {.limit = {.query = 20ms}}};
    for (int i = 0; i < 6; ++i)
        EXPECT_FALSE(some.query("SELECT pg_sleep(5)", {}, in(10ms)));
    EXPECT_EQ(some.breaker().state, breaker_state::closed);
    for (int i = 0; i < 5; ++i)
        EXPECT_FALSE(some.query("SELECT pg_sleep(5)", {}, in(10s)));
    const auto refused = some.query("SELECT 1", {}, in(10s));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), errc::breaker_open);
    EXPECT_GT(refused.error().retry_after, 50s);
}

TEST_F(real_pool, a_wrong_password_is_told_and_never_shown) {
    const auto strict = scratch::postgres::start({.password = "right"});
    ASSERT_NE(strict, nullptr);
    pool some{*target::parse(strict->url("test", "wrong-secret"))};
    const auto ready = some.initialize();
    ASSERT_FALSE(ready);
    EXPECT_EQ(ready.error().code(), errc::database_login);
    EXPECT_EQ(
        ready.error().message(),
        "Database initialization failed: password authentication failed for user \"test\" "
        "(SQLSTATE 28P01)"
    );
    EXPECT_EQ(ready.error().details().find("wrong-secret"), std::string::npos);
}

TEST_F(real_pool, a_server_without_room_is_told_as_such) {
    const auto small = scratch::postgres::start({.connections_max = 5});
    ASSERT_NE(small, nullptr);
    small->ask("CREATE ROLE guest LOGIN");
    pool some{*target::parse(small->url("guest", ""))};
    std::vector<lease> held;
    errc last = errc::internal;
    for (int i = 0; i < 4; ++i) {
        auto got = some.acquire(in(10s));
        if (got) {
            held.push_back(std::move(*got));
        } else {
            last = got.error().code();
        }
    }
    EXPECT_EQ(held.size(), 2U);
    EXPECT_EQ(last, errc::database_full);
}

TEST_F(real_pool, a_lease_that_is_out_for_too_long_is_told_with_its_holder) {
    std::mutex lock;
    std::vector<leak> told;
    pool some{where(), {.leak_after = 50ms, .on_leak = [&](const leak& one) {
                            const std::lock_guard locked{lock};
                            told.push_back(one);
                        }}};
    auto held = some.acquire(in(10s));
    auto named = some.acquire(in(10s), "nightly report");
    ASSERT_TRUE(held && named);
    EXPECT_TRUE(eventually([&] {
        const std::lock_guard locked{lock};
        return told.size() == 2;
    }));
    const std::lock_guard locked{lock};
    EXPECT_TRUE(told[0].who.text().starts_with("pool_test.cpp:")) << told[0].who.text();
    EXPECT_EQ(told[1].who.text(), "nightly report");
    EXPECT_GT(told[1].server_process, 0);
    EXPECT_GE(told[1].held, 50ms);
}

TEST_F(real_pool, slow_statements_and_events_are_told_without_their_literals) {
    std::vector<slow_statement> slow;
    notebook heard;
    pool some{
        where(),
        {.slow_after = 20ms,
         .on_slow = [&](const slow_statement& one) { slow.push_back(one); },
         .events = &heard}
    };
    EXPECT_TRUE(some.query("SELECT 'secret', pg_sleep(0.03)"));
    EXPECT_FALSE(some.query("INSERT INTO nowhere VALUES (4711)"));
    ASSERT_EQ(slow.size(), 1U);
    EXPECT_EQ(slow[0].text, "SELECT ?, pg_sleep(?)");
    EXPECT_EQ(slow[0].rows, 1U);
    ASSERT_EQ(heard.lines.size(), 4U);
    EXPECT_EQ(heard.lines[0].name, "acquire");
    EXPECT_EQ(heard.lines[1].name, "SELECT");
    EXPECT_EQ(heard.lines[3].ended, outcome::failure);
    EXPECT_EQ(heard.lines[3].statement, "INSERT INTO nowhere VALUES (?)");
}

TEST_F(real_pool, a_connect_that_outlasts_its_acquire_is_finished_for_who_comes_next) {
    pool some{where()};
    server->freeze();
    const auto late = some.acquire(in(50ms));
    const auto meanwhile = some.status();
    server->thaw();
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), errc::inherited_deadline);
    EXPECT_EQ(meanwhile.abandoned, 1U);
    EXPECT_TRUE(eventually([&] { return some.status().idle == 1; }));
    EXPECT_EQ(some.status().abandoned, 0U);
}

TEST_F(real_pool, old_connections_are_closed_by_the_keeper) {
    pool some{where(), {.places = {.recycle = 50ms}, .session = {.application_name = "old"}}};
    ASSERT_TRUE(some.query("SELECT 1"));
    EXPECT_TRUE(eventually([&] { return some.status().taken == 0; }));
    EXPECT_TRUE(eventually([&] { return server->connected("old") == 0; }));
}

TEST_F(real_pool, a_closed_pool_refuses_and_closes_what_comes_back) {
    pool some{where(), {.session = {.application_name = "closed"}}};
    {
        auto held = some.acquire(in(10s));
        ASSERT_TRUE(held);
        some.close();
        some.close();
        EXPECT_TRUE(held->query("SELECT 1"));
        EXPECT_EQ(some.acquire(in(10s)).error().code(), errc::shutting_down);
    }
    EXPECT_TRUE(eventually([&] { return server->connected("closed") == 0; }));
}

TEST_F(real_pool, what_is_left_running_is_cancelled_also_when_the_pool_goes) {
    {
        pool some{where()};
        auto held = some.acquire(in(10s));
        ASSERT_TRUE(held);
        held->connection().send("SELECT pg_sleep(30)");  // no limit is told to the server
    }
    EXPECT_TRUE(eventually([&] { return server->active() == 0; }, 5s));
}

TEST_F(real_pool, a_name_is_looked_up_within_the_deadline) {
    pool known{*target::parse(
        "host=localhost port=" + std::to_string(server->port()) + " user=test dbname=postgres"
    )};
    EXPECT_TRUE(known.query("SELECT 1", {}, in(10s)));
    pool unknown{*target::parse("host=no-such-name.invalid user=test dbname=postgres")};
    const auto began = real.now();
    const auto failed = unknown.query("SELECT 1", {}, in(1s));
    ASSERT_FALSE(failed);
    EXPECT_LT(real.now() - began, 5s);
}

}  // namespace
}  // namespace curfew::pg
