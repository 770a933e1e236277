#include "report_scenario.hpp"
#include <curfew/report/explanation.hpp>

#include <gmock/gmock.h>

namespace curfew::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class explain_test : public report_scenario {
  protected:
    explanation explained() {
        auto book = read();
        auto all = explain(book, 0xabc, 7);
        EXPECT_TRUE(all);
        EXPECT_EQ(all->size(), 1U);
        return all && !all->empty() ? all->front() : explanation{};
    }

    void tell_limit(std::string_view key, std::string_view value, std::string_view origin) {
        tell_limit_at(key, value, origin, 0s);
    }

    void tell_limit_at(
        std::string_view key, std::string_view value, std::string_view origin, duration at
    ) {
        const std::array said{
            event::attribute{"value", value},
            event::attribute{"layer", "file"},
            event::attribute{"origin", origin},
        };
        event what = step(surface::policy, key, at);
        what.attributes = said;
        tell(what);
    }
};

TEST_F(explain_test, a_trace_that_nobody_knows_is_no_error) {
    tell(timed_out("GET /a", 1s));
    auto book = read();
    EXPECT_TRUE(explain(book, 1, 2)->empty());
}

TEST_F(explain_test, tells_the_limit_its_value_and_who_said_it) {
    tell_limit("request.timeout", "5s", "curfew.toml:3:11");
    tell(timed_out("GET /a", 1s));
    const auto told = explained();
    ASSERT_TRUE(told.source);
    EXPECT_EQ(told.source->origin, "curfew.toml:3:11");
    const auto text = to_text(told);
    EXPECT_THAT(text, HasSubstr("GET /a: timed out (own_timeout) after 5.00 s"));
    EXPECT_THAT(text, HasSubstr("request.timeout = 5s (said by curfew.toml:3:11, layer file)"));
    EXPECT_THAT(text, HasSubstr("attempt 1 5.00 s"));
}

TEST_F(explain_test, a_limit_of_the_route_itself_goes_before_the_general_one) {
    tell_limit("request.timeout", "9s", "curfew.toml:3:11");
    tell_limit("route.reports.timeout", "5s", "curfew.toml:8:3");
    tell(timed_out("reports", 1s));
    EXPECT_EQ(explained().source->origin, "curfew.toml:8:3");
}

TEST_F(explain_test, what_nobody_set_is_the_built_in_default) {
    tell_limit("request.slow", "1s", "curfew.toml:3:11");
    event full = refused(
        "GET /a", 1s, {cause_kind::shed, shed_reason::queue_full, "gateway.queue"}, errc::queue_full
    );
    full.trace = {0xabc, 7, 1, 0};
    tell(full);
    EXPECT_THAT(to_text(explained()), HasSubstr("gateway.queue = 100 (built-in default)"));
}

TEST_F(explain_test, a_limit_is_the_one_of_the_policy_it_began_under) {
    const auto load = [&](std::string_view value, std::string_view origin, duration at) {
        tell(step(surface::policy, "loaded", at));
        const std::array said{
            event::attribute{"value", value},
            event::attribute{"layer", "file"},
            event::attribute{"origin", origin},
        };
        event what = step(surface::policy, "request.timeout", at + 1ms);
        what.attributes = said;
        tell(what);
    };
    load("9s", "curfew.toml:3:11", 0s);
    load("5s", "curfew.toml:4:11", 20h);
    tell(step(surface::policy, "loaded", 30h));
    load("7s", "curfew.toml:5:11", 40h);
    for (const int minute : {1, 1201, 1799, 1801, 2401}) {
        event late = timed_out("GET /a", minute * 1min);
        late.trace = {0xabc, static_cast<std::uint64_t>(minute), 1, 0};
        tell(late);
    }
    auto book = read();
    for (const auto& [span, origin] :
         {std::pair{1, "curfew.toml:3:11"},
          {1201, "curfew.toml:4:11"},
          {1799, "curfew.toml:4:11"},
          {1801, "built-in"},
          {2401, "curfew.toml:5:11"}}) {
        const auto all = explain(book, 0xabc, static_cast<std::uint64_t>(span));
        ASSERT_TRUE(all && all->size() == 1U) << span;
        ASSERT_TRUE(all->front().source) << span;
        EXPECT_EQ(all->front().source->origin, origin) << span;
    }
}

