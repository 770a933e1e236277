#include <curfew/alerts/engine.hpp>

#include <gtest/gtest.h>

#include <string>

namespace curfew::alerts {
namespace {

using namespace std::chrono_literals;

policy::alert_policy rule(std::string name, std::string when, std::string operation = {}) {
    policy::alert_policy made;
    made.name = std::move(name);
    made.when = std::move(when);
    made.operation = std::move(operation);
    made.due = policy::parse_condition(made.when).value();
    const bool counts = policy::measure_of(made.due.what) == policy::measure::count;
    made.clear_at = counts ? made.due.value : made.due.value * 4 / 5;
    made.min_calls = 10;
    return made;
}

/// An engine and a clock by hand; a line of text for what it says.
struct engine_test : testing::Test {
    void begin(const std::vector<policy::alert_policy>& rules) { all.emplace(rules, now); }

    void call(
        std::string_view name, int times, outcome ended = outcome::success, duration took = 5ms
    ) {
        for (int i = 0; i < times; ++i) {
            all->take({.name = name, .ended = ended, .took = took, .at = now});
        }
    }

    std::string step(duration after = 1s) {
        now += after;
        std::string text;
        for (const change& each : all->step(now)) {
            text += each.now.alert + '/' + each.now.operation + ' ';
            text += to_string(each.what);
            text += " (" + each.now.figure_text + (each.silenced ? ", silent" : "") + ") ";
        }
        return text;
    }

    std::string state_of(std::size_t which = 0) {
        std::string text;
        const summary one = all->summaries(now)[which];
        for (const standing& each : one.operations) {
            text += each.operation + ' ';
            text += to_string(each.is);
            text += "; ";
        }
        return text;
    }

