#include <curfew/load/validity.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curfew::load {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

generator_evidence clean() {
    return {.due = 10'000, .tried = 10'000, .lag_p99 = 100us, .response_p99 = 20ms};
}

TEST(validity, a_clean_run_is_valid_and_has_nothing_to_say) {
    const auto verdict = judge(clean());
    EXPECT_EQ(verdict.grade, validity_grade::valid);
    EXPECT_TRUE(verdict.reasons.empty());
}

TEST(validity, nothing_due_is_invalid) {
    EXPECT_EQ(judge({}).grade, validity_grade::invalid);
}

TEST(validity, lag_is_held_against_the_larger_of_a_millisecond_and_a_tenth_of_p99) {
    auto evidence = clean();
    evidence.lag_p99 = 1900us;  // limit 2 ms
    EXPECT_EQ(judge(evidence).grade, validity_grade::suspect);
    evidence.lag_p99 = 2100us;
    EXPECT_EQ(judge(evidence).grade, validity_grade::invalid);
    evidence.response_p99 = 1ms;
    evidence.lag_p99 = 900us;  // limit 1 ms
    EXPECT_EQ(judge(evidence).grade, validity_grade::suspect);
}

TEST(validity, requests_held_back_by_the_target_are_not_the_generators_fault) {
    auto evidence = clean();
    evidence.tried = 9'000;
    EXPECT_EQ(judge(evidence).grade, validity_grade::invalid);
    evidence.cap_reached = true;
    EXPECT_EQ(judge(evidence).grade, validity_grade::valid);
}

TEST(validity, a_busy_loop_stolen_time_and_local_errors_each_invalidate_and_all_are_named) {
    auto evidence = clean();
    evidence.busiest_5s = 0.9;
    evidence.steal_share = 0.05;
    evidence.local_errors = 3;
    const auto verdict = judge(evidence);
    EXPECT_EQ(verdict.grade, validity_grade::invalid);
    EXPECT_THAT(
        verdict.reasons,
        ElementsAre(HasSubstr("90 % CPU"), HasSubstr("5.0 %"), HasSubstr("3 requests"))
    );
}

}  // namespace
}  // namespace curfew::load
