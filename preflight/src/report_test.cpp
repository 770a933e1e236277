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
    failing{failure_kind::database_timeout, "ECONNREFUSED: stopped", "nobody listens at db:5432"}
};

TEST(preflight_report, a_line_says_what_where_and_how_long) {
    EXPECT_EQ(to_text(cache, 6), "ok    cache   redis 127.0.0.1:6379  1.2 ms\n");
    EXPECT_EQ(
        to_text(orders, 6),
        "FAIL  orders  postgres db:5432  3.41 s, 3 attempts\n"
        "              database_timeout: nobody listens at db:5432  (ECONNREFUSED: stopped)\n"
    );
    EXPECT_EQ(
        to_text(look{"time", check_type::clock, "", 1, 10us, {}}, 4), "ok    time  clock  0.0 ms\n"
    );
}

TEST(preflight_report, json_names_checks_and_failures) {
    const examined of{
        {cache, orders}, {decision::start_degraded, false, "1 check failed: ..."}, 3'500ms
    };
    const auto text = to_json(of, {"staging", 2min, {true, {failure_kind::vpc_connector}, 3}});
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