    time_point now{1h};
    std::optional<engine> all;
};

TEST_F(engine_test, fires_beyond_the_value_and_not_at_it) {
    begin({rule("slow", "timeout_rate > 1%"), rule("at", "timeout_rate >= 1%")});
    call("a", 99);
    call("a", 1, outcome::timeout);
    EXPECT_EQ(step(), "at/ firing (1.00% of 100 calls in 1m) ");
    call("a", 99);
    call("a", 1, outcome::timeout);
    EXPECT_EQ(step(), "");
    call("a", 1, outcome::timeout);
    EXPECT_EQ(step(), "slow/ firing (1.49% of 201 calls in 1m) ");
}

TEST_F(engine_test, nothing_is_alarmed_by_too_few_calls_or_none) {
    begin({rule("slow", "timeout_rate > 1%")});
    EXPECT_EQ(step(), "");
    EXPECT_EQ(state_of(), " no_data; ");
    call("a", 9, outcome::timeout);
    EXPECT_EQ(step(), "");
    EXPECT_EQ(state_of(), " no_data; ");
    EXPECT_EQ(all->summaries(now)[0].operations[0].figure_text, "9 calls in 1m, of 10 it takes");
    call("a", 1, outcome::timeout);
    EXPECT_EQ(step(), "slow/ firing (100.00% of 10 calls in 1m) ");
}

TEST_F(engine_test, ends_below_the_lower_bound_and_not_between) {
    begin({rule("slow", "timeout_rate > 10%")});
    call("a", 88);
    call("a", 12, outcome::timeout);
    EXPECT_EQ(step(), "slow/ firing (12.00% of 100 calls in 1m) ");
    call("a", 40);
    EXPECT_EQ(step(), "") << "8.57 % is between 8 and 10";
    EXPECT_EQ(state_of(), " firing; ");
    call("a", 10);
    EXPECT_EQ(step(), "slow/ clearing (8.00% of 150 calls in 1m) ");
    EXPECT_EQ(step(59s).substr(0, 5), "") << "not yet";
    EXPECT_EQ(step(1s), "slow/ resolved (0 calls in 1m, of 10 it takes) ");
}

TEST_F(engine_test, a_quantile_is_over_exactly_when_more_calls_than_its_tail_were) {
    begin({rule("p", "p90 > 250ms"), rule("q", "p90 >= 250ms")});
    call("a", 90, outcome::success, 5ms);
    call("a", 10, outcome::success, 251ms);
    EXPECT_EQ(step(), "");
    call("a", 1, outcome::success, 250ms);
    EXPECT_EQ(step(), "q/ firing (10.89% of 101 calls in 1m took 250ms or more) ");
    call("a", 1, outcome::success, 251ms);
    EXPECT_EQ(step(), "p/ firing (10.78% of 102 calls in 1m took over 250ms) ");
}

TEST_F(engine_test, a_pattern_watches_each_operation_by_itself) {
    begin(
        {rule("each", "failure_rate > 50%", "GET /*"), rule("one", "failure_rate > 50%", "POST /b")}
    );
    call("GET /a", 20, outcome::failure);
    call("GET /b", 20);
    call("POST /a", 20, outcome::failure);
    EXPECT_EQ(step(), "each/GET /a firing (100.00% of 20 calls in 1m) ");
    EXPECT_EQ(state_of(0), "GET /a firing; GET /b inactive; ");
    EXPECT_EQ(state_of(1), "POST /b no_data; ");
}

TEST_F(engine_test, other_surfaces_and_refusals_are_told_apart) {
    auto database = rule("db", "error_rate > 1%");
    database.where = surface::database;
    begin({database, rule("refused", "refusal_rate > 1%"), rule("failed", "failure_rate > 1%")});
    for (int i = 0; i < 20; ++i) {
        all->take({.name = "a", .ended = outcome::ignored, .refused = true, .at = now});
    }
    EXPECT_EQ(step(), "refused/ firing (100.00% of 20 calls in 1m) ");
}

TEST_F(engine_test, a_breaker_that_opens_neither_hides_timeouts_nor_ends_the_alert) {
    begin({rule("slow", "timeout_rate > 10% for 3s"), rule("p", "p50 > 1s")});
    const auto refuse = [&](int times) {
        for (int i = 0; i < times; ++i) {
            all->take({.name = "a", .ended = outcome::ignored, .refused = true, .at = now});
        }
    };
    call("a", 5, outcome::timeout, 2s);
    refuse(300);
    EXPECT_EQ(
        step(),
        "slow/ pending (100.00% of 5 calls in 1m (and 300 were refused)) "
        "p/ firing (100.00% of 5 calls in 1m took over 1s (and 300 were refused)) "
    );
    EXPECT_EQ(step(3s), "slow/ firing (100.00% of 5 calls in 1m (and 300 were refused)) ");
    now += 30s;
    refuse(300);
    EXPECT_EQ(step(40s), "");
    EXPECT_EQ(state_of(), " firing; ");
    EXPECT_EQ(
        all->summaries(now)[0].operations[0].figure_text, "all of 300 calls in 1m were refused"
    );
}

TEST_F(engine_test, no_client_silences_an_alert_by_what_is_rejected_or_by_leaving) {
    for (const std::string operation : {"", "*"}) {
        auto slow = rule("slow", "timeout_rate > 10%", operation);
        auto wrong = rule("wrong", "error_rate > 10%", operation);
        auto late = rule("late", "p90 > 1s", operation);
        begin({slow, wrong, late});
        call("a", 15);
        call("a", 5, outcome::timeout, 2s);
        for (int i = 0; i < 1'000; ++i) {
            event garbage;
            garbage.name = operation.empty() ? "request" : "a";
            garbage.ended = outcome::ignored;
            garbage.why = {i % 2 == 0 ? cause_kind::rejected : cause_kind::shutdown};
            garbage.started = now;
            all->take(sample_of(garbage, false));
        }
        call("a", 1'000, outcome::cancelled, 1ms);
        const std::string name = operation.empty() ? "" : "a";
        EXPECT_EQ(
            step(),
            "slow/" + name + " firing (25.00% of 20 calls in 1m) wrong/" + name +
                " firing (25.00% of 20 calls in 1m) late/" + name +
                " firing (25.00% of 20 calls in 1m took over 1s) "
        );
        now += 2min;
    }
}

TEST_F(engine_test, what_says_nothing_of_an_operation_is_no_data_on_it) {
    begin({rule("slow", "timeout_rate > 10%", "*"), rule("busy", "rate > 1/s", "*")});
    call("request", 100, outcome::ignored);
    EXPECT_EQ(step(), "");
    EXPECT_EQ(state_of(0), " no_data; ");
    EXPECT_EQ(state_of(1), "request no_data; ") << "it came, so the rate knows of it";
    call("a", 1, outcome::timeout);
    call("a", 100, outcome::cancelled);
    EXPECT_EQ(step(), "") << "one call is too few, whoever left";
}

TEST_F(engine_test, who_left_after_more_than_the_value_had_a_call_that_took_as_long) {
    begin({rule("p", "p50 > 1s")});
    call("a", 10, outcome::success, 5ms);
    call("a", 9, outcome::cancelled, 2s);
    EXPECT_EQ(step(), "");
    call("a", 5, outcome::cancelled, 1s);
    EXPECT_EQ(step(), "") << "what it would have taken is not known";
    call("a", 2, outcome::cancelled, 2s);
    EXPECT_EQ(step(), "p/ firing (52.38% of 21 calls in 1m took over 1s) ");
}

TEST_F(engine_test, traffic_that_stops_is_told_by_its_rate_and_what_never_was_is_not) {
    begin({rule("quiet", "rate < 1/s for 10s"), rule("never", "rate < 1/s", "POST /x")});
    for (int i = 0; i < 120; ++i) {
        call("a", 2);
        EXPECT_EQ(step(), "") << i;
    }
    EXPECT_EQ(state_of(), " inactive; ");
    int silent = 0;
    std::string told;
    while (told.find("firing") == told.npos && silent < 100) {
        told = step();
        ++silent;
    }
    EXPECT_GE(silent, 39);
    EXPECT_LE(silent, 41) << "half of the minute, and ten seconds: " << told;
    EXPECT_EQ(state_of(1), "POST /x no_data; ");
}

TEST_F(engine_test, what_happens_to_the_process_is_counted_over_its_time) {
    begin(
        {rule("crashes", "restarts > 2 for 10m"),
         rule("lost", "dropped > 0"),
         rule("book", "ledger_failing for 5s")}
    );
    EXPECT_EQ(step(), "");
    EXPECT_EQ(state_of(), " inactive; ") << "none is a count";
    all->take(incident::restart, 1, now);
    all->take(incident::restart, 1, now);
    all->take(incident::hang, 5, now);
    EXPECT_EQ(step(), "");
    all->take(incident::restart, 1, now);
    EXPECT_EQ(step(), "crashes/ firing (3 in 10m) ");
    all->take(incident::dropped, 7, now);
    EXPECT_EQ(step(), "lost/ firing (7 in 10m) ");
    all->tell_ledger(true);
    EXPECT_EQ(step(), "book/ pending (the ledger cannot be written) ");
    EXPECT_EQ(step(5s), "book/ firing (the ledger cannot be written) ");
    all->tell_ledger(false);
    EXPECT_EQ(step(), "book/ clearing (the ledger is written) ");
}

TEST_F(engine_test, a_silence_holds_for_its_time_and_the_alert_goes_on) {
    begin({rule("slow", "timeout_rate > 1%")});
    EXPECT_FALSE(all->silence("slwo", 1h, now));
    EXPECT_TRUE(all->silence("slow", 10s, now));
    call("a", 20, outcome::timeout);
    EXPECT_EQ(step(), "slow/ firing (100.00% of 20 calls in 1m, silent) ");
    EXPECT_EQ(all->summaries(now)[0].silenced_for, 9s);
    EXPECT_EQ(step(9s), "slow/ firing (100.00% of 20 calls in 1m) ") << "told when it is over";
    EXPECT_FALSE(all->summaries(now)[0].silenced);
    EXPECT_TRUE(all->silence("slow", 1h, now));
    EXPECT_TRUE(all->silence("slow", 0s, now));
    EXPECT_FALSE(all->summaries(now)[0].silenced);
}

TEST_F(engine_test, nobody_hears_of_the_end_of_what_he_never_heard_of) {
    auto slow = rule("slow", "timeout_rate > 1%");
    slow.clear_for = 0s;
    begin({slow});
    EXPECT_TRUE(all->silence("slow", 62s, now));
    call("a", 20, outcome::timeout);
    EXPECT_EQ(step(), "slow/ firing (100.00% of 20 calls in 1m, silent) ");
    EXPECT_EQ(step(60s), "slow/ resolved (0 calls in 1m, of 10 it takes, silent) ");
    EXPECT_EQ(step(10s), "");
}

TEST_F(engine_test, other_rules_keep_what_means_the_same_and_end_what_is_gone) {
    const auto slow = rule("slow", "timeout_rate > 1%");
    begin({slow, rule("gone", "timeout_rate > 2%")});
    call("a", 20, outcome::timeout);
    EXPECT_NE(step().find("gone/ firing"), std::string::npos);
    auto louder = slow;
    louder.severity = policy::urgency::critical;
    const auto ended = all->adopt({rule("new", "timeout_rate > 3%"), louder}, now);
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].what, transition::resolved);
    EXPECT_EQ(ended[0].now.alert, "gone");
    EXPECT_EQ(state_of(0), " no_data; ");
    EXPECT_EQ(state_of(1), " firing; ");
    EXPECT_EQ(step(), "") << "it is not told twice";
}

TEST_F(engine_test, operations_are_bounded_and_the_rest_is_counted_together) {
    begin({rule("each", "failure_rate > 50%", "*")});
    for (int i = 0; i < 1'000; ++i) {
        call("GET /" + std::to_string(i), 20, outcome::failure);
    }
    const auto told = all->step(now);
    EXPECT_EQ(told.size(), engine::operations_max);
    EXPECT_EQ(told.back().now.operation, "other");
    EXPECT_TRUE(all->summaries(now)[0].folds);
}

TEST(matches, a_star_is_anything) {
    EXPECT_TRUE(matches("*", ""));
    EXPECT_TRUE(matches("GET /*", "GET /"));
    EXPECT_TRUE(matches("GET /*/b", "GET /a/b/b"));
    EXPECT_TRUE(matches("*/b*", "GET /a/bc"));
    EXPECT_FALSE(matches("GET /*/b", "GET /a/bc"));
    EXPECT_FALSE(matches("GET /a", "GET /ab"));
    EXPECT_FALSE(matches("", "a"));
    EXPECT_FALSE(matches("*a*a*a*a*b", std::string(300, 'a')));
}

}  // namespace
}  // namespace curfew::alerts
