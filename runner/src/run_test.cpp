#include <curfew/runner/run.hpp>

#include <gtest/gtest.h>

namespace curfew::runner {
namespace {

using namespace std::chrono_literals;
using policy::kind_policy;

attempt_report ended(int code, int signal = 0) {
    attempt_report made;
    made.ended.emplace();
    made.ended->code = code;
    made.ended->signal = signal;
    made.ran = 2s;
    return made;
}

attempt_report late() {
    auto made = ended(0, SIGTERM);
    made.timed_out = true;
    made.hung_in = "hung in sleep: clock_nanosleep, 2.0 s";
    return made;
}

run_report of(std::vector<attempt_report> attempts) {
    return {.not_started = {}, .attempts = std::move(attempts)};
}

run_order order() {
    run_order made;
    made.command = {"/usr/bin/pytest", "--password=hush"};
    made.rules = {.name = "unit", .command = {}, .timeout = 60s, .warn = {}};
    made.limit_name = "kind.unit.timeout";
    made.id = {1, 2, 3, 1};
    return made;
}

TEST(run, the_commands_own_code_passes) {
    EXPECT_EQ(exit_code_of(of({ended(0)}), {}), 0);
    EXPECT_EQ(exit_code_of(of({ended(7)}), {}), 7);
    EXPECT_EQ(exit_code_of(of({ended(124)}), {}), 124);
    EXPECT_EQ(cause_of(of({ended(124)}), {}), cause_kind::completed);
    EXPECT_EQ(exit_code_of(of({ended(0, SIGKILL)}), {}), 137);
}

TEST(run, a_timeout_is_124_or_a_pass) {
    EXPECT_EQ(exit_code_of(of({late()}), {}), 124);
    EXPECT_EQ(cause_of(of({late()}), {}), cause_kind::own_timeout);
    kind_policy lenient;
    lenient.on_timeout = policy::timeout_verdict::pass;
    EXPECT_EQ(exit_code_of(of({late()}), lenient), 0);
    EXPECT_EQ(cause_of(of({late()}), lenient), cause_kind::own_timeout);
}

TEST(run, a_leak_fails_only_what_passed_and_only_where_it_is_told_to) {
    auto leaking = ended(0);
    leaking.leaks = {"4711 sleep (S)"};
    EXPECT_EQ(exit_code_of(of({leaking}), {}), 0);
    kind_policy strict;
    strict.leak = policy::leak_rule::fail;
    EXPECT_EQ(exit_code_of(of({leaking}), strict), 1);
    EXPECT_EQ(cause_of(of({leaking}), strict), cause_kind::failed);
    leaking.ended->code = 3;
    EXPECT_EQ(exit_code_of(of({leaking}), strict), 3);
}

TEST(run, what_could_not_be_started_is_126_127_or_125) {
    const auto code = [](errc why) {
        return exit_code_of({.not_started = failure{why, 0}, .attempts = {}}, {});
    };
    EXPECT_EQ(code(errc::command_not_found), 127);
    EXPECT_EQ(code(errc::command_not_executable), 126);
    EXPECT_EQ(code(errc::local_resource), 125);
    EXPECT_EQ(code(errc::own_timeout), 125);
}

TEST(run, one_whose_end_nobody_knows_is_told_as_that) {
    auto lost = ended(0);
    lost.ended->unknown = true;
    EXPECT_EQ(exit_code_of(of({lost}), {}), 125);
    EXPECT_EQ(cause_of(of({lost}), {}), cause_kind::failed);
    EXPECT_NE(to_json(of({lost}), order()).find("\"error\": \"keeper-lost\""), std::string::npos);
    attempt_report left;
    left.left = true;
    EXPECT_EQ(exit_code_of(of({left}), {}), 137);
    EXPECT_EQ(cause_of(of({left}), {}), cause_kind::cancelled);
}

TEST(run, it_is_flaky_if_it_passed_but_not_at_once) {
    EXPECT_FALSE(of({ended(0)}).flaky({}));
    EXPECT_TRUE(of({ended(1), ended(0)}).flaky({}));
    EXPECT_FALSE(of({ended(1), ended(1)}).flaky({}));
}

TEST(run, json_says_whose_code_it_is_and_shows_no_argument) {
    const auto text = to_json(of({late()}), order());
    for (const auto* part :
         {"\"run_id\": \"00000000000000010000000000000002\"",
          "\"name\": \"unit\"",
          "\"cause\": \"own_timeout\"",
          "\"exit\": 124",
          "\"command_exit\": null",
          "\"signal\": 15",
          "\"limit\": \"kind.unit.timeout\"",
          "\"limit_ms\": 60000",
          "\"duration_ms\": 2000",
          "\"survivors\": 0"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << '\n' << text;
    }
    EXPECT_EQ(text.find("hush"), std::string::npos);
}

TEST(run, the_event_is_the_operation_with_its_account) {
    bool seen = false;
    with_event(of({ended(1), late()}), order(), time_point{1h}, [&](const event& told) {
        seen = true;
        EXPECT_EQ(told.where, surface::command);
        EXPECT_EQ(told.name, "unit");
        EXPECT_EQ(told.ended, outcome::timeout);
        EXPECT_EQ(told.why.limit_name, "kind.unit.timeout");
        EXPECT_EQ(told.took, 4s);
        EXPECT_EQ(told.started, time_point{1h} - 4s);
        EXPECT_EQ(told.account.format(), "run 1 2.00 s, run 2 2.00 s");
        EXPECT_EQ(told.trace.trace_low, 2U);
        ASSERT_FALSE(told.attributes.empty());
        EXPECT_EQ(told.attributes[0].value, "hung in sleep: clock_nanosleep, 2.0 s");
    });
    EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace curfew::runner
