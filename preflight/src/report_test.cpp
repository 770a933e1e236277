#include <curfew/preflight/report.hpp>

#include <gtest/gtest.h>

namespace curfew::preflight {
namespace {

using namespace std::chrono_literals;

const look cache{"cache", check_type::redis, "127.0.0.1:6379", 1, 1'200us, {}};
const look orders{
    "orders",
    check_type::postgres,
    "db:5432",
    3,
    3'410ms,
    failing{
        failure_kind::database_timeout, "ECONNREFUSED: stopped", "nobody listens at db:5432", {}
    }
};
const report_frame frame{
    "staging",
    2min,
    {true, {failure_kind::vpc_connector}, 3},
    {{"vpc_connector_scaling", 1}, {"cloud_sql_capacity", 0.5}}
};

look late() {
    look made = orders;
    made.wrong->behind.ended_by = {
        cause_kind::own_timeout, shed_reason::none, "database.connection", 75s
    };
    made.wrong->behind.account.add(stage::resolve, 10ms);
    made.wrong->behind.account.add(stage::connect, 75s);
    return made;
}

TEST(preflight_report, a_line_says_what_where_and_how_long) {
    EXPECT_EQ(to_text(cache, 6, frame), "ok    cache   redis 127.0.0.1:6379  1.2 ms\n");
    EXPECT_EQ(
        to_text(orders, 6, frame),
        "FAIL  orders  postgres db:5432  3.41 s, 3 attempts\n"
        "              database_timeout: nobody listens at db:5432  (ECONNREFUSED: stopped)\n"
    );
    EXPECT_EQ(
        to_text(look{"time", check_type::clock, "", 1, 10us, {}}, 4, frame),
        "ok    time  clock  0.0 ms\n"
    );
}

TEST(preflight_report, behind_a_timeout_stand_environment_limit_pressure_and_account) {
    EXPECT_TRUE(to_text(late(), 6, frame)
                    .ends_with("\n              environment staging; limit database.connection; "
                               "pressure vpc_connector_scaling 1.00, cloud_sql_capacity 0.50; "
                               "time: resolve 0.01 s, connect 75.00 s\n")
    ) << to_text(late(), 6, frame);
    const auto text = to_json({{late()}, {decision::block, false, ""}, 76s}, frame);
    for (const auto* part :
         {"\"limit\": \"database.connection\"",
          "\"limit_ms\": 75000",
          "\"connect\": 75000",
          "\"vpc_connector_scaling\": 1",
          "\"cloud_sql_capacity\": 0.5"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << '\n' << text;
    }
}

TEST(preflight_report, json_names_checks_and_failures) {
    const examined of{
        {cache, orders}, {decision::start_degraded, false, "1 check failed: ..."}, 3'500ms
    };
    const auto text = to_json(of, frame);
    for (const auto* part :
         {"\"decision\": \"start_degraded\"",
          "\"simulated\": false",
          "\"budget_s\": 120",
          "\"attempts\": 3",
          "\"check\": \"orders\"",
          "\"kind\": \"database_timeout\"",
          "\"failures_max\": 3"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << '\n' << text;
    }
}

}  // namespace
}  // namespace curfew::preflight
