#include "demo_result.hpp"

#include "made_run.hpp"
#include "programs.hpp"
#include "switches.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace curfew::demo {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string joined(const std::vector<std::string_view>& cells) {
    std::string line;
    for (const auto cell : cells)
        line += (line.empty() ? "" : "|") + std::string{cell};
    return line;
}

struct demo_result_test : testing::Test {
    scenario plan{1};
    arm_result direct =
        make_run(plan, "direct", [&](auto, duration due) { return frozen(plan, due); });
    arm_result curfew = make_run(plan, "curfew", [&](auto operation, duration due) {
        return guarded(plan, operation, due);
    });
    demo_result all{plan, 1, direct, curfew, judge_claims(plan, direct, curfew)};
};

TEST_F(demo_result_test, table_tells_each_operation_in_both_runs) {
    std::vector<std::string> lines;
    for (const auto& row : table_of(all))
        lines.push_back(joined(cells_of(row)));
    EXPECT_THAT(
        lines,
        ElementsAre(
            "login|direct|1 329|66.66 %|217|0|226|2.0 ms|>= 5.00 s|>= 5.00 s|8.97 s|0|5.00 s",
            "login|curfew|1 329|100.00 %|0|0|0|2.0 ms|2.0 ms|2.0 ms|0|0|0",
            "listings|direct|2 290|68.55 %|378|0|342|2.0 ms|>= 5.00 s|>= 5.00 s|8.97 s|0|5.00 s",
            "listings|curfew|2 290|100.00 %|0|0|0|2.0 ms|2.0 ms|2.0 ms|0|0|0",
            "recommendations|direct|1 585|69.40 %|248|0|237|2.0 ms|>= 5.00 s|>= 5.00 s|9.02 s|0|"
            "5.05 s",
            "recommendations|curfew|1 585|67.82 %|24|486|0|2.0 ms|2.0 ms|>= 5.00 s|9.96 s|0|0"
        )
    );
}

TEST_F(demo_result_test, columns_of_the_text_stand_under_each_other) {
    const auto text = write_text(all);
    const auto begin = text.find("operation ");
    const auto width = text.find('\n', begin) - begin;
    for (std::size_t row = 1; row <= 6; ++row) {
        EXPECT_EQ(text[begin + (width + 1) * row - 1], '\n') << row;
    }
}

TEST_F(demo_result_test, text_tells_the_generator_the_faults_the_claims_and_the_verdict) {
    const auto text = write_text(all);
    EXPECT_THAT(text, HasSubstr("generator, direct  VALID: lag P99 0.10 ms"));
    EXPECT_THAT(text, HasSubstr("curfew: 8 calls caught by the hang; the crash killed process 41"));
    EXPECT_THAT(text, HasSubstr("PASS  Curfew: once its breaker is open"));
    EXPECT_TRUE(text.ends_with("\nPASS\n"));
}

TEST_F(demo_result_test, page_needs_no_network_and_suits_a_phone_and_the_dark) {
    const auto page = write_page(all);
    EXPECT_THAT(page, Not(HasSubstr("http:")));
    EXPECT_THAT(page, Not(HasSubstr("https:")));
    EXPECT_THAT(page, Not(HasSubstr("<script")));
    EXPECT_THAT(page, HasSubstr("width=device-width"));
    EXPECT_THAT(page, HasSubstr("prefers-color-scheme:dark"));
    EXPECT_THAT(page, HasSubstr("&gt;= 5.00 s"));
}

TEST_F(demo_result_test, page_has_two_plots_an_operation_with_the_faults_shaded) {
    const auto page = write_page(all);
    const auto count = [&](std::string_view what) {
        std::size_t found = 0;
        for (auto at = page.find(what); at != page.npos; at = page.find(what, at + 1))
            ++found;
        return found;
    };
    EXPECT_EQ(count("<svg class=\"plot\""), 6u);
    EXPECT_EQ(count("<svg"), count("</svg>"));
    EXPECT_EQ(count("dependency hangs</text>"), 6u);
}

