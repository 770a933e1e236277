#include "advice.hpp"

#include "stage_advice.hpp"

#include <gmock/gmock.h>

namespace curfew::report {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr ledger::wall_time noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 12h};

explanation operation(outcome ended, cause_kind why, duration took) {
    explanation made;
    made.what.what.name = "GET /a";
    made.what.what.ended = ended;
    made.what.what.why = why;
    made.what.started = noon;
    made.what.took = took;
    made.what.limit = 5s;
    made.what.trace = {0xabc, 7, 1, 0};
    return made;
}

explanation timed_out(stage in) {
    auto made = operation(outcome::timeout, cause_kind::own_timeout, 5s);
    made.what.what.limit_name = "route.reports.timeout";
    made.what.what.error = errc::own_timeout;
    made.what.cause_limit = 5s;
    made.what.account.add(stage::receive, 10us);
    made.what.account.add(in, 5s - 10us, in == stage::attempt ? 1 : 0);
    return made;
}

ledger::kept_operation step(std::string name, duration at, std::string said = {}) {
    ledger::kept_operation made;
    made.what.where = surface::supervisor;
    made.what.name = std::move(name);
    made.what.ended = made.what.name == "exit" ? outcome::failure : outcome::ignored;
    made.started = noon + at;
    made.attributes = {{"said", std::move(said)}};
    return made;
}

std::string text(const explanation& of) {
    std::string all;
    for (const auto& each : advice_for(of)) {
        all += each + '\n';
    }
    return all;
}

TEST(advice, a_success_needs_none) {
    EXPECT_THAT(advice_for(operation(outcome::success, cause_kind::completed, 3ms)), IsEmpty());
}

TEST(advice, a_quick_error_of_the_backend_is_told_as_its_own_and_not_as_a_wait) {
    auto failed = operation(outcome::failure, cause_kind::completed, 2900us);
    failed.what.account.add(stage::attempt, 2900us, 1);
    failed.what.attributes = {{"status", "500"}, {"slow", "false"}};
    EXPECT_THAT(
        advice_for(failed),
        ElementsAre(
            "The backend itself answered 500 after 2.9 ms, and Curfew passed it on: its log "
            "may have it as trace 0000000000000abc0000000000000007, from 12:00:00Z on."
        )
    );
}

TEST(advice, a_request_that_a_crash_broke_off_is_told_with_the_crash) {
    auto broken = operation(outcome::failure, cause_kind::failed, 8ms);
    broken.what.what.error = errc::upstream_closed;
    broken.backend = {step("exit", 9ms, "exit status 3")};
    EXPECT_THAT(text(broken), HasSubstr("it goes with that."));
    EXPECT_THAT(text(broken), HasSubstr("exit status 3"));
}

TEST(advice, a_slow_error_is_told_with_where_its_time_went) {
    auto failed = operation(outcome::failure, cause_kind::completed, 3s);
    failed.what.account.add(stage::queue, 2900ms);
    failed.what.attributes = {{"status", "500"}, {"slow", "true"}};
    EXPECT_THAT(text(failed), HasSubstr("It waited 2.90 s of its 3.00 s for a place"));
}

TEST(advice, a_wait_for_a_crashed_backend_names_the_crash_and_how_long_it_was_away) {
    auto waited = operation(outcome::ignored, cause_kind::shed, 5s);
    waited.what.what.reason = shed_reason::upstream_down;
    waited.what.what.error = errc::upstream_down;
    waited.what.what.limit_name = "request.timeout";
    waited.what.cause_limit = 5s;
    waited.what.account.add(stage::attempt, 100ms, 1);
    waited.what.account.add(stage::backoff, 50ms);
    waited.what.account.add(stage::start, 4850ms);
    waited.backend = {step("exit", 100ms, "code 3"), step("start", 8s), step("ready", 9s)};
    EXPECT_THAT(
        advice_for(waited),
        ElementsAre("It waited 4.90 s of its 5.00 s for the backend, which was down: exit 100 ms "
                    "after it began (code 3). It was ready again 8.90 s after that, later than "
                    "request.timeout allowed.")
    );
}

TEST(advice, what_a_stopped_backend_refused_at_once_did_not_wait) {
    auto refused = operation(outcome::ignored, cause_kind::shed, 20us);
    refused.what.what.reason = shed_reason::upstream_down;
    refused.what.what.error = errc::upstream_down;
    refused.what.account.add(stage::receive, 20us);
    refused.backend = {step("exit", -2s, "code 3")};
    EXPECT_THAT(
        advice_for(refused),
        ElementsAre("The backend was down: exit 2.00 s before it began (code 3).")
    );
}

