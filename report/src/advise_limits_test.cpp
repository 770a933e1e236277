#include "report_scenario.hpp"
#include <curfew/policy/load.hpp>
#include <curfew/report/limit_advice.hpp>

#include <gmock/gmock.h>

#include <random>

namespace curfew::report {
namespace {

using statistics::advice_reason;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string shop = R"(
[upstream.main]
urls = ["http://127.0.0.1:8000"]
[[route]]
name = "items"
path = "/items"
[[route]]
name = "orders"
path = "/orders"
timeout = "5s"
)";

class advise_limits_test : public report_scenario {
  protected:
    limit_advice advised(duration length = 3 * 24h, const std::string& file = shop) {
        policy::sources from;
        from.file_name = "curfew.toml";
        from.file_text = file;
        const auto rules = policy::load(from).snapshot;
        EXPECT_TRUE(rules);
        auto book = read();
        auto made = advise_limits(book, {{noon, noon + length}, std::nullopt, rules.get()});
        EXPECT_TRUE(made);
        return made ? *std::move(made) : limit_advice{};
    }

    /// A call each minute of an hour, every quarter of an hour, from `from` to `to`.
    void tell_calls(std::string_view name, duration from, duration to, duration median) {
        std::lognormal_distribution<double> factor{0, 0.4};
        for (duration at = from; at < to; at += 15min) {
            for (int i = 0; i < 30; ++i) {
                const double took = static_cast<double>(median.count()) * factor(random_);
                tell(success(name, at + 1s * i, duration{static_cast<duration::rep>(took)}));
            }
        }
    }

    event late(std::string_view name, duration at, duration limit) {
        event what = timed_out(name, at);
        what.took = limit + 1ms;
        what.limit = limit;
        what.why.limit = limit;
        return what;
    }

