#include <curfew/clients/pg/error.hpp>

#include <gtest/gtest.h>

namespace curfew::pg {
namespace {

using namespace std::chrono_literals;

error timed_out(operation during, duration took, duration limit) {
    error made;
    made.during = during;
    made.what.code = errc::own_timeout;
    made.why = {cause_kind::own_timeout, shed_reason::none, "database.x", limit};
    made.took = took;
    return made;
}

TEST(error, a_timeout_says_what_how_long_and_against_which_limit) {
    EXPECT_EQ(
        timed_out(operation::connection, 76'200ms, 75s).message(),
        "Database connection timeout: 76.2s exceeded limit 75.0s"
    );
    EXPECT_EQ(
        timed_out(operation::initialization, 95'010ms, 95s).message(),
        "Database initialization timeout: 95.1s exceeded limit 95.0s"
    );
    EXPECT_EQ(
        timed_out(operation::acquire, 10s, 10s).message(),
        "Database acquire timeout: 10.0s exceeded limit 10.0s"
    );
    EXPECT_EQ(
        timed_out(operation::query, 50'300us, 50ms).message(),
        "Database query timeout: 0.051s exceeded limit 0.050s"
    );
    EXPECT_EQ(
        timed_out(operation::transaction, 61s, 60s).message(),
        "Database transaction timeout: 61.0s exceeded limit 60.0s"
    );
}

TEST(error, what_the_server_said_is_told_with_its_sqlstate) {
    error made;
    made.what = {errc::database_refused, "42P01", 0, "there is no such table"};
    EXPECT_EQ(made.message(), "Database query failed: there is no such table (SQLSTATE 42P01)");
}

TEST(error, where_the_words_of_the_server_are_not_shown_the_title_stands_for_them) {
    error made;
    made.what = {errc::database_refused, "22P02", 0, {}};
    const std::string title{describe(errc::database_refused).title};
    EXPECT_EQ(made.message(), "Database query failed: " + title + " (SQLSTATE 22P02)");
}

TEST(error, a_refusal_is_no_failure_and_is_never_anonymous) {
    error made;
    made.during = operation::acquire;
    made.what.code = errc::breaker_open;
    made.why.kind = cause_kind::breaker_open;
    EXPECT_EQ(
        made.message(),
        "Database acquire refused: The breaker is open: the target failed repeatedly."
    );
}

TEST(error, an_unknown_outcome_is_said) {
    error made;
    made.what = {errc::upstream_closed, {}, 0, "server closed the connection"};
    made.outcome_unknown = true;
    EXPECT_EQ(
        made.message(),
        "Database query failed: server closed the connection; whether it took effect is "
        "not known"
    );
}

TEST(error, behind_it_stand_environment_limit_pressure_and_account) {
    auto made = timed_out(operation::connection, 76'200ms, 75s);
    made.environment = "staging";
    made.pressure = "vpc_connector_scaling 0.80";
    made.account.add(stage::queue, 1200ms);
    made.account.add(stage::connect, 75s);
    EXPECT_EQ(
        made.details(),
        "environment staging; limit database.x; pressure vpc_connector_scaling 0.80; time: "
        "queue 1.20 s, connect 75.00 s"
    );
}

}  // namespace
}  // namespace curfew::pg
