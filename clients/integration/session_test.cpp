#include <curfew/clients/pg/drive.hpp>
#include <curfew/clients/testing/postgres.hpp>

#include <gtest/gtest.h>

#include <csignal>

namespace curfew::pg {
namespace {

using namespace std::chrono_literals;

const steady_clock real;

deadline in(duration patience) {
    return deadline::after(real.now(), patience);
}

class real_session : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        if (!curfew::scratch::postgres::is_missing()) server = curfew::scratch::postgres::start();
    }

    static void TearDownTestSuite() { server.reset(); }

    void SetUp() override {
        if (curfew::scratch::postgres::is_missing()) GTEST_SKIP() << "there is no PostgreSQL";
        ASSERT_NE(server, nullptr);
    }

    static session connected(const session_options& how = {}) {
        auto made = session::connect(*target::parse(server->url()), {}, how);
        EXPECT_TRUE(made);
        const auto done = drive(*made, in(20s), real);
        EXPECT_TRUE(done) << done.error().message;
        return std::move(*made);
    }

    static answer<rows> asked(
        session& on,
        std::string_view statement,
        const std::vector<parameter>& values = {},
        std::optional<duration> limit = {}
    ) {
        on.send(statement, values, limit);
        auto done = drive(on, in(20s), real);
        if (!done) return std::unexpected{done.error()};
        return on.take_rows();
    }

    static inline std::unique_ptr<curfew::scratch::postgres> server;
};

TEST_F(real_session, values_travel_beside_the_statement_and_null_comes_back) {
    auto on = connected();
    EXPECT_EQ(on.is(), condition::ready);
    EXPECT_EQ(on.server_version().substr(0, 3), "15.");
    const auto found = asked(
        on,
        "SELECT $1::text AS word, $2::int + 1 AS next, $3::text AS nothing",
        {"it's; DROP TABLE x", 41, nullptr}
    );
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(found->at(0, 0), "it's; DROP TABLE x");
    EXPECT_EQ(found->at(0, 1), "42");
    EXPECT_EQ(found->at(0, 2), std::nullopt);
    EXPECT_EQ(found->name(1), "next");
}

TEST_F(real_session, a_statement_that_fails_leaves_the_connection_ready) {
    auto on = connected();
    for (const auto limit : {std::optional<duration>{}, std::optional<duration>{5s}}) {
        const auto failed = asked(on, "SELECT 1/$1::int", {0}, limit);
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().code, errc::database_refused);
        EXPECT_EQ(failed.error().sqlstate, "22012");
        EXPECT_EQ(failed.error().message, "");
        EXPECT_EQ(on.is(), condition::ready);
        EXPECT_EQ(asked(on, "SELECT 7", {}, limit)->at(0, 0), "7");
    }
}

TEST_F(real_session, the_limit_of_the_server_is_rounded_up_and_never_zero) {
    auto on = connected();
    EXPECT_EQ(asked(on, "SHOW statement_timeout", {}, 1ns)->at(0, 0), "1ms");
    EXPECT_EQ(asked(on, "SHOW statement_timeout", {}, 1'000'001ns)->at(0, 0), "2ms");
    EXPECT_EQ(asked(on, "SHOW statement_timeout", {}, -5s)->at(0, 0), "1ms");
    EXPECT_EQ(asked(on, "SHOW statement_timeout", {}, 90s)->at(0, 0), "90s");
}

TEST_F(real_session, the_limit_of_the_server_ends_a_statement_by_itself) {
    auto on = connected();
    const auto ended = asked(on, "SELECT pg_sleep(30)", {}, 50ms);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().sqlstate, "57014");
    EXPECT_EQ(on.is(), condition::ready);
}

TEST_F(real_session, what_a_statement_rolls_back_does_not_take_the_limit_with_it) {
    auto on = connected();
    EXPECT_FALSE(asked(on, "SELECT 1/0", {}, 77s));
    on.send("SELECT current_setting('statement_timeout')", {}, 66s);
    ASSERT_TRUE(drive(on, in(20s), real));
    EXPECT_EQ(on.take_rows().at(0, 0), "66s");
}

TEST_F(real_session, a_value_that_the_server_quotes_is_not_told) {
    auto on = connected();
    const auto failed = asked(on, "SELECT $1::text::int", {"secret"});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().sqlstate, "22P02");
    EXPECT_EQ(failed.error().message, "");
    EXPECT_EQ(asked(on, "SELECT nothing").error().message, "column \"nothing\" does not exist");
}

