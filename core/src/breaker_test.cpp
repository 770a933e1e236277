#include <curfew/core/breaker.hpp>

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace curfew {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{1h};

struct recorder final : breaker_listener {
    void on_transition(const breaker_transition& change) noexcept override {
        seen.push_back(change);
        if (asked != nullptr) state_when_told = asked->status(change.at).state;
    }

    std::vector<breaker_transition> seen;
    const breaker* asked = nullptr;
    breaker_state state_when_told = breaker_state::closed;
};

/// A breaker with its clock: each helper makes whole calls.
struct bench {
    explicit bench(const breaker_config& config = {}) : machine{config, &heard} {}

    breaker::permit acquire() {
        auto got = machine.try_acquire(clock.now());
        EXPECT_TRUE(got.has_value());
        return got ? *std::move(got) : breaker::permit{};
    }

    void end(breaker::permit& permit, outcome result, cause_kind why = cause_kind::completed) {
        permit.finish(result, why, clock.now());
    }

    void call(outcome result, cause_kind why = cause_kind::completed, duration took = {}) {
        auto permit = acquire();
        clock.advance(took);
        end(permit, result, why);
    }

    void calls(int count, outcome result) {
        for (int made = 0; made < count; ++made)
            call(result);
    }

    void open() {
        calls(5, outcome::failure);
        ASSERT_EQ(state(), breaker_state::open);
    }

    void half_open() {
        open();
        clock.advance(60s);
        ASSERT_EQ(state(), breaker_state::half_open);
    }

    breaker_state state() { return machine.status(clock.now()).state; }

    breaker_status status() { return machine.status(clock.now()); }

    bool refused() { return !machine.try_acquire(clock.now()).has_value(); }

    recorder heard;
    manual_clock clock{start};
    breaker machine;
};

TEST(breaker, opens_after_five_failures_in_a_row_and_probes_after_sixty_seconds) {
    bench it;
    it.calls(4, outcome::failure);
    it.call(outcome::success);
    it.calls(4, outcome::failure);
    EXPECT_EQ(it.state(), breaker_state::closed);
    it.call(outcome::timeout, cause_kind::own_timeout);
    EXPECT_EQ(it.state(), breaker_state::open);
    it.clock.advance(60s - 1ns);
    EXPECT_EQ(it.state(), breaker_state::open);
    it.clock.advance(1ns);
    it.call(outcome::success);
    EXPECT_EQ(it.state(), breaker_state::closed);
    EXPECT_EQ(it.status().totals.opened, 1);
}

TEST(breaker, names_its_states_as_the_health_document_does) {
    EXPECT_EQ(to_string(breaker_state::closed), "closed");
    EXPECT_EQ(to_string(breaker_state::open), "open");
    EXPECT_EQ(to_string(breaker_state::half_open), "half_open");
}

TEST(breaker, item_1_results_of_another_generation_never_change_state) {
    bench it{{.probe_results = 2}};
    std::vector<breaker::permit> old;
    for (int made = 0; made < 4; ++made)
        old.push_back(it.acquire());
    it.half_open();
    const auto generation = it.status().generation;

    it.end(old[0], outcome::success);
    it.end(old[1], outcome::success);
    it.end(old[2], outcome::failure);
    old[3] = {};

    EXPECT_EQ(it.status().generation, generation);
    EXPECT_EQ(it.status().probes_done, 0);
    EXPECT_EQ(it.status().totals.late, 4);
    EXPECT_EQ(it.status().totals.failures, 6);
}

TEST(breaker, item_1_ignored_calls_of_the_closed_time_free_no_probe_places) {
    bench it{{.probes = 2, .probe_results = 9, .probe_failures = 9}};
    std::vector<breaker::permit> old;
    for (int made = 0; made < 5; ++made)
        old.push_back(it.acquire());
    it.half_open();
    auto first = it.acquire();
    auto second = it.acquire();
    for (auto& permit : old)
        it.end(permit, outcome::ignored);
    EXPECT_TRUE(it.refused());
}

TEST(breaker, item_1_a_permit_moves_and_is_returned_once) {
    bench it;
    it.half_open();
    auto first = it.acquire();
    auto second = std::move(first);
    EXPECT_FALSE(first.held());  // NOLINT: a moved-from permit is empty, and says so
    EXPECT_TRUE(second.held());
    EXPECT_TRUE(it.refused());
    second = breaker::permit{};
    EXPECT_FALSE(it.refused());
    EXPECT_EQ(it.status().totals.neither, 2);  // it, and the one `refused` tried
}

TEST(breaker_death, item_1_returning_a_permit_twice_is_a_bug) {
    bench it;
    auto permit = it.acquire();
    it.end(permit, outcome::success);
    EXPECT_DEATH(it.end(permit, outcome::success), "returned once");
}

TEST(breaker, item_2_a_probe_that_never_reports_fails_by_its_lease_and_frees_its_place) {
    bench it{{.probe_lease = 10s}};
    it.half_open();
    auto lost = it.acquire();
    it.clock.advance(10s - 1ns);
    EXPECT_EQ(it.state(), breaker_state::half_open);
    it.clock.advance(1ns);
    EXPECT_EQ(it.state(), breaker_state::open);
    EXPECT_EQ(it.status().retry_after, 60s);
    EXPECT_TRUE(it.refused());
    EXPECT_EQ(it.heard.seen.back().why, breaker_reason::probe_lost);
    it.clock.advance(60s);
    it.call(outcome::success);
    EXPECT_EQ(it.state(), breaker_state::closed);
    it.end(lost, outcome::failure);
    EXPECT_EQ(it.state(), breaker_state::closed);
    EXPECT_EQ(it.status().consecutive, 0);
    EXPECT_EQ(it.status().totals.lost_probes, 1);
}

TEST(breaker, item_2_a_result_after_the_lease_is_not_a_second_result) {
    bench it{{.probe_results = 3, .probe_failures = 3, .probe_lease = 10s}};
    it.half_open();
    auto lost = it.acquire();
    it.clock.advance(10s);
    auto next = it.acquire();
    EXPECT_EQ(it.status().probes_done, 1);
    it.end(lost, outcome::success);
    EXPECT_EQ(it.status().probes_done, 1);
    EXPECT_EQ(it.status().probes_running, 1);
    it.end(next, outcome::success);
    EXPECT_EQ(it.status().probes_done, 2);
}

TEST(breaker, item_3_lets_n_probes_run_at_a_time_and_decides_after_m_results) {
    bench it{{.probes = 2, .probe_results = 3, .probe_failures = 2, .probe_lease = 20s}};
    it.half_open();
    auto first = it.acquire();
    it.clock.advance(5s);
    auto second = it.acquire();
    const auto third = it.machine.try_acquire(it.clock.now());
    ASSERT_FALSE(third.has_value());
    EXPECT_EQ(third.error().state, breaker_state::half_open);
    EXPECT_EQ(third.error().retry_after, 15s);
    it.end(first, outcome::failure);
    it.end(second, outcome::success);
    EXPECT_EQ(it.state(), breaker_state::half_open);
    it.call(outcome::success);
    EXPECT_EQ(it.state(), breaker_state::closed);
}

TEST(breaker, item_3_opens_again_as_soon_as_the_verdict_is_certain) {
    bench it{{.probes = 2, .probe_results = 10, .probe_failures = 2}};
    it.half_open();
    it.calls(2, outcome::failure);
    EXPECT_EQ(it.state(), breaker_state::open);
    EXPECT_EQ(it.heard.seen.back().why, breaker_reason::probes_failed);
}

TEST(breaker, item_3_a_refusal_tells_the_time_left) {
    bench it;
    it.open();
    it.clock.advance(13s);
    const auto refused = it.machine.try_acquire(it.clock.now());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().state, breaker_state::open);
    EXPECT_EQ(refused.error().retry_after, 47s);
}

