#include <curfew/core/pool.hpp>

#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

namespace curfew {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{1h};

void ignore(pool::waiter& /*decided*/) noexcept {}

deadline in(duration later) {
    return deadline::after(start, later);
}

pool::permit taken(pool& from, time_point now = start) {
    pool::waiter nobody{ignore};
    auto got = from.acquire(nobody, deadline{}, now);
    EXPECT_TRUE(got && *got);
    return got && *got ? std::move(**got) : pool::permit{};
}

/// As `taken`, with a connection made in it.
pool::permit opened(pool& from, time_point now = start) {
    auto got = taken(from, now);
    EXPECT_EQ(got.task(), pool_task::open);
    got.opened(now);
    return got;
}

TEST(pool, gives_what_was_used_last_first) {
    pool some{{.size = 3}};
    auto first = opened(some);
    auto second = opened(some);
    const auto slot = first.slot();
    EXPECT_TRUE(second.keep(start));
    EXPECT_TRUE(first.keep(start));
    const auto again = taken(some);
    EXPECT_EQ(again.slot(), slot);
    EXPECT_EQ(again.task(), pool_task::use);
    EXPECT_EQ(some.status(start).idle, 1U);
}

TEST(pool, never_takes_more_places_than_size_and_overflow) {
    pool some{{.size = 2, .overflow = 1}};
    std::vector<pool::permit> held;
    for (int i = 0; i < 3; ++i)
        held.push_back(opened(some));
    pool::waiter one{ignore};
    const auto got = some.acquire(one, in(5s), start);
    ASSERT_TRUE(got);
    EXPECT_FALSE(*got);
    EXPECT_EQ(one.state(), wait_state::waiting);
    EXPECT_EQ(some.status(start + 2s).longest_wait, 2s);
}

TEST(pool, an_overflow_connection_is_closed_when_it_comes_back_unwanted) {
    pool some{{.size = 1, .overflow = 1}};
    auto first = opened(some);
    auto second = opened(some);
    EXPECT_FALSE(second.keep(start));
    EXPECT_TRUE(first.keep(start));
    EXPECT_EQ(some.status(start).taken, 1U);
}

TEST(pool, a_place_that_comes_back_goes_to_who_waits_longest) {
    pool some{{.size = 1, .overflow = 0}};
    auto held = opened(some);
    pool::waiter first{ignore};
    pool::waiter second{ignore};
    ASSERT_TRUE(some.acquire(first, in(5s), start));
    ASSERT_TRUE(some.acquire(second, in(5s), start));
    EXPECT_TRUE(held.keep(start + 1s));
    ASSERT_EQ(first.state(), wait_state::granted);
    EXPECT_EQ(second.state(), wait_state::waiting);
    auto got = first.take();
    EXPECT_EQ(got->task(), pool_task::use);
    got->discard(start + 2s);
    EXPECT_EQ(second.take()->task(), pool_task::open);
}

TEST(pool, nobody_passes_by_who_waits) {
    pool some{{.size = 1, .overflow = 0}};
    auto held = opened(some);
    pool::waiter first{ignore};
    pool::waiter late{ignore};
    ASSERT_TRUE(some.acquire(first, in(5s), start));
    EXPECT_TRUE(held.keep(start + 1s));
    EXPECT_FALSE(*some.acquire(late, in(5s), start + 1s));
}

TEST(pool, who_has_expired_is_passed_over_at_the_very_instant) {
    pool some{{.size = 1, .overflow = 0}};
    auto held = opened(some);
    pool::waiter first{ignore};
    ASSERT_TRUE(some.acquire(first, in(5s), start));
    EXPECT_TRUE(held.keep(start + 5s));
    EXPECT_EQ(first.state(), wait_state::expired);
    EXPECT_EQ(some.status(start + 5s).idle, 1U);
}

TEST(pool, a_grant_that_nobody_takes_goes_to_the_next) {
    pool some{{.size = 1, .overflow = 0}};
    auto held = opened(some);
    pool::waiter second{ignore};
    {
        pool::waiter first{ignore};
        ASSERT_TRUE(some.acquire(first, in(5s), start));
        ASSERT_TRUE(some.acquire(second, in(5s), start));
        EXPECT_TRUE(held.keep(start + 1s));
        EXPECT_EQ(first.state(), wait_state::granted);
    }
    EXPECT_EQ(second.state(), wait_state::granted);
    EXPECT_EQ(second.take()->task(), pool_task::use);
}

TEST(pool, refuses_at_its_bound_when_no_time_is_left_and_when_it_closes) {
    pool some{{.size = 1, .overflow = 0, .waiting = 1}};
    pool::waiter first{ignore};
    pool::waiter second{ignore};
    EXPECT_EQ(some.acquire(first, in(0s), start).error(), pool_refusal::no_time_left);
    auto held = opened(some);
    ASSERT_TRUE(some.acquire(first, in(5s), start));
    EXPECT_EQ(some.acquire(second, in(5s), start).error(), pool_refusal::queue_full);
    some.close();
    EXPECT_EQ(first.state(), wait_state::cancelled);
    EXPECT_EQ(some.acquire(second, in(5s), start).error(), pool_refusal::closed);
    EXPECT_FALSE(held.keep(start));
    EXPECT_EQ(some.status(start).taken, 0U);
}

TEST(pool, what_rested_for_long_is_checked_first) {
    pool some{{.size = 1, .check_after = 500ms}};
    EXPECT_TRUE(opened(some).keep(start));
    auto soon = taken(some, start + 500ms);
    EXPECT_EQ(soon.task(), pool_task::use);
    EXPECT_TRUE(soon.keep(start + 500ms));
    EXPECT_EQ(taken(some, start + 1001ms).task(), pool_task::check);
}

TEST(pool, where_one_connection_broke_the_others_are_checked) {
    pool some{{.size = 2}};
    auto first = opened(some);
    auto second = opened(some);
    EXPECT_TRUE(second.keep(start));
    some.suspect(start + 1ms);
    first.discard(start + 1ms);
    auto got = taken(some, start + 2ms);
    EXPECT_EQ(got.task(), pool_task::check);
    EXPECT_TRUE(got.keep(start + 2ms));
    EXPECT_EQ(taken(some, start + 3ms).task(), pool_task::use);
}

TEST(pool, an_old_connection_is_made_anew_or_closed) {
    pool some{{.size = 1, .overflow = 0, .recycle = 1h, .jitter_percent = 0}};
    auto held = opened(some);
    pool::waiter first{ignore};
    ASSERT_TRUE(some.acquire(first, deadline{}, start));
    EXPECT_TRUE(held.keep(start + 1h));
    auto got = first.take();
    ASSERT_EQ(got->task(), pool_task::renew);
    got->opened(start + 1h);
    EXPECT_FALSE(got->keep(start + 2h));
    EXPECT_EQ(some.status(start).taken, 0U);
}

TEST(pool, ages_are_spread_so_that_connections_do_not_go_together) {
    pool some{{.size = 100, .recycle = 1h, .jitter_percent = 10}, 7};
    std::vector<pool::permit> held;
    for (int i = 0; i < 100; ++i)
        held.push_back(opened(some));
    for (auto& one : held)
        EXPECT_TRUE(one.keep(start));
    EXPECT_FALSE(some.retire(start + 54min - 1s));
    std::set<time_point> gone;
    while (const auto due = some.next_retirement().point()) {
        EXPECT_LE(*due, start + 1h);
        EXPECT_TRUE(gone.insert(*due).second);
        EXPECT_TRUE(some.retire(*due));
    }
    EXPECT_EQ(gone.size(), 100U);
    EXPECT_GT(*gone.rbegin() - *gone.begin(), 5min);
}

TEST(pool, what_was_given_up_on_keeps_its_place_until_it_is_over) {
    pool some{{.size = 1, .overflow = 0}};
    auto hung = opened(some);
    hung.abandon();
    hung.abandon();
    EXPECT_EQ(some.status(start).abandoned, 1U);
    pool::waiter first{ignore};
    ASSERT_TRUE(some.acquire(first, in(5s), start));
    EXPECT_EQ(first.state(), wait_state::waiting);
    hung.discard(start + 1s);
    EXPECT_EQ(some.status(start).abandoned, 0U);
    EXPECT_EQ(first.take()->task(), pool_task::open);
}

TEST(pool, what_was_given_up_on_and_came_back_well_is_used_again) {
    pool some{{.size = 1, .overflow = 0}};
    auto hung = opened(some);
    hung.abandon();
    EXPECT_TRUE(hung.keep(start + 1s));
    EXPECT_EQ(some.status(start), (pool_status{.taken = 1, .idle = 1, .places = 1}));
}

TEST(pool, a_place_where_no_connection_could_be_made_goes_to_who_waits) {
    pool some{{.size = 1, .overflow = 0}};
    auto failed = taken(some);
    pool::waiter first{ignore};
    ASSERT_TRUE(some.acquire(first, in(5s), start));
    failed.discard(start);
    EXPECT_EQ(first.take()->task(), pool_task::open);
}

TEST(pool, who_waits_can_be_sent_away_all_at_once) {
    pool some{{.size = 1, .overflow = 0}};
    auto held = opened(some);
    pool::waiter first{ignore};
    pool::waiter second{ignore};
    ASSERT_TRUE(some.acquire(first, in(5s), start));
    ASSERT_TRUE(some.acquire(second, in(5s), start));
    some.dismiss();
    EXPECT_EQ(first.state(), wait_state::cancelled);
    EXPECT_EQ(second.state(), wait_state::cancelled);
    EXPECT_TRUE(held.keep(start));
}

TEST(pool, is_warmed_up_to_its_size_only) {
    pool some{{.size = 2, .overflow = 3}};
    auto first = some.acquire_to_warm(start);
    auto second = some.acquire_to_warm(start);
    ASSERT_TRUE(first && second);
    EXPECT_FALSE(some.acquire_to_warm(start));
    first->opened(start);
    EXPECT_TRUE(first->keep(start));
    EXPECT_EQ(taken(some).slot(), 0U);
}

TEST(pool, a_closed_one_hands_back_what_is_idle) {
    pool some{{.size = 2}};
    auto first = opened(some);
    auto second = opened(some);
    EXPECT_TRUE(first.keep(start));
    EXPECT_TRUE(second.keep(start));
    some.close();
    EXPECT_TRUE(some.retire(start));
    EXPECT_TRUE(some.retire(start));
    EXPECT_FALSE(some.retire(start));
    EXPECT_EQ(some.status(start).taken, 0U);
}

TEST(pool, every_use_of_a_place_has_its_number) {
    pool some{{.size = 1, .overflow = 0}};
    auto held = opened(some);
    const auto before = held.generation();
    EXPECT_TRUE(held.keep(start));
    EXPECT_EQ(taken(some).generation(), before + 1);
}

TEST(pool_death, a_place_is_returned_once) {
    pool some{{.size = 1}};
    auto held = opened(some);
    EXPECT_TRUE(held.keep(start));
    EXPECT_DEATH((void)held.keep(start), "once");
    EXPECT_DEATH(held.discard(start), "once");
}

}  // namespace
}  // namespace curfew