TEST_F(real_session, the_limit_of_a_statement_is_not_that_of_the_next) {
    auto on = connected();
    EXPECT_TRUE(asked(on, "SELECT 1", {}, 20ms));
    EXPECT_EQ(asked(on, "SHOW statement_timeout")->at(0, 0), "0");
    EXPECT_TRUE(asked(on, "CREATE TEMP TABLE copied (number int)", {}, 5s));
    EXPECT_TRUE(asked(on, "SELECT 1", {}, 20ms));
    on.begin_copy("COPY copied FROM STDIN");
    ASSERT_TRUE(drive(on, in(20s), real));
    EXPECT_FALSE(wait_for(on.socket(), progress::reads, in(60ms), real));
    on.put("1\n2\n");
    ASSERT_TRUE(drive(on, in(20s), real));
    on.end_copy();
    ASSERT_TRUE(drive(on, in(20s), real));
    EXPECT_EQ(on.take_rows().affected(), 2U);
    EXPECT_TRUE(asked(on, "SELECT 1", {}, 20ms));
    on.send_script("SELECT pg_sleep(0.06); SHOW statement_timeout");
    ASSERT_TRUE(drive(on, in(20s), real));
    EXPECT_EQ(on.take_rows().at(0, 0), "0");
    ASSERT_TRUE(asked(on, "BEGIN", {}, 20ms));
    EXPECT_FALSE(asked(on, "SELECT nothing", {}, 20ms));
    EXPECT_TRUE(asked(on, "ROLLBACK"));
    EXPECT_EQ(asked(on, "SHOW statement_timeout")->at(0, 0), "0");
}

TEST_F(real_session, rows_and_bytes_have_a_bound) {
    auto few = connected({.rows_max = 1000});
    EXPECT_EQ(asked(few, "SELECT generate_series(1, 1000)")->size(), 1000U);
    const auto many = asked(few, "SELECT generate_series(1, 1001)");
    ASSERT_FALSE(many);
    EXPECT_EQ(many.error().code, errc::result_too_large);
    EXPECT_EQ(few.is(), condition::lost);
    auto small = connected({.bytes_max = 5000});
    EXPECT_EQ(
        asked(small, "SELECT repeat('x', 900) FROM generate_series(1, 6)", {}, 5s).error().code,
        errc::result_too_large
    );
}

TEST_F(real_session, transactions_are_told_by_their_state) {
    auto on = connected();
    EXPECT_EQ(on.in_transaction(), transaction_state::none);
    ASSERT_TRUE(asked(on, "BEGIN", {}, 5s));
    EXPECT_EQ(on.in_transaction(), transaction_state::open);
    EXPECT_FALSE(asked(on, "SELECT nothing", {}, 5s));
    EXPECT_EQ(on.in_transaction(), transaction_state::broken);
    ASSERT_TRUE(asked(on, "ROLLBACK", {}, 5s));
    EXPECT_EQ(on.in_transaction(), transaction_state::none);
}

TEST_F(real_session, a_script_runs_whole_and_keeps_the_rows_of_its_last_statement) {
    auto on = connected();
    on.send_script("CREATE TEMP TABLE a (x int); INSERT INTO a VALUES (1), (2); SELECT x FROM a");
    ASSERT_TRUE(drive(on, in(20s), real));
    EXPECT_EQ(on.take_rows().size(), 2U);
    on.send_script("INSERT INTO a VALUES (3); SELECT nothing; INSERT INTO a VALUES (4)");
    EXPECT_EQ(drive(on, in(20s), real).error().sqlstate, "42703");
    EXPECT_EQ(asked(on, "SELECT count(*) FROM a")->at(0, 0), "2");
    EXPECT_EQ(asked(on, "DELETE FROM a")->affected(), 2U);
}

TEST_F(real_session, a_copy_goes_in_by_pieces) {
    auto on = connected();
    ASSERT_TRUE(asked(on, "CREATE TEMP TABLE copied (number int, word text)"));
    on.begin_copy("COPY copied FROM STDIN");
    ASSERT_TRUE(drive(on, in(20s), real));
    ASSERT_EQ(on.is(), condition::copying);
    std::string piece;
    for (int i = 0; i < 5000; ++i)
        piece += std::to_string(i) + "\tword " + std::to_string(i) + '\n';
    for (int i = 0; i < 40; ++i) {
        on.put(piece.substr(0, piece.size() / 2));
        ASSERT_TRUE(drive(on, in(20s), real));
        on.put(piece.substr(piece.size() / 2));
        ASSERT_TRUE(drive(on, in(20s), real));
    }
    on.end_copy();
    ASSERT_TRUE(drive(on, in(20s), real));
    EXPECT_EQ(on.take_rows().affected(), 200'000U);
    EXPECT_EQ(asked(on, "SELECT count(*) FROM copied")->at(0, 0), "200000");
}

TEST_F(real_session, a_copy_that_is_broken_off_or_malformed_leaves_nothing) {
    auto on = connected();
    ASSERT_TRUE(asked(on, "CREATE TEMP TABLE copied (number int)"));
    on.begin_copy("COPY copied FROM STDIN");
    ASSERT_TRUE(drive(on, in(20s), real));
    on.put("1\n2\n");
    ASSERT_TRUE(drive(on, in(20s), real));
    on.break_off_copy();
    EXPECT_EQ(drive(on, in(20s), real).error().sqlstate, "57014");
    EXPECT_EQ(on.is(), condition::ready);
    on.begin_copy("COPY copied FROM STDIN");
    ASSERT_TRUE(drive(on, in(20s), real));
    on.put("no number\n");
    (void)drive(on, in(20s), real);
    on.end_copy();
    EXPECT_EQ(drive(on, in(20s), real).error().sqlstate, "22P02");
    EXPECT_EQ(asked(on, "SELECT count(*) FROM copied")->at(0, 0), "0");
}

TEST_F(real_session, a_cancellation_ends_what_runs_and_the_session_goes_on) {
    auto on = connected();
    on.send("SELECT pg_sleep(30)");
    EXPECT_EQ(drive(on, in(50ms), real).error().code, errc::own_timeout);
    EXPECT_EQ(server->active(), 1);
    const auto whom = on.ticket();
    ASSERT_TRUE(whom);
    EXPECT_EQ(whom->process, on.server_process());
    cancellation request{*whom};
    ASSERT_TRUE(drive(request, in(20s), real));
    const auto ended = drive(on, in(20s), real);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().sqlstate, "57014");
    EXPECT_EQ(ended.error().code, errc::cancelled);
    EXPECT_EQ(server->active(), 0);
    EXPECT_EQ(asked(on, "SELECT 1")->at(0, 0), "1");
}