    std::mt19937_64 random_{7};
};

TEST_F(advise_limits_test, of_nothing_is_nothing_and_says_so) {
    const auto made = advised();
    EXPECT_TRUE(made.operations.empty());
    EXPECT_TRUE(edits_of(made).empty());
    EXPECT_THAT(to_text(made), HasSubstr("no call was recorded in that time"));
    EXPECT_THAT(to_json(made, {}), HasSubstr("\"operations\": []"));
}

TEST_F(advise_limits_test, a_limit_is_the_quantile_times_its_margin) {
    tell_calls("items", 0h, 72h, 100ms);
    const auto made = advised();
    ASSERT_EQ(made.operations.size(), 1U);
    const auto& of = made.operations[0];
    EXPECT_EQ(of.key, "route.items.timeout");
    EXPECT_EQ(of.in_force, 30s) << "inherited";
    EXPECT_EQ(of.advice.reason, advice_reason::lowered);
    // P99 of a log-normal with sigma 0.4: exp(2.326 x 0.4) = 2.54 medians.
    EXPECT_GE(of.advice.limit, 360ms);
    EXPECT_LE(of.advice.limit, 420ms);
    EXPECT_LT(of.advice.calm_replay.rate, 0.002);
    EXPECT_GT(of.advice.calm_replay.interval.upper, of.advice.calm_replay.rate);
    const auto edits = edits_of(made);
    ASSERT_EQ(edits.size(), 1U);
    EXPECT_EQ(edits[0].key, "route.items.timeout");
    EXPECT_EQ(edits[0].value, of.advice.limit);
    EXPECT_THAT(to_text(made), HasSubstr("P99 of 8 640 calls"));
}

TEST_F(advise_limits_test, few_calls_advise_nothing) {
    for (int i = 0; i < 19; ++i) {
        tell(success("orders", 1min * i, 10ms));
    }
    const auto made = advised();
    EXPECT_EQ(made.operations[0].advice.reason, advice_reason::cold_start);
    EXPECT_EQ(made.operations[0].advice.limit, 5s);
    EXPECT_TRUE(edits_of(made).empty());
    EXPECT_THAT(to_text(made), HasSubstr("5s stays: too few calls to advise on"));
}

TEST_F(advise_limits_test, no_limit_is_lowered_by_calls_too_few_to_bound_it) {
    for (int i = 0; i < 60; ++i) {
        tell(success("orders", 1min * i, 1ms));
    }
    const auto made = advised();
    EXPECT_EQ(made.operations[0].advice.limit, 5s);
    EXPECT_TRUE(edits_of(made).empty());
}

TEST_F(advise_limits_test, no_limit_is_lowered_by_the_history_of_an_hour) {
    for (int i = 0; i < 4'000; ++i) {
        tell(success("orders", 600ms * i, 10ms));
    }
    const auto made = advised();
    const auto& of = made.operations[0];
    EXPECT_EQ(of.advice.reason, advice_reason::lowered) << "it would be";
    EXPECT_TRUE(of.held_by_young_history());
    EXPECT_EQ(of.seen.length, 40min);
    EXPECT_FALSE(of.is_new());
    EXPECT_TRUE(edits_of(made).empty());
    EXPECT_THAT(to_text(made), HasSubstr("5s stays, not lowered to 15ms: only 40m of history"));
    EXPECT_THAT(to_json(made, {}), HasSubstr("\"reason\": \"young_history\""));
}

TEST_F(advise_limits_test, a_limit_is_raised_by_the_history_of_an_hour) {
    for (int i = 0; i < 1'000; ++i) {
        tell(success("orders", 1s * i, i % 5 == 0 ? 4'900ms : 1s));
    }
    const auto made = advised();
    EXPECT_EQ(made.operations[0].advice.reason, advice_reason::raised);
    ASSERT_EQ(edits_of(made).size(), 1U);
    EXPECT_GT(edits_of(made)[0].value, 7s);
}

TEST_F(advise_limits_test, bursts_a_day_apart_lower_nothing_and_a_job_of_each_night_does) {
    for (int i = 0; i < 400; ++i) {
        tell(success("items", (i < 200 ? 0h : 30h) + 1s * i, 100ms));
    }
    for (int night = 0; night < 7; ++night) {
        for (int i = 0; i < 60; ++i) {
            tell(success("orders", 24h * night + 1min * (i / 10), 100ms));
        }
    }
    const auto made = advised(7 * 24h);
    for (const auto& of : made.operations) {
        EXPECT_EQ(of.held_by_young_history(), of.name == "items") << of.name;
    }
    EXPECT_THAT(to_text(made), HasSubstr("calls in only 2 of 31 hours"));
}

TEST_F(advise_limits_test, a_day_after_a_change_a_limit_is_lowered_and_not_before) {
    tell_calls("items", 0h, 120h, 1s);
    tell_calls("items", 120h, 142h, 100ms);
    const auto made = advised(142h);
    EXPECT_FALSE(made.operations[0].cut_at) << "too young to begin a history with";
    EXPECT_GE(made.operations[0].advice.limit, 3s);
}

TEST_F(advise_limits_test, the_shared_limit_is_not_lowered_by_the_history_of_an_hour) {
    for (int i = 0; i < 3'000; ++i) {
        tell(success("GET /quick", 1s * i, 50ms));
    }
    const auto made = advised(24h, "[upstream.main]\nurls = [\"http://127.0.0.1:8000\"]\n");
    ASSERT_TRUE(made.shared);
    EXPECT_EQ(made.shared->limit, 30s);
    ASSERT_TRUE(made.shared->too_low);
    EXPECT_LT(*made.shared->too_low, 1s);
    EXPECT_TRUE(edits_of(made).empty());
    EXPECT_THAT(to_text(made), HasSubstr("30s stays, not lowered to "));
}

TEST_F(advise_limits_test, a_young_operation_needs_twice_its_longest_call_of_the_shared_limit) {
    tell_calls("GET /quick", 0h, 24h, 50ms);
    for (int i = 0; i < 2'000; ++i) {
        tell(success("GET /young", 23h + 1s * i, i == 7 ? 1'500ms : 10ms));
    }
    const auto made = advised(24h, "[upstream.main]\nurls = [\"http://127.0.0.1:8000\"]\n");
    ASSERT_TRUE(made.shared);
    EXPECT_EQ(made.shared->decided_by, "GET /young");
    EXPECT_GE(made.shared->limit, 3s);
    EXPECT_LE(made.shared->limit, 3'200ms);
    EXPECT_EQ(edits_of(made).size(), 1U);
}

TEST_F(advise_limits_test, what_the_last_calls_took_holds_though_no_change_is_told_yet) {
    tell_calls("orders", 0h, 71h, 100ms);
    tell_calls("orders", 71h, 72h, 1s);
    const auto made = advised();
    EXPECT_GE(made.operations[0].advice.limit, 2540ms) << "the P99 of the last hour";
}

TEST_F(advise_limits_test, calls_that_were_cut_count_as_at_least_that_long) {
    // 30 % are cut at 5 s, and slow ones complete all the way up to it.
    for (int minute = 0; minute < 400; minute += 5) {
        for (int i = 0; i < 10; ++i) {
            const duration at = 1min * minute + 1s * i;
            i < 7 ? tell(success("orders", at, 700ms * (i + 1))) : tell(late("orders", at, 5s));
        }
    }
    const auto made = advised(24h);
    const auto& of = made.operations[0];
    EXPECT_EQ(of.advice.reason, advice_reason::cut_short);
    EXPECT_EQ(of.advice.limit, 10s);
    EXPECT_EQ(of.advice.calm.quantile.cut, 240U);
    EXPECT_EQ(of.advice.calm.quantile.at_least, 5s) << "the exact limit, from the rows";
    EXPECT_EQ(of.ran_under, 5s);
    EXPECT_THAT(to_text(made), HasSubstr("too many calls were cut to see how long they need"));
}

TEST_F(advise_limits_test, calls_that_hung_do_not_lengthen_the_limit) {
    tell_calls("orders", 0h, 72h, 100ms);
    for (int i = 0; i < 250; ++i) {
        tell(late("orders", 15min * i, 5s));
    }
    const auto made = advised();
    const auto& of = made.operations[0];
    EXPECT_EQ(of.advice.calm.hung, 250U);
    EXPECT_EQ(of.advice.calm.quantile.cut, 0U);
    EXPECT_LE(of.advice.limit, 420ms);
    EXPECT_THAT(to_text(made), HasSubstr("250 hung"));
}

TEST_F(advise_limits_test, a_connection_that_was_not_made_says_nothing_about_the_work) {
    tell_calls("orders", 0h, 24h, 100ms);
    event unreachable = late("orders", 1h, 5s);
    unreachable.why.limit_name = "upstream.connect_timeout";
    event failed = success("orders", 2h, 4s);
    failed.ended = outcome::failure;
    failed.error = errc::upstream_reset;
    for (int i = 0; i < 100; ++i) {
        tell(unreachable);
        tell(failed);
    }
    const auto made = advised(24h);
    const auto& of = made.operations[0];
    EXPECT_EQ(of.advice.calm.quantile.cut + of.advice.calm.hung, 0U);
    EXPECT_EQ(of.advice.calm.quantile.completed, 2'880U);
}

TEST_F(advise_limits_test, what_an_adaptive_limit_cut_took_at_least_as_long_as_that) {
    tell_calls("orders", 0h, 24h, 400ms);
    for (int i = 0; i < 96; ++i) {
        event cut = late("orders", 15min * i, 500ms);
        cut.why.limit_name = "route.orders.adaptive";
        tell(cut);
    }
    const auto made = advised(24h);
    EXPECT_EQ(made.operations[0].advice.calm.quantile.cut, 96U);
}

TEST_F(advise_limits_test, callers_that_gave_less_time_are_told_and_count_too) {
    tell_calls("orders", 0h, 24h, 400ms);
    for (int i = 0; i < 96; ++i) {
        event cut = late("orders", 15min * i, 500ms);
        cut.why = {cause_kind::inherited_deadline, shed_reason::none, "x-curfew-timeout-ms", 500ms};
        cut.error = errc::inherited_deadline;
        tell(cut);
    }
    const auto made = advised(24h);
    EXPECT_EQ(made.operations[0].cut_by_callers, 96U);
    EXPECT_EQ(made.operations[0].advice.calm.quantile.cut, 96U);
    EXPECT_THAT(to_text(made), HasSubstr("96 by their caller's"));
}

TEST_F(advise_limits_test, the_history_begins_at_the_last_change) {
    tell_calls("items", 0h, 36h, 1s);
    tell_calls("items", 36h, 72h, 100ms);
    const auto made = advised();
    const auto& of = made.operations[0];
    ASSERT_TRUE(of.cut_at);
    EXPECT_LE(std::chrono::abs(of.cut_at->at - (noon + 36h)), 1h);
    EXPECT_LE(of.advice.limit, 420ms) << "the slow past is another program's";
    EXPECT_THAT(to_text(made), HasSubstr("when its latency fell"));
}

TEST_F(advise_limits_test, a_young_change_for_the_worse_is_heeded_and_one_for_the_better_is_not) {
    tell_calls("items", 0h, 66h, 100ms);
    tell_calls("items", 66h, 72h, 1s);
    tell_calls("orders", 0h, 66h, 1s);
    tell_calls("orders", 66h, 72h, 100ms);
    const auto made = advised();
    for (const auto& of : made.operations) {
        EXPECT_FALSE(of.cut_at);
        ASSERT_TRUE(of.recent) << of.name;
        EXPECT_GE(of.advice.limit, 3s) << of.name;
    }
}

TEST_F(advise_limits_test, calls_that_waited_for_a_place_are_kept_apart) {
    tell_calls("orders", 0h, 24h, 100ms);
    for (int i = 0; i < 25; ++i) {
        event waited = success("orders", 7min + 1s * i, 4s);
        waited.account = {};
        waited.account.add(stage::queue, 3'900ms);
        waited.account.add(stage::attempt, 100ms, 1);
        tell(waited);
    }
    const auto made = advised(24h);
    const auto& of = made.operations[0];
    EXPECT_LE(of.advice.limit, 420ms);
    EXPECT_EQ(of.advice.pressed_replay.calls, 25U);
    EXPECT_EQ(of.advice.pressed_replay.false_timeouts, 25U);
    ASSERT_TRUE(of.advice.pressure_factor);
    EXPECT_GT(*of.advice.pressure_factor, 10);
    EXPECT_FALSE(of.held_by_contention()) << "25 of 2 905 are under 1 %";
    EXPECT_THAT(to_text(made), HasSubstr("kept apart"));
}

TEST_F(advise_limits_test, no_limit_is_lowered_onto_many_that_waited) {
    tell_calls("orders", 0h, 24h, 100ms);
    for (int i = 0; i < 100; ++i) {
        event waited = success("orders", 7min + 1min * (i % 7) + 15min * (i / 7), 4s);
        waited.account = {};
        waited.account.add(stage::queue, 4s);
        tell(waited);
    }
    const auto made = advised(24h);
    EXPECT_TRUE(made.operations[0].held_by_contention());
    EXPECT_TRUE(edits_of(made).empty());
    EXPECT_THAT(to_text(made), HasSubstr("5s stays: "));
}

TEST_F(advise_limits_test, long_bodies_advise_nothing) {
    for (int i = 0; i < 500; ++i) {
        event stream = success("orders", 1min * i, 200s);
        stream.account = {};
        stream.account.add(stage::attempt, 1s, 1);
        stream.account.add(stage::body, 199s);
        tell(stream);
    }
    const auto made = advised(24h);
    EXPECT_TRUE(made.operations[0].mostly_bodies());
    EXPECT_TRUE(edits_of(made).empty());
    EXPECT_THAT(to_text(made), HasSubstr("relaying bodies"));
}

TEST_F(advise_limits_test, a_limit_that_is_nearly_right_stays) {
    for (int i = 0; i < 2'000; ++i) {
        tell(success("orders", 1min * (i / 2), i % 50 == 0 ? 3'200ms : 1s));
    }
    const auto made = advised();
    EXPECT_EQ(made.operations[0].advice.reason, advice_reason::kept);
    EXPECT_TRUE(edits_of(made).empty());
}

TEST_F(advise_limits_test, routes_from_the_traffic_share_one_limit_as_long_as_the_slowest_needs) {
    tell_calls("GET /quick", 0h, 24h, 50ms);
    tell_calls("GET /slow", 0h, 24h, 1s);
    tell(success("GET /rare", 1h, 700ms));
    const auto made = advised(24h, "[upstream.main]\nurls = [\"http://127.0.0.1:8000\"]\n");
    ASSERT_TRUE(made.shared);
    EXPECT_EQ(made.shared->decided_by, "GET /slow");
    EXPECT_GE(made.shared->limit, 3s);
    EXPECT_LE(made.shared->limit, 5s);
    const auto edits = edits_of(made);
    ASSERT_EQ(edits.size(), 1U);
    EXPECT_EQ(edits[0].key, "request.timeout");
    EXPECT_THAT(to_text(made), HasSubstr("as long as `GET /slow` needs"));
}

TEST_F(advise_limits_test, one_that_is_little_known_holds_the_shared_limit) {
    tell_calls("GET /quick", 0h, 24h, 50ms);
    tell(late("GET /rare", 1h, 30s));
    const auto made = advised(24h, "[upstream.main]\nurls = [\"http://127.0.0.1:8000\"]\n");
    ASSERT_TRUE(made.shared);
    EXPECT_EQ(made.shared->limit, 30s);
    EXPECT_EQ(made.shared->decided_by, "GET /rare");
    EXPECT_TRUE(edits_of(made).empty());
}

TEST_F(advise_limits_test, what_the_policy_does_not_name_is_told_and_not_written) {
    tell_calls("GET /old", 0h, 24h, 50ms);
    event query = success("SELECT", 1s, 3ms);
    query.where = surface::database;
    tell(query);
    const auto made = advised(24h);
    EXPECT_FALSE(made.shared);
    EXPECT_TRUE(edits_of(made).empty());
    EXPECT_THAT(to_text(made), HasSubstr("the policy has no route of that name now"));
    EXPECT_THAT(to_text(made), HasSubstr("the policy has no key for its limit"));
}

TEST_F(advise_limits_test, no_text_from_outside_steers_the_terminal) {
    tell(success("GET /\x1b[2J", 1s, 1ms));
    EXPECT_THAT(to_text(advised()), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace curfew::report
