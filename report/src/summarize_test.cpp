#include "report_scenario.hpp"
#include <curfew/report/summary.hpp>

#include <gmock/gmock.h>

namespace curfew::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class summarize_test : public report_scenario {
  protected:
    summary of(std::optional<surface> where = {}, duration from = 0s, duration to = 1h) {
        if (!book_) {
            book_.emplace(read());
        }
        auto made = summarize(*book_, {.when = {noon + from, noon + to}, .where = where});
        EXPECT_TRUE(made);
        return made ? *std::move(made) : summary{};
    }

  private:
    std::optional<ledger::reader> book_;
};

TEST_F(summarize_test, of_nothing_is_nothing_and_says_so) {
    const auto made = of();
    EXPECT_EQ(made.count(), 0U);
    EXPECT_THAT(to_text({made, {}}), HasSubstr("none was recorded in that time"));
}

TEST_F(summarize_test, every_operation_is_counted_once_and_in_its_list) {
    for (int i = 0; i < 100; ++i) {
        tell(success("GET /a", 1s * i, 10ms));
    }
    tell(timed_out("GET /a", 5s));
    tell(timed_out("GET /b", 6s));
    tell(refused(
        "GET /b", 7s, {cause_kind::shed, shed_reason::queue_full, "gateway.queue"}, errc::queue_full
    ));
    event broken = success("GET /b", 8s, 3ms);
    broken.ended = outcome::failure;
    broken.error = errc::upstream_reset;
    tell(broken);
    const auto made = of();
    EXPECT_EQ(made.count(), 104U);
    ASSERT_EQ(made.operations.size(), 2U);
    EXPECT_EQ(made.operations[0].name, "GET /a");
    EXPECT_EQ(made.operations[0].count(), 101U);
    EXPECT_EQ(made.operations[0].took.count(), 100U) << "what was cut off has no time";
    EXPECT_EQ(made.timed_out.size(), 2U);
    ASSERT_EQ(made.refused.size(), 1U);
    EXPECT_EQ(made.refused[0].what.reason, shed_reason::queue_full);
    ASSERT_EQ(made.failed.size(), 1U);
    EXPECT_EQ(made.failed[0].what.error, errc::upstream_reset);
    std::uint64_t plotted = 0;
    for (const auto& each : made.slots) {
        plotted += each.ended;
    }
    EXPECT_EQ(plotted, made.count());
}

TEST_F(summarize_test, who_left_was_not_refused) {
    event left = success("GET /hang", 1s, 400ms);
    left.ended = outcome::cancelled;
    left.why = {cause_kind::cancelled};
    left.error = errc::cancelled;
    left.trace = {0xabc, 9, 1, 0};
    tell(left);
    const auto made = of();
    EXPECT_TRUE(made.refused.empty());
    ASSERT_EQ(made.cancelled.size(), 1U);
    EXPECT_EQ(made.cancelled[0].trace_id, "0000000000000abc0000000000000009");
    EXPECT_EQ(made.slots[0].ended, 1U);
    EXPECT_EQ(made.slots[0].refused, 0U);
    const auto text = to_text({made, {}});
    EXPECT_THAT(text, Not(HasSubstr("what was refused")));
    EXPECT_THAT(text, HasSubstr("\nwhat was cancelled: the caller left\n"));
    const auto page = to_page({made, {}});
    EXPECT_THAT(page, Not(HasSubstr("What was refused")));
    EXPECT_THAT(page, HasSubstr("What was cancelled: the caller left"));
    const auto json = to_json({made, {}});
    EXPECT_THAT(json, HasSubstr("\"refused\": []"));
    EXPECT_THAT(json, Not(HasSubstr("\"cancelled\": []")));
}

TEST_F(summarize_test, the_range_is_whole_minutes_and_its_end_is_outside) {
    tell(success("GET /a", 0s, 1ms));
    tell(success("GET /a", 1min, 1ms));
    tell(success("GET /a", 2min, 1ms));
    EXPECT_EQ(of({}, 1min, 2min).count(), 1U);
}

