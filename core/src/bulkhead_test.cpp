#include <curfew/core/bulkhead.hpp>

#include <gtest/gtest.h>

#include <thread>
#include <utility>
#include <vector>

namespace curfew {
namespace {

TEST(bulkhead, refuses_at_its_cap_and_admits_when_a_permit_ends) {
    bulkhead hold{{.cap = 2}};
    auto first = hold.try_acquire();
    auto second = hold.try_acquire();
    ASSERT_TRUE(first && second);
    EXPECT_EQ(hold.try_acquire().error(), shed_reason::in_flight);
    *first = bulkhead::permit{};
    EXPECT_TRUE(hold.try_acquire().has_value());
}

TEST(bulkhead, abandoned_work_keeps_its_place_until_it_is_really_over) {
    bulkhead hold{{.cap = 2}};
    auto hung = *hold.try_acquire();
    const auto other = *hold.try_acquire();
    hung.abandon();
    hung.abandon();
    EXPECT_EQ(hold.status().in_flight, 2);
    EXPECT_EQ(hold.status().abandoned, 1);
    EXPECT_EQ(hold.try_acquire().error(), shed_reason::in_flight);
    hung = {};
    EXPECT_EQ(hold.status().in_flight, 1);
    EXPECT_EQ(hold.status().abandoned, 0);
}

TEST(bulkhead, says_so_when_abandoned_work_fills_every_place) {
    bulkhead hold{{.cap = 1}};
    auto hung = *hold.try_acquire();
    hung.abandon();
    EXPECT_EQ(hold.try_acquire().error(), shed_reason::abandoned);
}

TEST(bulkhead, a_cap_on_abandoned_work_refuses_new_work_while_places_are_free) {
    bulkhead hold{{.cap = 100, .abandoned_cap = 2}};
    auto first = *hold.try_acquire();
    auto second = *hold.try_acquire();
    first.abandon();
    EXPECT_TRUE(hold.try_acquire().has_value());
    second.abandon();
    EXPECT_EQ(hold.try_acquire().error(), shed_reason::abandoned);
}

TEST(bulkhead, a_permit_moves_with_its_mark_and_frees_its_place_once) {
    bulkhead hold{{.cap = 2}};
    auto first = *hold.try_acquire();
    first.abandon();
    auto second = std::move(first);
    EXPECT_FALSE(first.held());  // NOLINT: a moved-from permit is empty, and says so
    EXPECT_TRUE(second.abandoned());
    second = *hold.try_acquire();
    EXPECT_EQ(hold.status().in_flight, 1);
    EXPECT_EQ(hold.status().abandoned, 0);
}

TEST(bulkhead, a_lowered_cap_cancels_nothing) {
    bulkhead hold{{.cap = 3}};
    std::vector<bulkhead::permit> held;
    for (int made = 0; made < 3; ++made)
        held.push_back(*hold.try_acquire());
    hold.reconfigure({.cap = 1});
    EXPECT_EQ(hold.status().in_flight, 3);
    held.resize(1);
    EXPECT_FALSE(hold.try_acquire().has_value());
    held.clear();
    EXPECT_TRUE(hold.try_acquire().has_value());
}

TEST(bulkhead_death, abandoning_work_that_has_ended_is_a_bug) {
    bulkhead::permit none;
    EXPECT_DEATH(none.abandon(), "in flight");
}

TEST(bulkhead, two_threads_never_exceed_the_cap_nor_lose_a_place) {
    bulkhead hold{{.cap = 3}};
    const auto work = [&] {
        for (int round = 0; round < 20'000; ++round) {
            auto first = hold.try_acquire();
            auto second = hold.try_acquire();
            if (second && round % 3 == 0) second->abandon();
            const auto seen = hold.status();
            ASSERT_LE(seen.in_flight, 3);
            ASSERT_LE(seen.abandoned, seen.in_flight);
        }
    };
    std::thread other{work};
    work();
    other.join();
    EXPECT_EQ(hold.status().in_flight, 0);
    EXPECT_EQ(hold.status().abandoned, 0);
}

}  // namespace
}  // namespace curfew