TEST_F(demo_result_test, page_begins_with_the_verdict_and_what_stands_behind_it) {
    const auto page = write_page(all);
    const auto verdict = page.find("<b>PASS</b> Everything that is claimed");
    ASSERT_NE(verdict, page.npos);
    EXPECT_LT(verdict, page.find("<h1>"));
    EXPECT_LT(page.find("<h1>"), page.find("<ul class=\"claims\">"));
    EXPECT_LT(page.find("<ul class=\"claims\">"), page.find("<table class=\"summary\">"));
    EXPECT_THAT(page, HasSubstr("67.82 %<small>1 075 of 1 585<br>486 refused</small>"));
    EXPECT_THAT(page, HasSubstr("8&nbsp;calls caught by the hang"));
}

TEST_F(demo_result_test, page_of_a_run_without_a_guard_says_which_claims_failed) {
    const auto bare =
        make_run(plan, "curfew", [&](auto, duration due) { return frozen(plan, due); });
    const demo_result some{plan, 1, direct, bare, judge_claims(plan, direct, bare)};
    const auto page = write_page(some);
    EXPECT_THAT(page, HasSubstr("<header class=\"fail\">"));
    EXPECT_THAT(page, HasSubstr("1 of 3 claims were seen"));
    EXPECT_THAT(page, HasSubstr("<li class=\"fail\"><b>FAIL</b> Curfew"));
}

TEST_F(demo_result_test, page_tells_the_runs_by_dash_and_draws_refusals_only_where_there_are_some) {
    const auto page = write_page(all);
    EXPECT_THAT(page, HasSubstr(".direct{stroke:var(--direct);stroke-width:2;stroke-dasharray"));
    const auto refusing = page.find("Curfew, refused");
    EXPECT_GT(refusing, page.find("<section id=\"recommendations\">"));
    EXPECT_NE(refusing, page.npos);
}

TEST_F(demo_result_test, json_tells_what_the_table_tells) {
    const auto json = write_json(all);
    EXPECT_THAT(json, HasSubstr(R"("verdict": "PASS")"));
    EXPECT_THAT(json, HasSubstr(R"("at_least": true)"));
    EXPECT_THAT(json, HasSubstr(R"("timeout_first_byte": 217)"));
}

TEST_F(demo_result_test, what_did_not_recover_in_time_is_not_given_a_time) {
    const auto lost = make_run(plan, "curfew", [&](auto operation, duration due) {
        return operation == scenario::recommendations && due > plan.times.hang_on
                   ? made_end{load::error_category::http_503, 1ms, true}
                   : made_end{};
    });
    const demo_result some{plan, 1, direct, lost, {}};
    const auto rows = table_of(some);
    EXPECT_EQ(rows[5].after_hang, "> 7.00 s");
    EXPECT_EQ(rows[3].after_hang, "0");
    EXPECT_THAT(write_json(some), HasSubstr(R"("recovered_after_hang_ms": null)"));
}

TEST(switches, status_is_read_and_a_missing_number_is_zero) {
    const auto seen = parse_status(R"({"pid":4711,"hanging":true,"calls":9,"trapped":12})");
    EXPECT_EQ(seen.pid, 4711);
    EXPECT_EQ(seen.trapped, 12u);
    EXPECT_EQ(seen.stuck, 0u);
    EXPECT_EQ(parse_status("").pid, 0);
}

TEST(programs, addresses_are_taken_from_a_ready_line) {
    const std::string_view line = "ready http=127.0.0.1:8080 admin=127.0.0.1:9090";
    EXPECT_EQ(address_in(line, "http=")->text(), "127.0.0.1:8080");
    EXPECT_EQ(address_in(line, "admin=")->text(), "127.0.0.1:9090");
    EXPECT_FALSE(address_in(line, "control=").has_value());
    EXPECT_FALSE(address_in("ready http=", "http=").has_value());
}

TEST(programs, a_shop_that_is_nowhere_is_not_found) {
    EXPECT_EQ(find_shop("/nonexistent/shop"), "");
}

}  // namespace
}  // namespace curfew::demo
