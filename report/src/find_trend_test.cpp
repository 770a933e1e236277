#include "report_scenario.hpp"
#include <curfew/report/trend.hpp>

#include <gmock/gmock.h>

namespace curfew::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class find_trend_test : public report_scenario {
  protected:
    trend found(
        std::optional<surface> where = {}, duration length = 2h, std::optional<duration> asked = {}
    ) {
        auto book = read();
        const auto now = noon + length;
        auto made = find_trend(book, {now - asked.value_or(length), now, where});
        EXPECT_TRUE(made);
        return made ? *std::move(made) : trend{};
    }

    /// Three hours: so many a minute, of which some take long.
    void tell_hours(duration changed_at, duration before, duration after) {
        for (int minute = 0; minute < 180; ++minute) {
            for (int i = 0; i < 30; ++i) {
                const duration at = 1min * minute + 1s * i;
                const duration usual = at < changed_at ? before : after;
                tell(success("GET /a", at, usual + usual / 40 * ((i * 7 + minute * 5) % 11)));
            }
        }
    }
};

TEST_F(find_trend_test, of_nothing_is_nothing_and_says_so) {
    const auto made = found();
    EXPECT_EQ(made.all.count, 0U);
    EXPECT_TRUE(made.operations.empty());
    EXPECT_THAT(to_text(made), HasSubstr("none was recorded in that time"));
    EXPECT_THAT(to_json(made), HasSubstr("\"operations\": []"));
}

TEST_F(find_trend_test, every_operation_is_in_its_slot_once) {
    for (int i = 0; i < 60; ++i) {
        tell(success("GET /a", 1min * i, 10ms));
        tell(success("GET /b", 1min * i, 20ms));
    }
    tell(timed_out("GET /a", 30min + 1s));
    tell(refused(
        "GET /b",
        31min,
        {cause_kind::shed, shed_reason::queue_full, "gateway.queue"},
        errc::queue_full
    ));
    event left = success("GET /a", 32min, 1ms);
    left.ended = outcome::cancelled;
    left.why = {cause_kind::cancelled};
    tell(left);
    const auto made = found({}, 1h);
    EXPECT_EQ(made.slot_length, 1min);
    ASSERT_EQ(made.operations.size(), 2U);
    EXPECT_EQ(made.operations[0].name, "GET /a");
    EXPECT_EQ(made.operations[0].count, 62U);
    EXPECT_EQ(made.operations[0].slots[30].timed_out, 1U);
    EXPECT_EQ(made.operations[0].slots[30].completed, 1U);
    EXPECT_EQ(made.operations[0].slots[32].refused, 0U) << "who left was not refused";
    EXPECT_EQ(made.operations[1].slots[31].refused, 1U);
    std::uint64_t sum = 0;
    for (const auto& slot : made.all.slots) {
        sum += slot.ended;
    }
    EXPECT_EQ(sum, made.all.count);
    EXPECT_EQ(sum, 123U);
}

TEST_F(find_trend_test, quantiles_of_a_slot_are_those_of_its_merged_minutes) {
    // 99 quick ones in one minute and a slow one in the next: an average of the minutes' P50 would
    // be half of the slow one.
    for (int i = 0; i < 99; ++i) {
        tell(success("GET /a", 0s, 10ms));
    }
    tell(success("GET /a", 1min, 4s));
    const auto made = found({}, 24h);
    EXPECT_EQ(made.slot_length, 15min);
    const auto& slot = made.operations[0].slots[0];
    EXPECT_EQ(slot.completed, 100U);
    EXPECT_LT(slot.took[0], 11ms);
    EXPECT_LT(slot.took[3], 11ms);
}

TEST_F(find_trend_test, of_a_young_ledger_the_slots_are_those_of_its_history) {
    for (int second = 0; second < 600; ++second) {
        tell(success("GET /a", 1s * second, 20ms));
    }
    const auto made = found({}, 10min, 24h);
    EXPECT_EQ(made.slot_length, 1min);
    EXPECT_EQ(made.from, noon);
    EXPECT_EQ(made.seconds.size(), 11U);
    EXPECT_TRUE(made.lacking.empty());
    EXPECT_THAT(to_text(made), HasSubstr("P50"));
    EXPECT_THAT(
        to_text(made), HasSubstr("it takes 30 slots with enough in them, and 10 of 11 have that")
    );
}

