#include "slots.hpp"

#include <gtest/gtest.h>

namespace curfew::report {
namespace {

using namespace std::chrono_literals;

constexpr ledger::wall_time noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 12h};

TEST(slots, are_few_enough_and_no_longer_than_they_need_to_be) {
    for (const auto& [length, minutes] :
         {std::pair<std::chrono::minutes, int>{1min, 1},
          {1h, 1},
          {24h, 15},
          {7 * 24h, 120},
          {14 * 24h, 180},
          {365 * 24h, 4'320}}) {
        const auto plan = plan_slots({noon - length, noon});
        EXPECT_EQ(plan.each, minutes) << length;
        EXPECT_LE(plan.count, slots_most);
        EXPECT_LE(plan.begin(0), noon - length);
        EXPECT_GE(plan.begin(plan.count), noon) << "the whole stretch is in them";
    }
}

TEST(slots, are_no_shorter_than_they_may_be) {
    EXPECT_EQ(plan_slots({noon - 40min, noon}, 4).each, 5);
    EXPECT_EQ(plan_slots({noon - 40min, noon}, 5).each, 5);
    EXPECT_EQ(plan_slots({noon - 24h, noon}, 4).each, 15);
    EXPECT_EQ(plan_slots({noon - 24h, noon}, 100'000).each, 10'080);
}

TEST(slots, begin_at_whole_multiples_whatever_the_minute_of_the_question) {
    for (const auto later : {0min, 1min, 7min, 14min}) {
        const auto plan = plan_slots({noon + later - 24h, noon + later});
        EXPECT_EQ(plan.begin(0).time_since_epoch() % plan.length(), 0ns);
    }
}

TEST(slots, every_minute_is_in_one_of_them_and_what_is_outside_in_none) {
    const auto plan = plan_slots({noon - 24h, noon});
    EXPECT_EQ(plan.slot_of(plan.first - 1), plan.count);
    EXPECT_EQ(plan.slot_of(plan.first), 0U);
    EXPECT_EQ(plan.slot_of(plan.first + plan.each), 1U);
    EXPECT_EQ(plan.slot_of(ledger::minute_of(noon) - 1), plan.count - 1);
    EXPECT_GE(plan.slot_of(ledger::minute_of(noon) + plan.each), plan.count);
}

}  // namespace
}  // namespace curfew::report
