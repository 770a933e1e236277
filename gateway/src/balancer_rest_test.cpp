#include <curfew/gateway/balancer.hpp>

#include <gtest/gtest.h>

#include <map>

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;
using policy::balancing;

/// Endpoints of which all have answered route 0 well, on time told by hand.
struct resting : testing::Test {
    balancer of{balancing::round_robin, 2};
    time_point now{1h};

    void use(std::size_t endpoints, balancing how = balancing::round_robin) {
        of = balancer{how, endpoints};
        for (std::size_t i = 0; i < endpoints; ++i)
            of.answered_well(sent(i), now);
    }

    resting() { use(2); }

    balancer::request sent(std::size_t endpoint, std::size_t route = 0) const {
        return {.endpoint = endpoint, .route = route, .sent = now};
    }

    /// Where a request goes, which is over at once and says nothing.
    std::size_t go(bool harmless = true) {
        const auto to = of.pick(now, harmless);
        trial = of.started(to);
        of.ended(to);
        return to;
    }

    /// It was sent now, and hangs a second later.
    bool hang(std::size_t endpoint, std::size_t route = 0) {
        const auto one = sent(endpoint, route);
        now += 1s;
        return of.hangs(one, false, now);
    }

    std::map<std::size_t, int> go_often(int times) {
        std::map<std::size_t, int> seen;
        for (int i = 0; i < times; ++i)
            ++seen[go()];
        return seen;
    }

    rest_reason why(std::size_t endpoint) const { return of.describe(endpoint).resting; }

    bool trial = false;
};

TEST_F(resting, an_endpoint_that_is_silent_rests_at_its_first_hang) {
    EXPECT_TRUE(hang(1));
    EXPECT_EQ(why(1), rest_reason::hangs);
    EXPECT_EQ(of.describe(1).rests, 1U);
    EXPECT_EQ(go_often(6), (std::map<std::size_t, int>{{0, 6}}));
    EXPECT_FALSE(of.is_set_aside(0));
    EXPECT_TRUE(of.is_set_aside(1));
}

TEST_F(resting, one_that_answers_others_rests_when_three_hang_at_it_at_one_time) {
    const auto first = sent(1);
    now += 1s;
    of.answered_well(sent(1, 7), now);
    EXPECT_FALSE(of.hangs(first, false, now)) << "a slow one now and then is no hang";
    EXPECT_FALSE(of.hangs(first, true, now)) << "the same";
    EXPECT_FALSE(of.hangs(first, false, now));
    of.hang_ended(1);
    EXPECT_FALSE(of.hangs(first, false, now)) << "two are left";
    EXPECT_TRUE(of.hangs(first, false, now));
    EXPECT_EQ(why(1), rest_reason::hangs);
}

TEST_F(resting, five_failures_in_a_row_are_needed_and_an_answer_between_them_begins_anew) {
    for (int i = 0; i < 4; ++i)
        EXPECT_TRUE(of.failed(sent(1), now)) << "its own doing: it says nothing about the route";
    of.answered_well(sent(1), now);
    for (int i = 0; i < 4; ++i)
        EXPECT_TRUE(of.answered_badly(sent(1), now));
    EXPECT_EQ(why(1), rest_reason::none);
    EXPECT_TRUE(of.answered_badly(sent(1), now));
    EXPECT_EQ(why(1), rest_reason::fails);
}

TEST_F(resting, an_application_that_fails_everywhere_rests_nobody_and_answers_for_it) {
    EXPECT_TRUE(of.answered_badly(sent(0), now)) << "the other one answered it well so far";
    for (int i = 0; i < 20; ++i) {
        EXPECT_FALSE(of.answered_badly(sent(1), now));
        EXPECT_FALSE(of.answered_badly(sent(0), now));
        EXPECT_FALSE(of.failed(sent(1), now));
        EXPECT_FALSE(of.failed(sent(0), now));
    }
    EXPECT_EQ(why(0), rest_reason::none);
    EXPECT_EQ(why(1), rest_reason::none);
}

TEST_F(resting, a_route_that_hangs_everywhere_is_no_endpoints_doing) {
    of.answered_well(sent(0, 1), now);
    of.answered_well(sent(1, 1), now);
    const auto at_first = sent(0);
    const auto at_second = sent(1);
    now += 1s;
    of.answered_well(sent(0, 1), now);
    of.answered_well(sent(1, 1), now);
    EXPECT_FALSE(of.hangs(at_first, false, now));
    for (int i = 0; i < 9; ++i) {
        EXPECT_FALSE(of.hangs(at_second, false, now)) << i;
        EXPECT_FALSE(of.hangs(at_first, false, now)) << i;
    }
}

TEST_F(resting, what_no_other_endpoint_ever_answered_speaks_against_none) {
    EXPECT_FALSE(hang(1, 5));
    EXPECT_FALSE(of.failed(sent(1, 5), now));
    of.answered_well(sent(0, 5), now);
    EXPECT_TRUE(hang(1, 5));
}

