#include <curfew/core/account.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>

namespace curfew {
namespace {

using namespace std::chrono_literals;

TEST(account, every_stage_has_a_name_of_its_own) {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(stage::other); ++i) {
        EXPECT_TRUE(names.insert(to_string(static_cast<stage>(i))).second) << i;
    }
}

TEST(account, keeps_the_order_of_first_entry_and_adds_what_comes_back) {
    time_account account;
    account.add(stage::queue, 1s);
    account.add(stage::connect, 10ms);
    account.add(stage::queue, 200ms);
    ASSERT_EQ(account.entries().size(), 2u);
    EXPECT_EQ(account.entries()[0].what, stage::queue);
    EXPECT_EQ(account.entries()[0].spent, 1200ms);
    EXPECT_EQ(account.total(), 1210ms);
}

TEST(account, attempts_are_told_apart_by_number) {
    time_account account;
    account.add(stage::attempt, 900ms, 1);
    account.add(stage::backoff, 50ms, 1);
    account.add(stage::attempt, 300ms, 2);
    EXPECT_EQ(account.format(), "attempt 1 0.90 s, backoff 1 0.05 s, attempt 2 0.30 s");
}

TEST(account, formats_as_the_design_shows_it) {
    time_account account;
    account.add(stage::queue, 1200ms);
    account.add(stage::connect, 10ms);
    account.add(stage::attempt, 900ms, 1);
    EXPECT_EQ(account.format(), "queue 1.20 s, connect 0.01 s, attempt 1 0.90 s");
    EXPECT_EQ(time_account{}.format(), "");
}

TEST(account, what_does_not_fit_goes_to_the_last_entry_and_the_sum_holds) {
    time_account account;
    duration given{};
    for (std::uint8_t number = 1; number <= 40; ++number) {
        account.add(stage::attempt, number * 1ms, number);
        given += number * 1ms;
    }
    EXPECT_EQ(account.entries().size(), time_account::capacity);
    EXPECT_EQ(account.entries().back().what, stage::other);
    EXPECT_EQ(account.entries().back().number, 0);
    EXPECT_EQ(account.total(), given);
}

TEST(account, the_sum_holds_whatever_is_added) {
    std::mt19937 random{7};
    for (int trial = 0; trial < 200; ++trial) {
        time_account account;
        duration given{};
        for (int i = 0; i < 60; ++i) {
            const duration spent{random() % 1'000'000};
            const auto what = static_cast<stage>(random() % (static_cast<int>(stage::other) + 1));
            account.add(what, spent, static_cast<std::uint8_t>(random() % 4));
            given += spent;
            ASSERT_EQ(account.total(), given);
            ASSERT_LE(account.entries().size(), time_account::capacity);
        }
    }
}

TEST(account, a_sum_beyond_all_time_stops_at_its_end) {
    time_account account;
    for (int i = 0; i < 40; ++i) {
        account.add(stage::attempt, duration::max(), static_cast<std::uint8_t>(i % 20));
        account.add(stage::queue, 1s);
    }
    for (const auto& entry : account.entries())
        EXPECT_GT(entry.spent, duration::zero());
    EXPECT_EQ(account.total(), duration::max());
}

TEST(account, the_largest_numbers_fit_their_text) {
    time_account account;
    account.add(stage::handshake, duration::max(), std::numeric_limits<std::uint8_t>::max());
    EXPECT_EQ(account.format(), "handshake 255 9223372036.85 s");
}

}  // namespace
}  // namespace curfew