TEST_F(summarize_test, near_misses_are_counted_and_the_nearest_come_first) {
    tell(success("GET /a", 0s, 4'100ms));
    tell(success("GET /a", 0s, 4'900ms));
    tell(success("GET /a", 0s, 3'900ms));
    const auto made = of();
    EXPECT_EQ(made.near_misses(), 2U);
    ASSERT_EQ(made.near.size(), 2U);
    EXPECT_DOUBLE_EQ(made.near[0].share, 0.98);
}

TEST_F(summarize_test, a_timeout_has_an_example_for_explain) {
    tell(timed_out("GET /a", 0s));
    const auto made = of();
    ASSERT_EQ(made.timed_out.size(), 1U);
    EXPECT_EQ(made.timed_out[0].trace_id, "0000000000000abc0000000000000007");
    EXPECT_THAT(to_text({made, {}}), HasSubstr("0000000000000abc0000000000000007"));
}

TEST_F(summarize_test, the_backend_the_policy_and_deploys_are_no_operations) {
    event hang = step(surface::supervisor, "hang", 1s);
    hang.ended = outcome::failure;
    tell(hang);
    tell(step(surface::supervisor, "restart", 2s));
    tell(step(surface::policy, "request.timeout", 0s));
    const std::array passed_over{
        event::attribute{"said", "staging: 1 check failed"},
        event::attribute{"by", "the rules of staging"},
        event::attribute{"until", "every check has passed"}
    };
    event bypass = step(surface::startup, "bypass", 0s);
    bypass.attributes = passed_over;
    tell(bypass);
    mark("v1.4");
    tell(success("GET /a", 1s, 1ms));
    const auto made = of(surface::http);
    EXPECT_EQ(made.count(), 1U);
    EXPECT_EQ(made.backend.size(), 2U);
    ASSERT_EQ(made.incidents.size(), 1U);
    EXPECT_EQ(made.bypassed, 1U);
    const auto text = to_text({made, {}});
    EXPECT_THAT(text, HasSubstr("hang 1, restart 1"));
    EXPECT_THAT(text, HasSubstr("v1.4"));
    EXPECT_THAT(text, HasSubstr("bypasses of start-up validation: 1"));
    constexpr auto who = "1 check failed; by the rules of staging, until every check has passed";
    EXPECT_THAT(text, HasSubstr(who));
    EXPECT_THAT(to_page({made, {}}), HasSubstr(who));
    EXPECT_THAT(to_json({made, {}}), HasSubstr(R"("by": "the rules of staging")"));
}

TEST_F(summarize_test, one_surface_leaves_the_others_out) {
    tell(success("GET /a", 0s, 1ms));
    event query = success("SELECT", 0s, 1ms);
    query.where = surface::database;
    tell(query);
    EXPECT_EQ(of(surface::database).count(), 1U);
    EXPECT_EQ(of().count(), 2U);
}

TEST_F(summarize_test, a_comparison_puts_both_stretches_beside_each_other) {
    for (int i = 0; i < 10; ++i) {
        tell(success("GET /a", 0s, 10ms));
        tell(success("GET /a", 1h, 20ms));
    }
    const auto before = of({}, 0s, 1h);
    const auto text = to_text({of({}, 1h, 2h), before});
    EXPECT_THAT(text, HasSubstr("compared with 2026-11-21T12:00Z to 2026-11-21T13:00Z"));
    EXPECT_THAT(text, HasSubstr("20 ms"));
}

TEST_F(summarize_test, what_was_sampled_out_is_told) {
    tell(success("GET /a", 0s, 1ms));
    const auto text = to_text({of(), {}});
    EXPECT_THAT(text, HasSubstr("1 plain successes sampled out"));
    EXPECT_THAT(text, HasSubstr("lost: none"));
}

TEST_F(summarize_test, the_page_is_whole_by_itself_and_escapes_what_is_from_outside) {
    tell(timed_out("GET /<script>", 1s));
    tell(success("GET /<script>", 1s, 4'900ms));
    mark("<b>v1</b>");
    const auto made = of();
    const auto page = to_page({made, made});
    EXPECT_THAT(page, Not(HasSubstr("<script")));
    EXPECT_THAT(page, Not(HasSubstr("<b>v1")));
    EXPECT_THAT(page, Not(HasSubstr("http:")));
    EXPECT_THAT(page, Not(HasSubstr("https:")));
    EXPECT_THAT(page, Not(HasSubstr("url(")));
    EXPECT_THAT(page, HasSubstr("GET /&lt;script&gt;"));
    EXPECT_THAT(page, HasSubstr("<svg class=\"bar\""));
    EXPECT_THAT(page, HasSubstr("Compared with"));
    EXPECT_TRUE(page.ends_with("</html>\n"));
}

TEST_F(summarize_test, no_text_from_outside_steers_the_terminal) {
    tell(timed_out("GET /\x1b[2J", 1s));
    EXPECT_THAT(to_text({of(), {}}), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace curfew::report