TEST_F(resting, at_most_half_rest_and_never_the_last_one_in_service) {
    EXPECT_TRUE(hang(1));
    EXPECT_FALSE(hang(0));
    EXPECT_EQ(why(0), rest_reason::none);

    use(5);
    EXPECT_TRUE(hang(1));
    EXPECT_TRUE(hang(2));
    EXPECT_FALSE(hang(3)) << "two of five";

    use(2);
    of.connect_failed(0, now);
    EXPECT_FALSE(hang(1)) << "the other one takes no connections";
    EXPECT_EQ(why(0), rest_reason::no_connections);

    use(1);
    EXPECT_FALSE(hang(0));
    for (int i = 0; i < 9; ++i)
        EXPECT_FALSE(of.failed(sent(0), now));
    EXPECT_EQ(why(0), rest_reason::none);
}

TEST_F(resting, trials_come_one_at_a_time_at_a_doubling_pause) {
    EXPECT_TRUE(hang(1));
    for (const duration pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
        now += pause - 1ns;
        EXPECT_EQ(go_often(4), (std::map<std::size_t, int>{{0, 4}})) << pause;
        now += 1ns;
        EXPECT_EQ(of.pick(now, true), 1U);
        EXPECT_TRUE(of.started(1));
        EXPECT_EQ(go_often(4), (std::map<std::size_t, int>{{0, 4}})) << "one at a time";
        auto one = sent(1);
        one.trial = true;
        EXPECT_TRUE(of.hangs(one, false, now));
        of.ended(1);
    }
}

TEST_F(resting, a_trial_without_a_verdict_is_followed_by_another) {
    EXPECT_TRUE(hang(1));
    now += 1s;
    EXPECT_EQ(go(), 1U);
    EXPECT_TRUE(trial);
    EXPECT_EQ(go(), 0U) << "not over";
    of.trial_ended(1);
    EXPECT_EQ(of.pick(now, true), 1U);
    of.not_sent(1);
    EXPECT_EQ(go(), 1U);
    now += balancer::trial_lease - 1ns;
    EXPECT_EQ(go(), 0U);
    now += 1ns;
    EXPECT_EQ(go(), 1U) << "its lease has run out";
}

TEST_F(resting, what_does_harm_is_a_trial_only_when_nothing_harmless_has_come_for_as_long_again) {
    EXPECT_TRUE(hang(1));
    now += 2s - 1ns;
    EXPECT_EQ(go(false), 0U);
    now += 1ns;
    EXPECT_EQ(go(false), 1U);
}

TEST_F(resting, a_good_answer_to_a_trial_ends_the_rest) {
    EXPECT_TRUE(hang(1));
    of.answered_well(sent(1, 3), now);
    EXPECT_EQ(why(1), rest_reason::hangs) << "sent no later than it began to rest";
    now += 1s;
    EXPECT_EQ(go(), 1U);
    auto one = sent(1);
    one.trial = true;
    of.answered_well(one, now);
    EXPECT_EQ(why(1), rest_reason::none);
    EXPECT_EQ(go_often(6), (std::map<std::size_t, int>{{0, 3}, {1, 3}}));
}

TEST_F(resting, who_falls_back_soon_rests_longer_and_who_served_for_long_begins_anew) {
    const auto recover = [this] {
        auto one = sent(1);
        one.trial = true;
        of.answered_well(one, now);
    };
    EXPECT_TRUE(hang(1));
    recover();
    now += 28s;
    EXPECT_TRUE(hang(1));
    now += 2s - 1ns;
    EXPECT_EQ(go(), 0U);
    now += 1ns;
    EXPECT_EQ(go(), 1U);
    recover();
    now += 30s;
    EXPECT_TRUE(hang(1));
    now += 1s;
    EXPECT_EQ(go(), 1U);
}

TEST_F(resting, a_trial_that_is_answered_as_badly_as_elsewhere_ends_the_rest_too) {
    EXPECT_TRUE(hang(1));
    auto one = sent(1);
    one.trial = true;
    EXPECT_TRUE(of.answered_badly(one, now)) << "the other one answers this route well";
    EXPECT_EQ(why(1), rest_reason::hangs);
    EXPECT_FALSE(of.answered_badly(sent(0), now));
    EXPECT_FALSE(of.answered_badly(one, now));
    EXPECT_EQ(why(1), rest_reason::none);
}

TEST_F(resting, when_no_other_takes_connections_a_resting_one_is_used_until_it_answers) {
    use(2, balancing::least_loaded);
    EXPECT_TRUE(hang(1));
    of.connect_failed(0, now);
    now += 1ms;
    EXPECT_EQ(go(), 1U);
    EXPECT_FALSE(of.is_set_aside(1)) << "nobody stands in for it";
    EXPECT_FALSE(of.hangs(sent(1), false, now)) << "so its hangs count";
    of.answered_well(sent(1), now);
    EXPECT_EQ(why(1), rest_reason::none);
}

}  // namespace
}  // namespace curfew::gateway