TEST_F(find_trend_test, who_was_there_for_no_time_begins_no_history) {
    visit(noon - 12h);
    for (int second = 0; second < 600; ++second) {
        tell(success("GET /a", 1s * second, 20ms));
    }
    const auto made = found({}, 10min, 24h);
    EXPECT_EQ(made.slot_length, 1min);
    EXPECT_EQ(made.from, noon);
}

TEST_F(find_trend_test, slots_are_as_long_as_a_latency_takes_where_the_history_allows) {
    for (int minute = 0; minute < 90; ++minute) {
        for (int i = 0; i < 4; ++i) {
            tell(success("GET /a", 1min * minute + 1s * i, 20ms));
        }
    }
    const auto made = found({}, 90min, 24h);
    EXPECT_EQ(made.slot_length, 10min);
    EXPECT_EQ(made.all.quantile, 0U);
    EXPECT_TRUE(made.lacking.empty());
}

TEST_F(find_trend_test, what_a_history_is_too_small_for_is_said) {
    for (int minute = 0; minute < 10; ++minute) {
        for (int i = 0; i < 6; ++i) {
            tell(success("GET /a", 1min * minute + 1s * i, 20ms));
        }
    }
    const auto made = found({}, 10min, 24h);
    const std::string rate =
        "no timeout rate yet: it takes 10 operations in a slot of 1m, and the "
        "fullest has 6";
    const std::string latency =
        "no latency yet: it takes 20 completed operations in a usual slot "
        "of 1m, and there are 6";
    EXPECT_THAT(made.lacking, testing::ElementsAre(rate, latency));
    EXPECT_THAT(to_text(made), HasSubstr(rate));
    EXPECT_THAT(to_json(made), HasSubstr(latency));
}

TEST_F(find_trend_test, a_slot_that_is_hardly_recorded_says_what_to_ask) {
    trend made;
    made.slot_length = 15min;
    made.seconds = {0, 100, 0};
    made.all.slots.resize(3);
    made.all.slots[1].ended = made.all.slots[1].completed = 50;
    made.all.count = 50;
    interpret(made);
    ASSERT_EQ(made.lacking.size(), 1U);
    EXPECT_THAT(made.lacking[0], HasSubstr("of 15m at most 100s were"));
    EXPECT_THAT(made.lacking[0], HasSubstr("`curfew trend --hours 1`"));
}

TEST_F(find_trend_test, a_step_in_latency_is_found_at_its_slot) {
    tell_hours(90min, 100ms, 200ms);
    const auto made = found({}, 3h);
    ASSERT_EQ(made.all.changes.size(), 1U) << to_text(made);
    EXPECT_EQ(made.all.changes[0].of, measure::latency);
    EXPECT_LE(std::chrono::abs(made.all.changes[0].at - (noon + 90min)), made.slot_length);
    EXPECT_THAT(to_text(made), HasSubstr("GET /a: P50 rose from"));
}

TEST_F(find_trend_test, nothing_changed_is_told_so) {
    tell_hours(4h, 100ms, 100ms);
    const auto made = found({}, 3h);
    EXPECT_TRUE(made.all.changes.empty());
    EXPECT_THAT(to_text(made), HasSubstr("nothing in 3 series"));
    EXPECT_THAT(to_text(made), HasSubstr("no pressure signal was up"));
}

TEST_F(find_trend_test, the_backend_is_no_operation_and_a_surface_leaves_others_out) {
    tell(success("GET /a", 1s, 1ms));
    tell(step(surface::supervisor, "restart", 2s));
    event query = success("SELECT", 3s, 1ms);
    query.where = surface::database;
    tell(query);
    const auto made = found(surface::database);
    EXPECT_EQ(made.all.count, 1U);
    ASSERT_EQ(made.operations.size(), 1U);
    EXPECT_EQ(made.operations[0].name, "SELECT");
}

TEST_F(find_trend_test, no_text_from_outside_steers_the_terminal) {
    tell(timed_out("GET /\x1b[2J", 1s));
    mark("v1\x1b[2J");
    EXPECT_THAT(to_text(found()), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace curfew::report