TEST_F(real_session, a_backend_that_is_terminated_says_why) {
    auto on = connected();
    server->ask("SELECT pg_terminate_backend(" + std::to_string(on.server_process()) + ")");
    const auto ended = asked(on, "SELECT 1", {}, 5s);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().sqlstate, "57P01");
    EXPECT_EQ(ended.error().code, errc::upstream_down);
    EXPECT_EQ(on.is(), condition::lost);
}

TEST_F(real_session, a_local_socket_does_as_well_and_can_be_cancelled) {
    auto made = session::connect(*target::parse(server->local_words()), {});
    ASSERT_TRUE(made);
    ASSERT_TRUE(drive(*made, in(20s), real));
    made->send("SELECT pg_sleep(30)");
    EXPECT_FALSE(drive(*made, in(20ms), real));
    cancellation request{made->ticket().value()};
    ASSERT_TRUE(drive(request, in(20s), real));
    EXPECT_EQ(drive(*made, in(20s), real).error().sqlstate, "57014");
}

TEST_F(real_session, a_login_that_is_refused_is_told_with_its_sqlstate) {
    const auto strict = curfew::scratch::postgres::start({.password = "right one"});
    ASSERT_NE(strict, nullptr);
    for (const auto* password : {"wrong-secret", ""}) {
        auto made = session::connect(*target::parse(strict->url("test", password)), {});
        ASSERT_TRUE(made);
        const auto refused = drive(*made, in(20s), real);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, errc::database_login) << refused.error().message;
        EXPECT_EQ(refused.error().message.find("wrong-secret"), std::string::npos);
        if (*password != '\0') EXPECT_EQ(refused.error().sqlstate, "28P01");
    }
    auto made = session::connect(*target::parse(strict->url()), {});
    ASSERT_TRUE(made);
    EXPECT_TRUE(drive(*made, in(20s), real));
    EXPECT_TRUE(made->ticket());
}

TEST_F(real_session, a_server_that_is_full_says_so) {
    const auto small = curfew::scratch::postgres::start({.connections_max = 5});
    ASSERT_NE(small, nullptr);
    small->ask("CREATE ROLE guest LOGIN");
    std::vector<session> held;
    trouble last;
    for (int i = 0; i < 5 && last.sqlstate.empty(); ++i) {
        auto made = session::connect(*target::parse(small->url("guest", "")), {});
        ASSERT_TRUE(made);
        const auto done = drive(*made, in(20s), real);
        if (!done) last = done.error();
        held.push_back(std::move(*made));
    }
    EXPECT_EQ(last.sqlstate, "53300");
    EXPECT_EQ(last.code, errc::database_full);
}

TEST_F(real_session, a_frozen_server_costs_the_deadline_and_no_more) {
    auto on = connected();
    server->freeze();
    on.send("SELECT 1", {}, 1s);
    const auto began = real.now();
    EXPECT_EQ(drive(on, in(100ms), real).error().code, errc::own_timeout);
    cancellation request{on.ticket().value()};
    EXPECT_EQ(drive(request, in(100ms), real).error().code, errc::own_timeout);
    auto another = session::connect(*target::parse(server->url()), {});
    ASSERT_TRUE(another);
    EXPECT_EQ(drive(*another, in(100ms), real).error().code, errc::own_timeout);
    EXPECT_LT(real.now() - began, 5s);
    server->thaw();
}

}  // namespace
}  // namespace curfew::pg