TEST(advice, a_hang_is_told_only_where_the_backend_had_the_time) {
    auto hung = timed_out(stage::attempt);
    hung.around.usual_count = 100;
    hung.around.usual_p99 = 20ms;
    EXPECT_THAT(text(hung), HasSubstr("route.reports.timeout is not too tight"));
    EXPECT_THAT(text(hung), HasSubstr("This one hung."));
    auto queued = timed_out(stage::queue);
    queued.around = hung.around;
    EXPECT_THAT(text(queued), Not(HasSubstr("hung")));
    EXPECT_THAT(text(queued), Not(HasSubstr("The backend had it")));
}

TEST(advice, what_the_adaptive_limit_ended_is_told_with_what_its_like_take) {
    auto cut = timed_out(stage::attempt);
    cut.what.what.limit_name = "route.reports.adaptive";
    cut.what.cause_limit = 500ms;
    EXPECT_THAT(text(cut), HasSubstr("The adaptive limit ended it"));
    EXPECT_THAT(text(cut), HasSubstr("none of its like succeeded"));
    cut.around.usual_count = 100;
    cut.around.usual_p99 = 20ms;
    EXPECT_THAT(text(cut), HasSubstr("its like take 20 ms (P99 of 100 successes"));
    EXPECT_THAT(text(cut), Not(HasSubstr("too tight")));
}

TEST(advice, a_death_beside_a_time_out_is_told_with_it) {
    auto lost = timed_out(stage::attempt);
    lost.backend = {step("exit", -40s, "long ago"), step("exit", 2s, "signal 9")};
    EXPECT_THAT(text(lost), HasSubstr("its exit 2.00 s after it began (signal 9)."));
    EXPECT_THAT(text(lost), Not(HasSubstr("long ago")));
}

TEST(advice, a_breaker_that_refused_leads_to_a_failure_that_opened_it) {
    auto refused = operation(outcome::ignored, cause_kind::breaker_open, 10us);
    refused.what.what.limit_name = "breaker.reset";
    refused.what.what.error = errc::breaker_open;
    refused.what.cause_limit = 60s;
    refused.what.account.add(stage::receive, 10us);
    refused.before = timed_out(stage::attempt).what;
    refused.before->started = noon - 8s;
    EXPECT_THAT(
        advice_for(refused),
        ElementsAre("The breaker was open for its like had failed; the last one, 3.00 s before it: "
                    "timed out (own_timeout), `curfew explain 0000000000000abc0000000000000007`.")
    );
}

TEST(advice, a_route_that_was_held_back_is_told_with_the_reason_and_how_to_end_it) {
    auto refused = operation(outcome::ignored, cause_kind::breaker_open, 10us);
    refused.what.what.limit_name = "breaker.reset";
    refused.what.what.error = errc::breaker_open;
    refused.what.cause_limit = 60s;
    refused.held_back = step("held back", -3s, "route GET /a is held back");
    refused.before = timed_out(stage::attempt).what;
    EXPECT_THAT(
        advice_for(refused),
        ElementsAre("Its route was held back 3.00 s before it, for its requests had brought the "
                    "backend down; the last of them: `curfew explain "
                    "0000000000000abc0000000000000007`. It is tried again after breaker.reset, "
                    "sooner when a reload makes that shorter.")
    );
}

TEST(advice, a_callers_time_is_not_ours_to_raise) {
    auto late = timed_out(stage::attempt);
    late.what.what.why = cause_kind::inherited_deadline;
    late.what.what.limit_name = "X-Curfew-Timeout-Ms";
    late.around.usual_count = 100;
    late.around.usual_p99 = 4s;
    EXPECT_THAT(
        text(late), HasSubstr("the caller has to give it more time in X-Curfew-Timeout-Ms")
    );
    EXPECT_THAT(text(late), Not(HasSubstr("raise")));
}

TEST(advice, no_sentence_is_without_a_key_a_command_or_a_figure) {
    for (const auto& entry : errc_table()) {
        for (const auto why :
             {cause_kind::completed,
              cause_kind::own_timeout,
              cause_kind::inherited_deadline,
              cause_kind::cancelled,
              cause_kind::shed,
              cause_kind::breaker_open,
              cause_kind::shutdown,
              cause_kind::rejected}) {
            for (const auto in : {stage::receive, stage::queue, stage::start, stage::attempt}) {
                auto one = timed_out(in);
                one.what.what.why = why;
                one.what.what.error = entry.code;
                for (const auto& each : advice_for(one)) {
                    const bool is_filled = each.contains('`') || each.contains("route.reports") ||
                                           each.find_first_of("0123456789") != each.npos;
                    EXPECT_TRUE(is_filled) << each;
                }
            }
        }
    }
}

}  // namespace
}  // namespace curfew::report
