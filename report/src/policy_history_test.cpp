#include "report_scenario.hpp"
#include <curfew/report/explanation.hpp>
#include <curfew/report/policy_history.hpp>
#include <curfew/report/summary.hpp>
#include <curfew/report/trend.hpp>

#include <gmock/gmock.h>

namespace curfew::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class policy_history_test : public report_scenario {
  protected:
    void tell_step(
        std::string_view name,
        std::string_view key,
        std::string_view said,
        duration at,
        std::string_view state = {}
    ) {
        const std::array attributes{
            event::attribute{key, said},
            event::attribute{
                state.empty() ? "file" : "state", state.empty() ? "curfew.toml" : state
            },
        };
        event what = step(surface::policy, name, at);
        what.attributes = attributes;
        what.ended = key == "said" && state.empty() ? outcome::failure : outcome::ignored;
        tell(what);
    }

    void reload(std::string_view changed, duration at) {
        tell_step("reload", "changed", changed, at);
        tell(step(surface::policy, "loaded", at + 1ms));
    }

    std::string reported(std::optional<surface> where = {}) {
        auto book = read();
        auto made = summarize(book, {.when = {noon, noon + 1h}, .where = where});
        EXPECT_TRUE(made);
        return made ? to_text(comparison{*std::move(made), std::nullopt}) : "";
    }
};

TEST_F(policy_history_test, a_report_tells_reloads_and_refused_ones_by_time) {
    tell(success("GET /a", 1s, 1ms));
    reload("request.timeout from 30s to 5s", 5min);
    tell_step("reload", "said", "curfew.toml:3:1: no such key", 6min);
    reload("nothing", 7min);
    const auto text = reported();
    EXPECT_THAT(
        text,
        HasSubstr("\nthe policy\n  2026-11-21T12:05:00.000Z the policy was changed by a reload of "
                  "curfew.toml: request.timeout from 30s to 5s\n")
    );
    EXPECT_THAT(text, HasSubstr("a reload of curfew.toml was refused: curfew.toml:3:1: no such"));
    EXPECT_THAT(text, HasSubstr("a reload of curfew.toml changed nothing\n"));
    EXPECT_THAT(text, Not(HasSubstr("\nalerts\n")));
}

TEST_F(policy_history_test, a_report_tells_what_fired_and_ended_and_who_was_not_told) {
    tell(success("GET /a", 1s, 1ms));
    tell_step("alert slow", "said", "alert slow is pending: 2 %", 1min, "pending");
    tell_step("alert slow", "said", "alert slow is firing: 2 %", 2min, "firing");
    tell_step("alert sink chat", "said", "nobody listens there", 2min + 1s, "failed");
    tell_step("alert sink pager", "said", "exit 0", 2min + 1s, "sent");
    tell_step("alert slow", "said", "alert slow is resolved: 0 %", 9min, "resolved");
    const auto text = reported(surface::policy);
    EXPECT_THAT(text, HasSubstr("12:02:00.000Z alert slow is firing: 2 %\n"));
    EXPECT_THAT(text, HasSubstr("alert sink chat failed: nobody listens there\n"));
    EXPECT_THAT(text, HasSubstr("12:09:00.000Z alert slow is resolved: 0 %\n"));
    EXPECT_THAT(text, Not(HasSubstr("pending")));
    EXPECT_THAT(text, Not(HasSubstr("pager")));
    EXPECT_THAT(text, Not(HasSubstr("operations from"))) << "operations were not asked for";
}

TEST_F(policy_history_test, the_newest_are_kept_and_older_ones_are_said_to_be) {
    for (int i = 0; i < 60; ++i) {
        reload("gateway.queue from " + std::to_string(i) + " to " + std::to_string(i + 1), i * 30s);
    }
    auto book = read();
    const auto made = find_policy_history(book, {noon, noon + 1h});
    ASSERT_TRUE(made);
    ASSERT_EQ(made->reloads.size(), policy_history::most);
    EXPECT_TRUE(made->more_reloads);
    EXPECT_FALSE(made->more_alerts);
    EXPECT_EQ(made->reloads.front().changed, "gateway.queue from 10 to 11");
    EXPECT_EQ(made->reloads.back().changed, "gateway.queue from 59 to 60");
}

TEST_F(policy_history_test, explain_tells_the_change_before_and_the_one_after) {
    reload("request.timeout from 30s to 5s", 5min);
    tell(timed_out("GET /a", 5min + 40s));
    reload("nothing", 6min);
    reload("request.timeout from 5s to 9s", 7min);
    auto book = read();
    const auto all = explain(book, 0xabc, 7);
    ASSERT_TRUE(all && all->size() == 1U);
    const auto text = to_text(all->front());
    EXPECT_THAT(
        text,
        HasSubstr(
            "changed 40.0 s before it began, by a reload of curfew.toml: request.timeout from "
            "30s to 5s\n"
        )
    );
    EXPECT_THAT(
        text,
        HasSubstr(
            "after it ended, by a reload of curfew.toml: request.timeout from 5s to 9s; it ran "
            "under the one before\n"
        )
    );
    EXPECT_THAT(text, Not(HasSubstr("curfew.toml: nothing")));
}

TEST_F(policy_history_test, a_trend_has_changes_of_the_policy_beside_deploys) {
    for (int i = 0; i < 100; ++i) {
        tell(success("GET /a", i * 30s, 1ms));
    }
    reload("request.timeout from 30s to 5s", 5min);
    reload("nothing", 6min);
    mark("v1.4");
    auto book = read();
    const auto made = find_trend(book, {noon - 1h, noon + 1h, std::nullopt});
    ASSERT_TRUE(made);
    ASSERT_EQ(made->marks.size(), 2U);
    EXPECT_TRUE(made->marks[1].is_reload);
    EXPECT_THAT(
        to_text(*made),
        HasSubstr("\nchanges of the policy, by reloads\n  2026-11-21T12:05:00.000Z request.timeout "
                  "from 30s to 5s\n")
    );
}

}  // namespace
}  // namespace curfew::report