TEST_F(explain_test, a_reload_in_the_very_minute_of_the_operation_is_seen) {
    tell(step(surface::policy, "loaded", 0s));
    tell_limit_at("request.timeout", "9s", "curfew.toml:3:11", 1ms);
    tell(step(surface::policy, "loaded", 5min + 10s));
    tell_limit_at("request.timeout", "5s", "curfew.toml:4:11", 5min + 10s + 1ms);
    tell(step(surface::policy, "loaded", 5min + 30s));
    tell_limit_at("request.timeout", "7s", "curfew.toml:5:11", 5min + 30s + 1ms);
    tell(timed_out("GET /a", 5min + 20s));
    EXPECT_EQ(explained().source->origin, "curfew.toml:4:11");
}

TEST_F(explain_test, what_is_no_key_of_the_policy_has_no_layer) {
    event late = timed_out("GET /a", 1s);
    late.why = {cause_kind::inherited_deadline, shed_reason::none, "X-Curfew-Timeout-Ms", 5s};
    tell(late);
    tell_limit("request.slow", "1s", "curfew.toml:3:11");
    EXPECT_THAT(
        to_text(explained()), HasSubstr("X-Curfew-Timeout-Ms = 5s (the caller's, in its request)\n")
    );
}

TEST_F(explain_test, without_a_record_of_the_policy_the_layer_is_not_guessed) {
    tell(timed_out("GET /a", 1s));
    const auto told = explained();
    EXPECT_FALSE(told.source);
    EXPECT_THAT(to_text(told), HasSubstr("which layer said it was not recorded"));
    EXPECT_THAT(to_json({told}), HasSubstr("\"layer\": null"));
}

TEST_F(explain_test, a_breaker_that_holds_a_route_back_is_told_with_what_its_requests_did) {
    const auto hold = [&](std::string_view route, duration at) {
        const std::array said{
            event::attribute{"said", "its requests brought the backend down"},
            event::attribute{"route", route},
        };
        event what = step(surface::supervisor, "held back", at);
        what.attributes = said;
        tell(what);
    };
    hold("GET /a", 1s);
    hold("GET /a", 20s);
    hold("GET /b", 25s);
    hold("GET /a", 50s);
    event no = refused(
        "GET /a",
        30s,
        {cause_kind::breaker_open, shed_reason::none, "breaker.reset", 60s},
        errc::breaker_open
    );
    no.trace = {0xabc, 7, 1, 0};
    tell(no);
    const auto told = explained();
    ASSERT_TRUE(told.held_back);
    EXPECT_EQ(told.held_back->started, noon + 20s);
    EXPECT_THAT(to_text(told), HasSubstr("its requests brought the backend down"));
    EXPECT_THAT(to_text(told), HasSubstr("Its route was held back 10.0 s before it"));
    EXPECT_THAT(to_text(told), Not(HasSubstr("no row of its failures")));
    EXPECT_THAT(to_json({told}), HasSubstr("\"held_back\": {"));
}

TEST_F(explain_test, a_hold_that_was_over_opened_no_breaker) {
    const std::array said{event::attribute{"route", "GET /a"}};
    event hold = step(surface::supervisor, "held back", 1s);
    hold.attributes = said;
    tell(hold);
    event no = refused(
        "GET /a",
        62s,
        {cause_kind::breaker_open, shed_reason::none, "breaker.reset", 60s},
        errc::breaker_open
    );
    no.trace = {0xabc, 7, 1, 0};
    tell(no);
    const auto told = explained();
    EXPECT_FALSE(told.held_back);
    EXPECT_THAT(to_json({told}), HasSubstr("\"held_back\": null"));
}

