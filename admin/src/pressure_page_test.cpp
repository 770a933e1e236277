#include <curfew/admin/pressure_page.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace curfew::admin {
namespace {

using namespace std::chrono_literals;

std::string refusal_of(std::string_view body) {
    const auto read = read_told_pressure(body, 1h);
    return read ? "it is taken" : read.error().sentence;
}

TEST(read_told_pressure, takes_a_value_and_a_lease) {
    const auto read = read_told_pressure(R"({"value": 0.5, "lease": "90s"})", 1h);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->value, 0.5);
    EXPECT_EQ(read->lease, 90s);
}

TEST(read_told_pressure, a_lease_is_five_minutes_or_the_longest) {
    EXPECT_EQ(read_told_pressure(R"({"value": 1})", 1h)->lease, 5min);
    EXPECT_EQ(read_told_pressure(R"({"value": 1})", 10s)->lease, 10s);
}

TEST(read_told_pressure, nothing_is_told_for_ever) {
    const std::string bound = "`lease` is from 1s to 1h, so that nothing is told for ever";
    EXPECT_EQ(refusal_of(R"({"value": 1, "lease": "0s"})"), bound);
    EXPECT_EQ(refusal_of(R"({"value": 1, "lease": "1h1s"})"), bound);
    EXPECT_TRUE(refusal_of(R"({"value": 1, "lease": "never"})").starts_with("`lease`: "));
    EXPECT_EQ(refusal_of(R"({"value": 1, "lease": 300})"), "`lease` is a text");
    EXPECT_EQ(refusal_of(R"({"value": 1, "lease": null})"), "`lease` is a text");
}

TEST(read_told_pressure, refuses_what_is_no_pressure) {
    const std::string number = "`value` is a number from 0 to 1";
    for (const auto* body :
         {R"({"value": 1.01})",
          R"({"value": -0.01})",
          R"({"value": "1"})",
          R"({"value": true})",
          R"({"value": null})"}) {
        EXPECT_EQ(refusal_of(body), number) << body;
    }
    for (const auto* body : {"", "NaN", R"({"value": NaN})", "[1]", "1", R"({"value": 1e999})"}) {
        EXPECT_EQ(refusal_of(body), "the body is no JSON object") << body;
    }
    EXPECT_EQ(refusal_of("{}"), "`value` is missing");
    EXPECT_EQ(refusal_of(R"({"lease": "5m"})"), "`value` is missing");
    EXPECT_EQ(refusal_of(R"({"value": 1, "leese": "5m"})"), "there is no `leese` here");
}

const std::vector<gateway::pressure_snapshot> example{
    {"memory", 0.25, 0.1, {}, {"request.timeout x1.5", "http.keep_alive x0.5"}},
    {"vpc_connector_scaling", 1, 1, 90'500ms, {}},
};

TEST(render_pressure, tells_all_of_each_signal) {
    EXPECT_EQ(
        render_pressure(example),
        R"({"signals":[{"name":"memory","value":0.25,"told":0.1,"expires_s":null,)"
        R"("stretches":["request.timeout x1.5","http.keep_alive x0.5"]},)"
        R"({"name":"vpc_connector_scaling","value":1,"told":1,"expires_s":90.5,"stretches":[]}]})"
    );
    EXPECT_EQ(
        render_pressure_text(example),
        "memory                  25 %, told 10 %  stretches request.timeout x1.5, "
        "http.keep_alive x0.5\n"
        "vpc_connector_scaling  100 %, for 91s\n"
    );
}

}  // namespace
}  // namespace curfew::admin