TEST(breaker, item_4_only_success_and_failure_count) {
    bench it;
    it.calls(4, outcome::failure);
    it.call(outcome::cancelled, cause_kind::cancelled);
    it.call(outcome::ignored);
    it.call(outcome::timeout, cause_kind::inherited_deadline);
    EXPECT_EQ(it.status().consecutive, 4);
    EXPECT_EQ(it.status().totals.neither, 3);
    it.call(outcome::timeout, cause_kind::own_timeout);
    EXPECT_EQ(it.state(), breaker_state::open);
}

TEST(breaker, item_4_a_cancelled_probe_neither_closes_nor_opens_and_returns_its_place) {
    bench it;
    it.half_open();
    it.call(outcome::cancelled, cause_kind::cancelled);
    it.call(outcome::timeout, cause_kind::inherited_deadline);
    {
        auto dropped = it.acquire();
    }
    EXPECT_EQ(it.state(), breaker_state::half_open);
    EXPECT_EQ(it.status().probes_done, 0);
    it.call(outcome::success);
    EXPECT_EQ(it.state(), breaker_state::closed);
}

TEST(breaker, item_5_late_results_never_open_again_nor_prolong) {
    bench it;
    std::vector<breaker::permit> old;
    for (int made = 0; made < 20; ++made)
        old.push_back(it.acquire());
    it.open();
    it.clock.advance(30s);
    for (auto& permit : old)
        it.end(permit, outcome::failure);
    EXPECT_EQ(it.status().retry_after, 30s);
    EXPECT_EQ(it.heard.seen.size(), 1);
    EXPECT_EQ(it.status().totals.opened, 1);
}

TEST(breaker, item_6_a_rate_is_reached_by_equality_and_never_by_rounding) {
    const breaker_config ten_percent{
        .consecutive_failures = 0,
        .window = {.calls = 1000},
        .failure_rate = {.percent = 10, .min_calls = 200},
    };
    bench below{ten_percent};
    below.calls(181, outcome::success);
    below.calls(19, outcome::failure);
    EXPECT_EQ(below.state(), breaker_state::closed);  // 9.5 %

    bench equal{ten_percent};
    equal.calls(180, outcome::success);
    equal.calls(19, outcome::failure);
    EXPECT_EQ(equal.state(), breaker_state::closed);
    equal.call(outcome::failure);
    EXPECT_EQ(equal.state(), breaker_state::open);
    EXPECT_EQ(equal.heard.seen.back().why, breaker_reason::failure_rate);
    EXPECT_EQ(equal.heard.seen.back().failures, (tally{200, 20}));
}