TEST_F(explain_test, counts_what_else_happened_in_that_minute) {
    tell(timed_out("GET /a", 1s));
    for (int i = 0; i < 30; ++i) {
        tell(success("GET /a", 2s, 20ms));
        tell(success("GET /b", 2s, 1ms));
        tell(refused(
            "GET /a",
            3s,
            {cause_kind::breaker_open, shed_reason::none, "breaker.reset", 60s},
            errc::breaker_open
        ));
    }
    tell(timed_out("GET /b", 3s, 8));
    tell(timed_out("GET /a", 2min, 9));
    const auto told = explained();
    EXPECT_EQ(told.around.by_outcome[static_cast<std::size_t>(outcome::success)], 30U);
    EXPECT_EQ(told.around.by_outcome[static_cast<std::size_t>(outcome::timeout)], 1U);
    EXPECT_EQ(told.around.refused_by_breaker, 30U);
    EXPECT_EQ(told.around.others, 31U);
    EXPECT_EQ(told.around.others_failed, 1U);
    EXPECT_EQ(told.around.usual_count, 30U);
    EXPECT_THAT(to_text(told), HasSubstr("This one hung"));
}

TEST_F(explain_test, a_limit_close_to_the_usual_time_is_called_tight) {
    tell(timed_out("GET /a", 1s));
    for (int i = 0; i < 30; ++i) {
        tell(success("GET /a", 2s, 4'800ms));
    }
    EXPECT_THAT(to_text(explained()), HasSubstr("raise request.timeout"));
}

TEST_F(explain_test, names_the_steps_of_the_backend_and_the_deploy_near_it) {
    const std::array said{event::attribute{"said", "the backend hangs"}};
    event hang = step(surface::supervisor, "hang", 4s);
    hang.attributes = said;
    tell(hang);
    tell(step(surface::supervisor, "start", 30min));
    mark("v1.4");
    tell(timed_out("GET /a", 1s));
    const auto told = explained();
    ASSERT_EQ(told.backend.size(), 1U);
    const auto text = to_text(told);
    EXPECT_THAT(text, HasSubstr("hang 3.00 s after it began: the backend hangs"));
    EXPECT_THAT(text, HasSubstr("\"v1.4\" 1.00 s before"));
}

TEST_F(explain_test, of_a_crash_loop_the_crash_beside_it_is_shown) {
    for (int i = 0; i < 100; ++i) {
        const std::string said = "crash " + std::to_string(i);
        const std::array attributes{event::attribute{"said", said}};
        event end = step(surface::supervisor, "exit", i * 1s);
        end.ended = outcome::failure;
        end.attributes = attributes;
        tell(end);
        tell(step(surface::supervisor, "start", i * 1s + 100ms));
    }
    tell(timed_out("GET /a", 20s));
    const auto told = explained();
    EXPECT_EQ(told.backend.size(), 30U);
    const auto text = to_text(told);
    EXPECT_THAT(text, HasSubstr("exit 5.00 s after it began: crash 25"));
    EXPECT_THAT(text, Not(HasSubstr("crash 85")));
    EXPECT_THAT(text, Not(HasSubstr("start ")));
    EXPECT_THAT(text, HasSubstr("further steps"));
}

TEST_F(explain_test, says_where_the_backend_was_seen_to_hang_when_it_timed_out) {
    const std::array now{event::attribute{"said", "hung in psycopg2 connect -> poll fd 7, 5.0 s"}};
    const std::array before{event::attribute{"said", "hung in an older place"}};
    const std::array asked{event::attribute{"said", "seen in selectors select"}};
    for (const auto& [at, said] : {std::pair{0s, before}, {62s, asked}, {66s, now}}) {
        event stacks = step(surface::supervisor, "stacks", at);
        stacks.attributes = said;
        tell(stacks);
    }
    tell(timed_out("GET /a", 61s));
    EXPECT_THAT(
        to_text(explained()),
        HasSubstr("and was seen then: hung in psycopg2 connect -> poll fd 7, 5.0 s.")
    );
}

TEST_F(explain_test, no_text_from_outside_steers_the_terminal) {
    tell(timed_out("GET /\x1b[2J", 1s));
    EXPECT_THAT(to_text(explained()), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace curfew::report
