#include "batch.hpp"

#include "ledger_scenario.hpp"
#include "wall_anchor.hpp"

namespace curfew::ledger {
namespace {

TEST(batch, the_stored_numbers_of_stages_never_change) {
    // Blobs of released versions hold them: append new stages to the end, or write a migration.
    const std::array<std::string_view, 11> stored{
        "receive",
        "queue",
        "start",
        "resolve",
        "connect",
        "handshake",
        "attempt",
        "backoff",
        "body",
        "run",
        "other",
    };
    ASSERT_EQ(stage_count, stored.size());
    for (std::size_t i = 0; i < stored.size(); ++i) {
        EXPECT_EQ(to_string(static_cast<stage>(i)), stored[i]);
    }
}

TEST(batch, fates_have_names_of_their_own) {
    std::map<std::string_view, int> seen;
    for (std::size_t i = 0; i < fate_count; ++i)
        ++seen[to_string(static_cast<fate>(i))];
    EXPECT_EQ(seen.size(), fate_count);
    EXPECT_EQ(to_string(fate::clock_stepped), "clock_stepped");
    EXPECT_EQ(to_string(fate::ring_full_ignored), "ring_full_ignored");
}

TEST(batch, an_operation_belongs_to_the_minute_in_which_it_ended) {
    batch what;
    what.take(some_event("a", outcome::timeout, 30s), noon + 45s, 1);
    what.take(some_event("a", outcome::timeout, 14s), noon + 45s, 1);
    ASSERT_EQ(what.minutes().size(), 2U);
    EXPECT_EQ(what.minutes().begin()->first.at, minute_of(noon));
    EXPECT_EQ(what.minutes().rbegin()->first.at, minute_of(noon) + 1);
}

TEST(batch, names_without_end_become_other_and_are_still_counted) {
    batch what;
    for (std::size_t i = 0; i < batch::series_max + 500; ++i) {
        what.take(some_event("name " + std::to_string(i)), noon, 0);
    }
    EXPECT_EQ(what.all_series().size(), batch::series_max + 1);
    EXPECT_EQ(what.all_series().back().name, "other");
    EXPECT_EQ(what.minutes().rbegin()->second.count(), 500U);
    EXPECT_EQ(count_of(what.what_became(), fate::recorded), batch::series_max + 500);
}

TEST(batch, what_finds_no_room_is_counted_and_nothing_is_counted_twice) {
    batch what;
    constexpr std::uint64_t offered = batch::rows_max + 1'000;
    for (std::uint64_t i = 0; i < offered; ++i) {
        // A minute of its own for each: an outage of weeks.
        const auto at = noon + std::chrono::minutes{static_cast<int>(i)};
        what.take(some_event("a", outcome::failure), at, 1);
    }
    const auto& became = what.what_became();
    EXPECT_EQ(what.rows().size(), batch::rows_max);
    EXPECT_EQ(what.minutes().size(), batch::minutes_max);
    EXPECT_EQ(count_of(became, fate::row_kept) + count_of(became, fate::row_dropped), offered);
    EXPECT_EQ(count_of(became, fate::recorded), batch::minutes_max);
    EXPECT_EQ(count_of(became, fate::recorded) + count_of(became, fate::figures_dropped), offered);
    what.clear();
    EXPECT_TRUE(what.empty());
}

TEST(batch, detail_comes_back_and_foreign_bytes_are_refused_within_bounds) {
    const std::array attributes{event::attribute{"status", "504"}, event::attribute{"k", ""}};
    event what = some_event("a", outcome::timeout, 3s);
    what.attributes = attributes;
    const std::string bytes = encode_detail(what);
    kept_operation read;
    ASSERT_TRUE(decode_detail(bytes, read));
    EXPECT_EQ(read.account.format(), what.account.format());
    ASSERT_EQ(read.attributes.size(), 2U);
    EXPECT_EQ(read.attributes[0], std::pair(std::string{"status"}, std::string{"504"}));
    std::mt19937_64 random{9};
    std::size_t refused = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string changed = bytes.substr(0, random() % (bytes.size() + 1));
        if (!changed.empty()) changed[random() % changed.size()] = static_cast<char>(random());
        kept_operation odd;
        refused += decode_detail(changed, odd) ? 0 : 1;
        EXPECT_LE(odd.attributes.size(), 8U);
    }
    EXPECT_GT(refused, 1'000U);
}

TEST(wall_anchor, points_between_two_steps_keep_their_order_and_distance) {
    wall_anchor anchor{time_point{10s}, noon};
    EXPECT_EQ(anchor.at(time_point{10s}), noon);
    EXPECT_FALSE(anchor.look(time_point{20s}, noon + 11s)) << "slewing is no step";
    EXPECT_EQ(anchor.at(time_point{20s}), noon + 10s);
    EXPECT_EQ(anchor.look(time_point{30s}, noon + 1h), 1h - 20s);
    EXPECT_EQ(anchor.at(time_point{30s}), noon + 1h);
    EXPECT_EQ(anchor.steady(time_point{30s}), noon + 20s);
}

}  // namespace
}  // namespace curfew::ledger
