#include "report_scenario.hpp"
#include <curfew/report/explanation.hpp>
#include <curfew/report/pressure_history.hpp>
#include <curfew/report/trend.hpp>

#include <gmock/gmock.h>

namespace curfew::report {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

pressure_step step_at(duration at, double before, double after, std::int64_t instance = 1) {
    return {noon + at, instance, "memory", before, after, {}};
}

std::vector<double> means_of(
    const std::vector<pressure_step>& steps, const std::vector<ledger::instance>& processes = {}
) {
    const auto made = average_pressure(steps, processes, noon, 1min, 4);
    return made.empty() ? std::vector<double>{} : made.front().means;
}

TEST(average_pressure, of_each_slot_is_the_mean_over_its_time) {
    const auto means = means_of({step_at(30s, 0, 1), step_at(90s, 1, 0.5), step_at(150s, 0.5, 0)});
    EXPECT_THAT(means, ElementsAre(DoubleEq(0.5), DoubleEq(0.75), DoubleEq(0.25), DoubleEq(0)));
}

TEST(average_pressure, what_was_up_before_counts_from_the_beginning) {
    EXPECT_THAT(
        means_of({step_at(60s, 0.8, 0)}), ElementsAre(DoubleEq(0.8), DoubleEq(0), 0.0, 0.0)
    );
}

TEST(average_pressure, what_stays_up_counts_to_the_end_or_until_its_process_was_seen_last) {
    EXPECT_THAT(means_of({step_at(120s, 0, 1)}), ElementsAre(0.0, 0.0, 1.0, 1.0));
    const std::vector<ledger::instance> gone{{1, 7, "1.2.3", noon, noon + 150s, false}};
    EXPECT_THAT(means_of({step_at(120s, 0, 1)}, gone), ElementsAre(0.0, 0.0, DoubleEq(0.5), 0.0));
}

TEST(average_pressure, of_several_processes_the_highest_counts) {
    const auto means = means_of({step_at(0s, 0, 0.2, 1), step_at(0s, 0, 0.6, 2)});
    EXPECT_THAT(means, ElementsAre(0.6, 0.6, 0.6, 0.6));
}

TEST(average_pressure, what_was_never_up_is_left_out) {
    EXPECT_TRUE(average_pressure({step_at(0s, 0, 0)}, {}, noon, 1min, 4).empty());
    EXPECT_TRUE(average_pressure({}, {}, noon, 1min, 4).empty());
}

class pressure_history_test : public report_scenario {
  protected:
    void tell_pressure(std::string_view before, std::string_view after, duration at) {
        const std::array attributes{
            event::attribute{"signal", "memory"},
            event::attribute{"before", before},
            event::attribute{"after", after},
            event::attribute{"effect", "request.timeout 30s to 45s"},
        };
        event what = step(surface::policy, pressure_event, at);
        what.attributes = attributes;
        what.ended = outcome::ignored;
        tell(what);
    }
};

TEST_F(pressure_history_test, is_read_as_it_was_recorded) {
    tell_pressure("0", "0.25", 1min);
    tell_pressure("0.25", "0", 2min);
    tell_pressure("0.25", "nonsense", 3min);
    tell_pressure("0", "7", 3min);
    auto book = read();
    const auto steps = find_pressure(book, {noon, noon + 1h});
    ASSERT_TRUE(steps);
    ASSERT_EQ(steps->size(), 2U);
    EXPECT_EQ(change_of((*steps)[0]), "memory rose from 0 % to 25 %: request.timeout 30s to 45s");
    EXPECT_EQ((*steps)[1].after, 0);
}

TEST_F(pressure_history_test, an_explanation_tells_what_was_up) {
    tell_pressure("0", "0.25", 1min);
    tell(timed_out("GET /a", 2min));
    tell_pressure("0.25", "0", 3min);
    tell(timed_out("GET /a", 4min, 8));
    auto book = read();
    const auto pressed = explain(book, 0xabc, 7);
    const auto eased = explain(book, 0xabc, 8);
    ASSERT_TRUE(pressed && eased);
    ASSERT_EQ(pressed->size(), 1U);
    EXPECT_THAT(
        to_text(pressed->front()),
        HasSubstr("  pressure    memory rose from 0 % to 25 %: request.timeout 30s to 45s, ")
    );
    EXPECT_THAT(to_json(*pressed), HasSubstr("\"signal\": \"memory\""));
    EXPECT_TRUE(eased->front().pressure.empty());
}

TEST_F(pressure_history_test, a_trend_compares_what_was_up) {
    for (int minute = 0; minute < 50; ++minute) {
        const bool hard = minute % 7 < 3;
        tell_pressure(hard ? "0" : "1", hard ? "1" : "0", 1min * minute);
        for (int i = 0; i < 20; ++i) {
            const auto at = 1min * minute + 1s * i;
            tell(hard && i < 10 ? timed_out("GET /a", at) : success("GET /a", at, 20ms));
        }
    }
    auto book = read();
    const auto made = find_trend(book, {.from = noon, .now = noon + 50min});
    ASSERT_TRUE(made);
    ASSERT_EQ(made->pressure.size(), 1U);
    const auto related = std::ranges::find_if(made->relations, [](const auto& each) {
        return each.cause == "pressure memory" && each.effect == "timeout_rate";
    });
    ASSERT_NE(related, made->relations.end());
    EXPECT_TRUE(related->clear);
    EXPECT_GT(related->found.rank, 0.9);
    EXPECT_THAT(
        to_text(*made), HasSubstr("the timeout rate with pressure memory: rank correlation +0.9")
    );
}

}  // namespace
}  // namespace curfew::report
