#include <curfew/core/deadline.hpp>

#include <gtest/gtest.h>

namespace curfew {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{1h};

TEST(deadline, default_is_unreachable_and_never_expires) {
    EXPECT_FALSE(deadline{}.reachable());
    EXPECT_FALSE(deadline{}.expired(time_point::max()));
    EXPECT_EQ(deadline{}.point(), std::nullopt);
}

TEST(deadline, zero_or_negative_timeout_has_expired_already) {
    EXPECT_TRUE(deadline::after(start, 0s).expired(start));
    EXPECT_TRUE(deadline::after(start, -1s).expired(start));
    EXPECT_EQ(deadline::after(start, -1s).left(start), 0s);
}

TEST(deadline, expires_exactly_at_its_point) {
    const auto at = deadline::after(start, 5s);
    EXPECT_FALSE(at.expired(start + 5s - 1ns));
    EXPECT_TRUE(at.expired(start + 5s));
    EXPECT_EQ(at.left(start + 2s), 3s);
}

TEST(deadline, a_sum_past_the_end_of_time_saturates) {
    const auto at = deadline::after(start, duration::max());
    EXPECT_TRUE(at.reachable());
    EXPECT_EQ(at.point(), time_point::max());
    EXPECT_EQ(deadline::after(time_point::min() + 1s, duration::min()).point(), time_point::min());
}

TEST(deadline, child_never_outlives_parent) {
    const auto parent = deadline::after(start, 5s);
    EXPECT_EQ(earliest(parent, deadline::after(start, 9s)), parent);
    EXPECT_EQ(earliest(parent, deadline::after(start, 2s)), deadline::after(start, 2s));
    EXPECT_EQ(earliest(parent, deadline{}), parent);
    EXPECT_EQ(earliest(deadline{}, parent), parent);
    EXPECT_FALSE(earliest(deadline{}, deadline{}).reachable());
}

TEST(deadline_death, time_left_of_an_unreachable_deadline_is_a_bug) {
    EXPECT_DEATH((void)deadline{}.left(start), "unreachable deadline");
}

}  // namespace
}  // namespace curfew
