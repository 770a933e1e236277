#include <curfew/policy/condition.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace curfew::policy {
namespace {

using namespace std::chrono_literals;

struct good {
    std::string_view text;
    condition means;
    std::string_view printed{};  ///< empty: as the text
};

TEST(condition, means_what_it_says) {
    const std::vector<good> cases{
        {"timeout_rate > 1% for 5m", {metric::timeout_rate, relation::over, 10'000, 5min}},
        {"timeout_rate>1%", {metric::timeout_rate, relation::over, 10'000, 0s}, "timeout_rate > 1%"
        },
        {"  error_rate   >=   0.7%  ",
         {metric::error_rate, relation::at_least, 7'000, 0s},
         "error_rate >= 0.7%"},
        {"failure_rate > 0.0001%", {metric::failure_rate, relation::over, 1, 0s}},
        {"refusal_rate > 0%", {metric::refusal_rate, relation::over, 0, 0s}},
        {"near_miss_rate >= 100%", {metric::near_miss_rate, relation::at_least, 1'000'000, 0s}},
        {"rate < 0.5/s for 90m", {metric::rate, relation::under, 500'000, 90min}},
        {"rate <= 10/s", {metric::rate, relation::at_most, 10'000'000, 0s}},
        {"p99 > 250ms for 1m", {metric::p99, relation::over, 250'000'000, 1min}},
        {"p50 >= 1s", {metric::p50, relation::at_least, 1'000'000'000, 0s}},
        {"restarts > 3 for 10m", {metric::restarts, relation::over, 3, 10min}},
        {"hangs > 0", {metric::hangs, relation::over, 0, 10min}, "hangs > 0 for 10m"},
        {"dropped >= 1 for 24h", {metric::dropped, relation::at_least, 1, 24h}},
        {"ledger_failing", {metric::ledger_failing, relation::over, 0, 0s}},
        {"ledger_failing for 5m", {metric::ledger_failing, relation::over, 0, 5min}},
    };
    for (const good& each : cases) {
        const auto made = parse_condition(each.text);
        ASSERT_TRUE(made) << each.text << ": " << made.error().what.sentence;
        EXPECT_EQ(*made, each.means) << each.text;
        const auto printed = print(*made);
        EXPECT_EQ(printed, each.printed.empty() ? each.text : each.printed);
        EXPECT_EQ(parse_condition(printed).value(), *made) << printed;
    }
}

struct bad {
    std::string_view text;
    std::size_t at;
    std::string_view sentence;
    std::string_view hint{};
};

TEST(condition, is_refused_with_the_place_and_a_hint) {
    const std::vector<bad> cases{
        {"", 0, "there is no condition", "timeout_rate > 1% for 5m"},
        {"timeout_rat > 1%", 0, "there is no metric `timeout_rat`", "did you mean `timeout_rate`?"},
        {"TIMEOUT_RATE > 1%", 0, "there is no metric `TIMEOUT_RATE`"},
        {"p98 > 1s", 0, "there is no metric `p98`", "did you mean `p90`?"},
        {"timeout_rate", 12, "`timeout_rate` is compared with nothing", "write > or >="},
        {"timeout_rate 1%", 13, "`timeout_rate` is compared by > or >=, not by `1%`"},
        {"timeout_rate < 1%", 13, "`timeout_rate` is compared by > or >=, not by `<`"},
        {"rate == 1/s", 5, "`rate` is compared by >, >=, < or <=, not by `==`"},
        {"rate => 1/s", 5, "`rate` is compared by >, >=, < or <=, not by `=>`"},
        {"timeout_rate >", 14, "there is no value", "write it as 1%"},
        {"timeout_rate > 1", 15, "`1`: its unit is `%`", "write it as 1%"},
        {"timeout_rate > 101%", 15, "`101%`: it is more than 100%"},
        {"timeout_rate > -1%", 15, "`-1%`: it is no number"},
        {"timeout_rate > 1.%", 15, "`1.%`: it is no number"},
        {"timeout_rate > 1e3%", 15, "`1e3%`: it is no number"},
        {"timeout_rate > 0.00001%", 15, "`0.00001%`: it has more than four decimals"},
        {"timeout_rate > %", 15, "`%`: it is no number"},
        {"rate > 10", 7, "`10`: its unit is `/s`", "write it as 10/s"},
        {"rate > 99999999999999999999/s", 7, "`99999999999999999999/s`: it is more than 1000000000"
        },
        {"p99 > 250", 6, "`250`: "},
        {"restarts > 1.5", 11, "`1.5`: it is no whole number"},
        {"restarts > 3 for 0s", 13, "nothing is counted over so short a time"},
        {"ledger_failing > 1", 15, "`>` cannot stand here"},
        {"timeout_rate > 1% fro 5m", 18, "`fro` cannot stand here", "did you mean `for`?"},
        {"timeout_rate > 1% for", 21, "`for` how long?", "write it as 5m"},
        {"timeout_rate > 1% for 5", 22, "`5`: "},
        {"timeout_rate > 1% for 25h", 22, "it is longer than 24h"},
        {"timeout_rate > 1% for 5m and rate > 1/s", 25, "`and` cannot stand here"},
    };
    for (const bad& each : cases) {
        const auto made = parse_condition(each.text);
        ASSERT_FALSE(made) << each.text;
        EXPECT_EQ(made.error().at, each.at) << each.text;
        EXPECT_TRUE(made.error().what.sentence.starts_with(each.sentence))
            << each.text << ": " << made.error().what.sentence;
        if (!each.hint.empty()) {
            EXPECT_EQ(made.error().what.hint, each.hint) << each.text;
        }
    }
    EXPECT_FALSE(parse_condition(std::string(201, 'a')));
}

}  // namespace
}  // namespace curfew::policy