TEST(breaker, item_6_min_calls_beyond_the_window_means_a_full_window) {
    bench it{{
        .consecutive_failures = 0,
        .window = {.calls = 4},
        .failure_rate = {.percent = 50, .min_calls = 100},
    }};
    it.calls(3, outcome::failure);
    EXPECT_EQ(it.state(), breaker_state::closed);
    it.call(outcome::failure);
    EXPECT_EQ(it.state(), breaker_state::open);
}

TEST(breaker, item_6_failures_leave_a_time_window) {
    bench it{{
        .consecutive_failures = 0,
        .window = {.over = window_shape::kind::time, .span = 1s, .buckets = 1},
        .failure_rate = {.percent = 50, .min_calls = 4},
    }};
    it.calls(3, outcome::failure);
    it.clock.advance(1s);
    it.calls(3, outcome::failure);
    EXPECT_EQ(it.state(), breaker_state::closed);
    it.call(outcome::failure);
    EXPECT_EQ(it.state(), breaker_state::open);
}

TEST(breaker, item_8_state_tells_the_truth_without_a_call) {
    bench it{{.probe_lease = 10s}};
    it.open();
    it.clock.advance(60s);
    EXPECT_EQ(it.state(), breaker_state::half_open);
    EXPECT_EQ(it.status().since, start + 60s);
    EXPECT_EQ(it.heard.seen.size(), 1);  // nobody called yet
    auto lost = it.acquire();
    EXPECT_EQ(it.heard.seen.size(), 2);
    it.clock.advance(69s);
    EXPECT_EQ(it.state(), breaker_state::open);
    it.clock.advance(1s);
    EXPECT_EQ(it.state(), breaker_state::half_open);
    EXPECT_EQ(it.status().since, start + 130s);
    EXPECT_EQ(it.status().totals.opened, 2);
    EXPECT_EQ(it.heard.seen.size(), 2);
}

TEST(breaker, item_9_listeners_hear_of_complete_changes_and_may_ask) {
    bench it;
    it.heard.asked = &it.machine;
    it.open();
    ASSERT_EQ(it.heard.seen.size(), 1);
    EXPECT_EQ(it.heard.state_when_told, breaker_state::open);
    EXPECT_EQ(it.heard.seen[0].from, breaker_state::closed);
    EXPECT_EQ(it.heard.seen[0].consecutive, 5);
    EXPECT_EQ(it.heard.seen[0].generation, 1);
    it.clock.advance(90s);
    auto probe = it.acquire();
    EXPECT_EQ(it.heard.seen[1].at, start + 60s);
    it.end(probe, outcome::success);
    EXPECT_EQ(it.heard.seen[2].to, breaker_state::closed);
    EXPECT_EQ(it.heard.seen[2].why, breaker_reason::probes_succeeded);
}

TEST(breaker, item_9_reconfigure_keeps_state_counters_and_probes) {
    breaker_config config{
        .window = {.calls = 10}, .failure_rate = {.percent = 90, .min_calls = 10}
    };
    bench it{config};
    it.calls(3, outcome::failure);
    config.consecutive_failures = 4;
    config.window.calls = 20;
    it.machine.reconfigure(config, it.clock.now());
    EXPECT_EQ(it.status().consecutive, 3);
    EXPECT_EQ(it.status().failures, (tally{3, 3}));
    it.call(outcome::failure);
    EXPECT_EQ(it.state(), breaker_state::open);

    it.clock.advance(20s);
    config.reset = 30s;
    it.machine.reconfigure(config, it.clock.now());
    EXPECT_EQ(it.status().retry_after, 10s);
    it.clock.advance(10s);
    auto probe = it.acquire();
    config.probe_results = 2;
    it.machine.reconfigure(config, it.clock.now());
    it.end(probe, outcome::success);
    EXPECT_EQ(it.state(), breaker_state::half_open);
    EXPECT_EQ(it.status().probes_done, 1);
}

TEST(breaker, each_reopening_lasts_longer_up_to_a_bound) {
    bench it{{.reset = 10s, .growth_percent = 200, .reset_max = 35s}};
    it.open();
    for (const auto expected : {10s, 20s, 35s, 35s}) {
        EXPECT_EQ(it.status().retry_after, expected);
        it.clock.advance(expected);
        it.call(outcome::failure);
    }
    it.clock.advance(35s);
    it.call(outcome::success);
    it.open();
    EXPECT_EQ(it.status().retry_after, 10s);
}

TEST(breaker, without_any_rule_never_opens) {
    bench it{{.consecutive_failures = 0}};
    it.calls(1000, outcome::failure);
    EXPECT_EQ(it.state(), breaker_state::closed);
}

}  // namespace
}  // namespace curfew
