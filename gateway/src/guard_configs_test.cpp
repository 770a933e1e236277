#include "guard_configs.hpp"

#include <curfew/policy/load.hpp>

#include <gtest/gtest.h>

#include <string>

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view keys[] = {
    "limiter.initial",
    "limiter.floor",
    "limiter.ceiling",
    "limiter.route_share",
    "limiter.tolerance",
    "breaker.consecutive_failures",
    "breaker.reset",
    "breaker.failure_rate",
    "breaker.slow_rate",
    "breaker.window",
    "breaker.min_calls",
    "breaker.half_open_permits",
    "breaker.probe_lease",
    "request.slow",
    "request.adaptive_floor",
    "request.adaptive_false_timeouts",
};

policy::loading with(std::string_view key, std::string_view value) {
    policy::sources from;
    if (!key.empty()) from.flags.push_back({"--it", std::string{key}, {std::string{value}}});
    return policy::load(from);
}

TEST(guard_configs, whatever_the_policy_accepts_the_guards_accept) {
    const auto defaults = with({}, {});
    for (const auto key : keys) {
        const auto range = defaults.explain(key)->range;
        const auto middle = range.find(" to ");
        ASSERT_NE(middle, range.npos) << key << ": " << range;
        for (const auto& bound : {range.substr(0, middle), range.substr(middle + 4)}) {
            const auto loaded = with(key, bound);
            if (!loaded.snapshot) continue;  // it contradicts another limit, and says so
            const auto& rules = *loaded.snapshot;
            EXPECT_TRUE(is_valid(limiter_of(rules.limiter))) << key << " = " << bound;
            const auto breaker = breaker_of(rules.default_limits().breaker, rules.request.slow);
            EXPECT_TRUE(is_valid(breaker)) << key << " = " << bound;
            const auto adaptive = adaptive_timeout_of(rules.default_limits());
            EXPECT_TRUE(is_valid(adaptive)) << key << " = " << bound;
        }
    }
}

TEST(guard_configs, fractions_are_rounded_to_the_nearest_percent) {
    policy::breaker_policy from;
    from.failure_rate = 0.29;
    from.slow_rate = 0.57;
    const auto made = breaker_of(from, 250ms);
    EXPECT_EQ(made.failure_rate.percent, 29U);
    EXPECT_EQ(made.slow_rate.percent, 57U);
    EXPECT_EQ(made.slow_after, 250ms);
}

}  // namespace
}  // namespace curfew::gateway
