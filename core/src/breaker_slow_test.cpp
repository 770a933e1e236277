#include <curfew/core/breaker.hpp>

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace curfew {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{1h};

breaker::permit acquire(breaker& from, time_point now) {
    auto got = from.try_acquire(now);
    EXPECT_TRUE(got.has_value());
    return got ? *std::move(got) : breaker::permit{};
}

void succeed(breaker::permit& permit, time_point now) {
    permit.finish(outcome::success, cause_kind::completed, now);
}

breaker_state state(const breaker& of, time_point now) {
    return of.status(now).state;
}

constexpr breaker_config half_slow{
    .consecutive_failures = 0,
    .slow_after = 1s,
    .slow_rate = {.percent = 50, .min_calls = 4},
};

TEST(breaker, item_7_slow_calls_in_flight_open_it_before_they_end) {
    breaker machine{half_slow};
    std::vector<breaker::permit> running;
    for (int made = 0; made < 4; ++made)
        running.push_back(acquire(machine, start));
    for (auto& permit : running)
        permit.mark_slow(start + 1s);
    EXPECT_EQ(state(machine, start + 1s), breaker_state::open);
    EXPECT_EQ(machine.status(start + 1s).totals.slow, 4);
}

TEST(breaker, item_7_a_slow_call_counts_once_however_it_is_told) {
    breaker machine{half_slow};
    auto marked = acquire(machine, start);
    marked.mark_slow(start + 1s);
    marked.mark_slow(start + 2s);
    succeed(marked, start + 3s);
    auto unmarked = acquire(machine, start);
    succeed(unmarked, start + 1s);
    auto quick = acquire(machine, start);
    succeed(quick, start + 1s - 1ns);
    EXPECT_EQ(machine.status(start + 3s).slow, (tally{3, 2}));
    EXPECT_EQ(machine.status(start + 3s).totals.slow, 2);
}

TEST(breaker, item_7_what_a_call_took_may_be_less_than_its_permit_was_held) {
    breaker machine{half_slow};
    for (const duration took : {duration{1s - 1ns}, duration{1s}}) {
        auto permit = acquire(machine, start);
        permit.finish(outcome::success, cause_kind::completed, start + 9s, took);
    }
    EXPECT_EQ(machine.status(start + 9s).slow, (tally{2, 1}));
    auto told = acquire(machine, start);
    told.mark_slow(start + 9s);
    EXPECT_TRUE(told.slow());
    told.finish(outcome::success, cause_kind::completed, start + 9s, 0s);
    EXPECT_EQ(machine.status(start + 9s).slow, (tally{3, 2})) << "what was told stays told";
}

TEST(breaker, item_7_a_slow_call_that_fails_is_still_a_failure) {
    breaker machine{{
        .consecutive_failures = 5,
        .failure_rate = {.percent = 50, .min_calls = 2},
        .slow_after = 1s,
        .slow_rate = {.percent = 100, .min_calls = 100},
    }};
    for (int made = 0; made < 2; ++made) {
        auto permit = acquire(machine, start);
        permit.mark_slow(start + 1s);
        permit.finish(outcome::timeout, cause_kind::own_timeout, start + 30s);
    }
    EXPECT_EQ(state(machine, start + 30s), breaker_state::open);
}

TEST(breaker, item_7_five_hanging_calls_open_it_while_they_hang) {
    breaker machine;
    std::vector<breaker::permit> hung;
    for (int made = 0; made < 5; ++made)
        hung.push_back(acquire(machine, start));
    for (auto& permit : hung) {
        EXPECT_EQ(state(machine, start + 2s), breaker_state::closed);
        permit.mark_hanging(start + 2s);
    }
    EXPECT_EQ(state(machine, start + 2s), breaker_state::open);
    EXPECT_EQ(machine.status(start + 2s).retry_after, 60s);
    for (auto& permit : hung)
        permit.finish(outcome::timeout, cause_kind::own_timeout, start + 30s);
    EXPECT_EQ(machine.status(start + 30s).retry_after, 32s);
}

TEST(breaker, item_7_a_hanging_call_is_not_counted_again_when_it_ends) {
    breaker machine{{.failure_rate = {.percent = 100, .min_calls = 100}}};
    for (int made = 0; made < 2; ++made) {
        auto permit = acquire(machine, start);
        permit.mark_hanging(start + 2s);
        permit.mark_hanging(start + 3s);
        permit.finish(outcome::failure, cause_kind::completed, start + 4s);
    }
    EXPECT_EQ(machine.status(start + 4s).consecutive, 2);
    EXPECT_EQ(machine.status(start + 4s).failures, (tally{2, 2}));
    EXPECT_EQ(machine.status(start + 4s).totals.hanging, 2);
}

TEST(breaker, item_7_a_hanging_call_that_ends_well_ends_the_row_of_failures) {
    breaker machine;
    auto hung = acquire(machine, start);
    for (int made = 0; made < 3; ++made) {
        auto permit = acquire(machine, start);
        permit.finish(outcome::failure, cause_kind::completed, start + 1s);
    }
    hung.mark_hanging(start + 2s);
    EXPECT_EQ(machine.status(start + 2s).consecutive, 4);
    succeed(hung, start + 3s);
    EXPECT_EQ(machine.status(start + 3s).consecutive, 0);
}

TEST(breaker, item_7_a_slow_probe_is_a_failed_probe) {
    auto config = half_slow;
    config.reset = 60s;
    breaker machine{config};
    std::vector<breaker::permit> running;
    for (int made = 0; made < 4; ++made)
        running.push_back(acquire(machine, start));
    for (auto& permit : running)
        succeed(permit, start + 1s);
    ASSERT_EQ(state(machine, start + 1s), breaker_state::open);

    auto ends_slow = acquire(machine, start + 61s);
    succeed(ends_slow, start + 62s);
    ASSERT_EQ(state(machine, start + 62s), breaker_state::open);

    auto runs_slow = acquire(machine, start + 122s);
    runs_slow.mark_slow(start + 123s);
    EXPECT_EQ(state(machine, start + 123s), breaker_state::open);
    succeed(runs_slow, start + 124s);
    EXPECT_EQ(state(machine, start + 124s), breaker_state::open);
    EXPECT_EQ(machine.status(start + 124s).retry_after, 59s);
}

TEST(breaker, item_7_a_hanging_probe_fails_once_and_frees_its_place) {
    breaker machine{{.probe_results = 3, .probe_failures = 2}};
    for (int made = 0; made < 5; ++made) {
        auto permit = acquire(machine, start);
        permit.finish(outcome::failure, cause_kind::completed, start);
    }
    auto probe = acquire(machine, start + 60s);
    EXPECT_TRUE(probe.probe());
    probe.mark_hanging(start + 61s);
    EXPECT_EQ(machine.status(start + 61s).probes_done, 1);
    EXPECT_EQ(machine.status(start + 61s).probes_running, 0);
    probe.finish(outcome::timeout, cause_kind::own_timeout, start + 62s);
    EXPECT_EQ(machine.status(start + 62s).probes_done, 1);
    EXPECT_EQ(state(machine, start + 100s), breaker_state::half_open);
}

struct hung_and_open : testing::Test {
    void SetUp() override {
        for (int made = 0; made < 5; ++made)
            hung.push_back(acquire(machine, start));
        for (auto& permit : hung)
            permit.mark_hanging(start);
        ASSERT_EQ(state(machine, start), breaker_state::open);
    }

    breaker machine;
    std::vector<breaker::permit> hung;
};

TEST_F(hung_and_open, a_hint_of_recovery_leads_to_a_probe_and_is_no_verdict) {
    EXPECT_TRUE(hung[0].hanging());
    succeed(hung[0], start + 10s);
    EXPECT_EQ(machine.status(start + 10s).retry_after, 50s);  // the result alone changes nothing
    machine.hint_recovered(start + 10s);
    EXPECT_EQ(state(machine, start + 10s), breaker_state::half_open);
    auto probe = acquire(machine, start + 10s);
    probe.finish(outcome::failure, cause_kind::completed, start + 11s);
    EXPECT_EQ(machine.status(start + 11s).retry_after, 60s);
}

TEST_F(hung_and_open, a_hint_never_leaves_less_than_the_least_open_period) {
    machine.hint_recovered(start + 300ms);
    EXPECT_EQ(machine.status(start + 300ms).retry_after, 700ms);
    machine.hint_recovered(start + 400ms);
    EXPECT_EQ(machine.status(start + 400ms).retry_after, 600ms);
    EXPECT_EQ(state(machine, start + 1s), breaker_state::half_open);
}

TEST_F(hung_and_open, a_hint_never_prolongs_and_means_nothing_elsewhere) {
    machine.hint_recovered(start + 60s);
    EXPECT_EQ(state(machine, start + 60s), breaker_state::half_open);
    machine.hint_recovered(start + 61s);
    EXPECT_EQ(state(machine, start + 61s), breaker_state::half_open);
    auto probe = acquire(machine, start + 61s);
    succeed(probe, start + 62s);
    machine.hint_recovered(start + 62s);
    EXPECT_EQ(state(machine, start + 62s), breaker_state::closed);
}

}  // namespace
}  // namespace curfew
