#include <curfew/core/budget.hpp>

#include <gtest/gtest.h>

namespace curfew {
namespace {

using namespace std::chrono_literals;

constexpr time_point start = time_point{} + 1h;

bound own(duration limit, std::string_view name = "request.timeout") {
    return {deadline::after(start, limit), true, name, limit};
}

TEST(budget, the_tighter_bound_wins_and_a_tie_goes_to_the_first) {
    const bound long_one = own(5s, "long");
    const bound short_one = own(2s, "short");
    EXPECT_EQ(tighter(long_one, short_one).limit_name, "short");
    EXPECT_EQ(tighter(short_one, long_one).limit_name, "short");
    EXPECT_EQ(tighter(own(2s, "first"), own(2s, "second")).limit_name, "first");
    EXPECT_EQ(tighter(bound{}, short_one).limit_name, "short") << "unreachable is never tighter";
}

TEST(budget, an_expired_bound_says_whose_it_is_and_which) {
    EXPECT_EQ(
        own(5s).expired_cause(),
        (cause{cause_kind::own_timeout, shed_reason::none, "request.timeout", 5s})
    );
    bound inherited = own(3s, "x-curfew-timeout-ms");
    inherited.own = false;
    EXPECT_EQ(inherited.expired_cause().kind, cause_kind::inherited_deadline);
}

TEST(budget, tightens_and_never_loosens) {
    budget whole{start, own(5s)};
    whole.tighten(own(9s, "looser"));
    EXPECT_EQ(whole.limit().limit, 5s);
    whole.tighten(own(1s, "route"));
    EXPECT_EQ(whole.limit().limit_name, "route");
    EXPECT_TRUE(whole.expired(start + 1s));
    EXPECT_FALSE(whole.expired(start + 1s - 1ns));
}

TEST(budget, a_child_gets_the_smaller_of_what_is_left_and_its_own) {
    const budget whole{start, own(5s)};
    EXPECT_EQ(whole.child(start + 1s, 2s, "connect").at, deadline::after(start, 3s));
    EXPECT_EQ(whole.child(start + 1s, 2s, "connect").limit_name, "connect");
    EXPECT_EQ(whole.child(start + 4s, 2s, "connect").at, deadline::after(start, 5s));
    EXPECT_EQ(whole.child(start + 4s, 2s, "connect").limit_name, "request.timeout");
    EXPECT_EQ(whole.child(start + 3s, 2s, "connect").limit_name, "request.timeout") << "a tie";
}

TEST(budget, a_child_of_a_spent_budget_has_expired_already) {
    const budget whole{start, own(5s)};
    EXPECT_TRUE(whole.child(start + 6s, 2s, "connect").at.expired(start + 6s));
    EXPECT_TRUE(budget(start, bound{}).child(start, 0s, "zero").at.expired(start));
    EXPECT_TRUE(budget(start, bound{}).child(start, -1s, "negative").at.expired(start));
}

TEST(budget, an_unlimited_budget_still_limits_its_children) {
    const budget whole{start, bound{}};
    EXPECT_FALSE(whole.expired(time_point::max()));
    EXPECT_EQ(whole.child(start, 2s, "connect").at, deadline::after(start, 2s));
}

TEST(budget, every_moment_from_the_arrival_on_is_in_the_account) {
    budget whole{start, own(5s)};
    whole.enter(stage::queue, start + 100ms);
    whole.enter(stage::attempt, start + 1300ms, 1);
    whole.enter(stage::backoff, start + 2200ms);
    whole.enter(stage::attempt, start + 2250ms, 2);
    whole.close(start + 5s);
    EXPECT_EQ(
        whole.account().format(),
        "receive 0.10 s, queue 1.20 s, attempt 1 0.90 s, backoff 0.05 s, attempt 2 2.75 s"
    );
    EXPECT_EQ(whole.account().total(), 5s);
}

TEST(budget, closing_twice_or_in_the_past_counts_nothing_twice) {
    budget whole{start, own(5s)};
    whole.close(start + 1s);
    whole.close(start + 1s);
    whole.close(start);
    whole.enter(stage::queue, start + 500ms);
    EXPECT_EQ(whole.account().total(), 1s);
    whole.close(start + 2s);
    EXPECT_EQ(whole.account().total(), 2s);
    EXPECT_EQ(whole.account().entries().back().what, stage::queue);
}

TEST(budget, a_stage_that_took_no_time_leaves_no_entry) {
    budget whole{start, own(5s)};
    whole.enter(stage::queue, start);
    whole.enter(stage::connect, start);
    whole.close(start + 1ms);
    ASSERT_EQ(whole.account().entries().size(), 1u);
    EXPECT_EQ(whole.account().entries()[0].what, stage::connect);
}

}  // namespace
}  // namespace curfew
