#include "example_snapshot.hpp"
#include <curfew/admin/alerts_view.hpp>
#include <curfew/admin/pages.hpp>

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

namespace curfew::admin {
namespace {

using namespace std::chrono_literals;

alerts::standing standing_of(std::string operation, alerts::state is, std::string figure) {
    alerts::standing made;
    made.alert = "slow";
    made.operation = std::move(operation);
    made.is = is;
    made.for_so_long = 90s;
    made.figure_text = std::move(figure);
    return made;
}

/// One that fires on an operation with a hostile name, one that has nothing to look at, one sink.
alerts::status example_alerts() {
    alerts::status now;
    alerts::summary slow;
    slow.rule.name = "slow";
    slow.rule.due = policy::parse_condition("timeout_rate > 1% for 5m").value();
    slow.operations = {
        standing_of("GET /\x1b[2J\"", alerts::state::firing, "2.31% of 1840 calls in 1m"),
        standing_of("GET /b", alerts::state::inactive, "0.00% of 20 calls in 1m"),
    };
    alerts::summary quiet;
    quiet.rule.name = "quiet";
    quiet.rule.due = policy::parse_condition("rate < 1/s").value();
    quiet.operations = {standing_of("", alerts::state::no_data, "0.00/s (0 calls in 1m)")};
    now.alerts = {slow, quiet};
    now.sinks.push_back({"chat", {3, 1, 0, 2, true, "answered 500"}});
    return now;
}

TEST(alerts_view, tells_all_of_it_as_json) {
    simdjson::dom::parser parser;
    const auto text = render_alerts(example_alerts(), true);
    const simdjson::dom::element told = parser.parse(text);
    EXPECT_TRUE(bool{told["serving"]});
    EXPECT_EQ(std::string_view{told["alerts"].at(0)["state"]}, "firing");
    EXPECT_EQ(std::string_view{told["alerts"].at(0)["operations"].at(1)["operation"]}, "GET /b");
    EXPECT_EQ(std::string_view{told["alerts"].at(1)["state"]}, "no_data");
    EXPECT_EQ(std::uint64_t{told["sinks"]["chat"]["failed"]}, 1U);
}

TEST(alerts_view, tells_people_what_is_not_well_and_drives_no_terminal) {
    const auto text = render_alerts_text(example_alerts(), true);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_NE(text.find("timeout_rate > 1% for 5m"), std::string::npos) << text;
    EXPECT_NE(text.find("firing    for 90s"), std::string::npos) << text;
    EXPECT_EQ(text.find("GET /b"), std::string::npos) << text;
    EXPECT_NE(text.find("3 sent, 1 failed, 0 dropped; the last one: answered 500"), text.npos);
    EXPECT_EQ(render_alerts_text({}, true), "the policy has no alerts\n");
    EXPECT_EQ(render_alerts_text(example_alerts(), false).find("firing"), std::string::npos);
}

TEST(alerts_view, what_fires_is_a_problem_of_health_unless_it_is_silenced) {
    auto now = example_alerts();
    EXPECT_EQ(alert_problems(now).size(), 2U);
    now.alerts[0].silenced = true;
    now.sinks[0].numbers.failing = false;
    EXPECT_TRUE(alert_problems(now).empty());
}

TEST(alerts_view, health_and_metrics_have_them_where_there_are_some) {
    const auto now = example_snapshot();
    const process::process_sample process;
    const auto firing = example_alerts();
    const auto health = page_for("/-/health", {now, process, {}, nullptr, &firing});
    EXPECT_NE(health->body.find("alert slow fires: GET /"), std::string::npos);
    EXPECT_NE(
        health->body.find(R"("alerts":{"slow":{"state":"firing","firing":1,)"), health->body.npos
    );
    const auto metrics = page_for("/-/metrics", {now, process, {}, nullptr, &firing});
    EXPECT_NE(
        metrics->body.find("curfew_alert_firing{alert=\"slow\",severity=\"warning\"} 1\n"),
        std::string::npos
    );
    EXPECT_NE(
        metrics->body.find("curfew_alert_notices_total{sink=\"chat\",result=\"failed\"} 1\n"),
        std::string::npos
    );
    const auto without = page_for("/-/metrics", {now, process, {}});
    EXPECT_EQ(without->body.find("curfew_alert"), std::string::npos);
}

}  // namespace
}  // namespace curfew::admin
