#include "postgres_check.hpp"

#include "conversation.hpp"
#include <curfew/policy/duration_text.hpp>

#include <charconv>
#include <optional>
#include <string>

namespace curfew::preflight {

using runtime::task;

namespace {

// A primary is never behind. A replica is not either while its receiver is there and all it got is
// replayed; else it is as far behind as the last transaction it knows.
constexpr auto lag_statement =
    "SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0 "
    "WHEN EXISTS (SELECT 1 FROM pg_stat_wal_receiver) "
    "AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 "
    "ELSE coalesce(ceil(extract(epoch FROM now() - pg_last_xact_replay_timestamp()) * 1000), "
    "1e15) END::bigint";

// pg_stat_activity hides what others do; this counts them for everybody.
constexpr auto room_statement =
    "SELECT current_setting('max_connections')::bigint "
    "- current_setting('superuser_reserved_connections')::bigint "
    "- coalesce(sum(numbackends), 0) FROM pg_stat_database";

std::optional<std::int64_t> number_in(const pg::rows& of) noexcept {
    const auto text = of.empty() ? std::nullopt : of.at(0, 0);
    std::int64_t number = 0;
    if (!text) return std::nullopt;
    const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
    return read.ec == std::errc{} ? std::optional{number} : std::nullopt;
}

}  // namespace

task<std::optional<finding>> postgres_check::attempt(runtime::scope& under) {
    database_probe database{with_, rules_.target};
    auto connecting = database.connect(under);
    auto wrong = co_await connecting;
    if (!wrong) {
        auto asking = ask_version(database, under);
        wrong = co_await asking;
    }
    if (!wrong && rules_.replication_lag) {
        auto asking = ask_lag(database, under);
        wrong = co_await asking;
    }
    if (!wrong && rules_.connections_free > 0) {
        auto asking = ask_room(database, under);
        wrong = co_await asking;
    }
    if (wrong) wrong->behind.account = database.account();
    co_return wrong;
}

task<std::optional<finding>> postgres_check::ask_version(
    database_probe& of, runtime::scope& under
) {
    auto asking = of.ask(rules_.query, under);
    const auto told = co_await asking;
    if (!told) {
        co_return told.error();
    }
    const auto value = told->empty() ? std::nullopt : told->at(0, 0);
    if (rules_.expects.empty() || value == rules_.expects) {
        co_return std::nullopt;
    }
    co_return finding{
        .sentence = of.where() + " answers " +
                    (value ? '"' + clean(*value) + '"' : std::string{"nothing"}) +
                    " to the query of the check, and \"" + rules_.expects + "\" is expected",
        .known =
            classification{
                failure_kind::schema, "the answer to the check's query is not the expected one"
            }
    };
}

task<std::optional<finding>> postgres_check::ask_lag(database_probe& of, runtime::scope& under) {
    auto asking = of.ask(lag_statement, under);
    const auto told = co_await asking;
    if (!told) {
        co_return told.error();
    }
    // In milliseconds: a replica that has replayed nothing yet is behind by more than nanoseconds
    // can count.
    const std::chrono::milliseconds behind{number_in(*told).value_or(0)};
    if (behind <= std::chrono::floor<std::chrono::milliseconds>(*rules_.replication_lag)) {
        co_return std::nullopt;
    }
    co_return finding{
        .sentence = of.where() + " is " + std::to_string(behind.count() / 1000) +
                    " s behind its primary, and may be " +
                    policy::format_duration(*rules_.replication_lag),
        .known =
            classification{
                failure_kind::cloud_sql_capacity, "the replica does not keep up with its primary"
            }
    };
}

task<std::optional<finding>> postgres_check::ask_room(database_probe& of, runtime::scope& under) {
    auto asking = of.ask(room_statement, under);
    const auto told = co_await asking;
    if (!told) {
        co_return told.error();
    }
    const auto free = number_in(*told).value_or(0);
    if (free >= static_cast<std::int64_t>(rules_.connections_free)) {
        co_return std::nullopt;
    }
    co_return finding{
        .sentence = of.where() + " has " + std::to_string(free) + " connections left, and " +
                    std::to_string(rules_.connections_free) + " are asked for",
        .known =
            classification{failure_kind::cloud_sql_capacity, "the server is short of connections"}
    };
}

}  // namespace curfew::preflight
