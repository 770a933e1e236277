#include <curfew/load/recorder.hpp>

#include <gtest/gtest.h>

#include <random>

namespace curfew::load {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{100s};

/// 100 requests a second for 10 s, one operation.
schedule even_plan() {
    return schedule{{.segments = {{10s, 100, 100}}, .gaps = spacing::even}};
}

sample ended(const schedule& plan, std::uint64_t index, error_category error, duration took = 1ms) {
    const auto due = start + *plan.due(index);
    return {index, plan.operation(index), {due, due, due, due + took}, error};
}

/// Records everything; indices in [from, to) fail.
void record_with_outage(recorder& into, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = 0; i < into.plan().size(); ++i) {
        const bool bad = i >= from && i < to;
        into.record(ended(into.plan(), i, bad ? error_category::eof : error_category::none));
    }
}

TEST(recorder, a_request_belongs_to_the_phase_in_which_it_was_due) {
    const auto plan = even_plan();
    recorder run{plan, {{"warm-up", 0s}, {"hang", 2s}, {"rest", 5s}}, start};
    run.record(ended(plan, 199, error_category::none, 5s));  // due at 1.99 s, done at 6.99 s
    run.record(ended(plan, 200, error_category::none));
    EXPECT_EQ(run.of(0, 0).count(), 1u);
    EXPECT_EQ(run.of(0, 1).count(), 1u);
    EXPECT_EQ(run.of(0, 2).count(), 0u);
    EXPECT_EQ(run.of(0, 0, 3).count(), 2u);
}

TEST(recorder, what_was_due_and_never_ended_counts_with_its_age) {
    const auto plan = even_plan();
    recorder run{plan, {{"all", 0s}}, start};
    for (std::uint64_t i = 1; i < 300; ++i)
        run.record(ended(plan, i, error_category::none));
    run.finish(start + 3s);
    const auto total = run.total();
    EXPECT_EQ(total.count(), 300u);
    EXPECT_EQ(total.count(ending::unfinished), 1u);
    EXPECT_EQ(total.censored().max(), duration{3s});
    EXPECT_TRUE(total.response_quantile(1.0).at_least);
}

TEST(recorder, longest_outage_runs_from_the_first_loss_to_the_next_success) {
    const auto plan = even_plan();
    recorder run{plan, {{"all", 0s}}, start};
    record_with_outage(run, 200, 350);
    EXPECT_EQ(run.longest_outage(0), duration{1500ms});
}

TEST(recorder, an_outage_that_never_ends_lasts_to_the_end_of_the_schedule) {
    const auto plan = even_plan();
    recorder run{plan, {{"all", 0s}}, start};
    record_with_outage(run, 900, 1000);
    EXPECT_EQ(run.longest_outage(0), duration{1s});
    recorder healthy{plan, {{"all", 0s}}, start};
    record_with_outage(healthy, 0, 0);
    EXPECT_EQ(healthy.longest_outage(0), duration{});
}

TEST(recorder, recovery_is_the_first_window_that_is_good_enough) {
    const auto plan = even_plan();
    recorder run{plan, {{"all", 0s}}, start};
    record_with_outage(run, 200, 350);
    // 1 % of the window's 200 requests may fail, so it begins two requests before the end of it.
    EXPECT_EQ(run.time_to_recover(0, 2s, 10s), duration{1480ms});
    EXPECT_EQ(run.time_to_recover(0, 2s, 10s, {.window = 2s, .share = 1.0}), duration{1500ms});
    EXPECT_EQ(run.time_to_recover(0, 5s, 10s), duration{});
}

TEST(recorder, what_never_stopped_working_recovers_in_no_time) {
    const schedule plan{{.segments = {{10s, 100, 100}}, .seed = 9}};
    recorder run{plan, {{"all", 0s}}, start};
    record_with_outage(run, 0, 0);
    EXPECT_EQ(run.time_to_recover(0, 2001ms, 10s), duration{});
}

TEST(recorder, a_success_beyond_the_objective_does_not_end_an_outage) {
    const auto plan = even_plan();
    recorder run{plan, {{"all", 0s}}, start, 1s};
    for (std::uint64_t i = 0; i < plan.size(); ++i) {
        run.record(ended(plan, i, error_category::none, i >= 200 && i < 350 ? 1001ms : 1s));
    }
    EXPECT_EQ(run.total().success_share(), 1.0);
    EXPECT_EQ(run.longest_outage(0), duration{1500ms});
    EXPECT_EQ(run.time_to_recover(0, 2s, 10s, {.window = 2s, .share = 1.0}), duration{1500ms});
    EXPECT_EQ(run.time_line(0)[3].good, 50u);
}

TEST(recorder, a_window_cut_short_is_no_recovery) {
    const auto plan = even_plan();
    recorder run{plan, {{"all", 0s}}, start};
    record_with_outage(run, 200, 850);
    EXPECT_EQ(run.time_to_recover(0, 2s, 10s), std::nullopt);
    EXPECT_EQ(run.time_to_recover(0, 2s, 10s, {.window = 1s, .share = 1.0}), duration{6500ms});
}

TEST(recorder, outage_agrees_with_a_naive_search) {
    std::mt19937_64 draw{5};
    for (int round = 0; round < 50; ++round) {
        const schedule plan{{.segments = {{5s, 40, 40}}, .mix = {1, 1}, .seed = draw()}};
        recorder run{plan, {{"all", 0s}}, start};
        std::vector<bool> good(plan.size());
        for (std::uint64_t i = 0; i < plan.size(); ++i) {
            good[i] = draw() % 3 != 0;
            run.record(ended(plan, i, good[i] ? error_category::none : error_category::reset));
        }
        duration naive{};
        for (std::uint64_t i = 0; i < plan.size(); ++i) {
            if (good[i] || plan.operation(i) != 1) continue;
            auto next = i;
            while (next < plan.size() && !(good[next] && plan.operation(next) == 1))
                ++next;
            const auto until = plan.due(next).value_or(plan.length());
            naive = std::max(naive, until - *plan.due(i));
        }
        ASSERT_EQ(run.longest_outage(1), naive) << "round " << round;
    }
}

TEST(recorder, time_line_holds_every_request_in_its_second) {
    const auto plan = even_plan();
    recorder run{plan, {{"all", 0s}}, start};
    record_with_outage(run, 200, 350);
    const auto line = run.time_line(0);
    ASSERT_EQ(line.size(), 10u);
    EXPECT_EQ(run.slot_width(), duration{1s});
    EXPECT_EQ(line[1].ended[static_cast<std::size_t>(ending::success)], 100u);
    EXPECT_EQ(line[3].ended[static_cast<std::size_t>(ending::failed)], 50u);
    EXPECT_EQ(line[3].waited.count(), 50u);
}

TEST(recorder, a_long_run_keeps_a_bounded_time_line) {
    const schedule plan{{.segments = {{8h, 0.01, 0.01}}, .gaps = spacing::even}};
    const recorder run{plan, {{"all", 0s}}, start};
    EXPECT_LE(run.time_line(0).size(), recorder::slots_max);
    EXPECT_EQ(run.slot_width(), duration{120s});
}

}  // namespace
}  // namespace curfew::load
