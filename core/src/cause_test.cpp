#include <curfew/core/cause.hpp>

#include <gtest/gtest.h>

#include <set>

namespace curfew {
namespace {

template <class Enum>
void every_name_is_its_own(Enum last) {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(last); ++i) {
        const auto name = to_string(static_cast<Enum>(i));
        EXPECT_FALSE(name.empty());
        EXPECT_TRUE(names.insert(name).second) << name;
        EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), name.npos) << name;
    }
}

TEST(cause, names_are_complete_distinct_and_fit_for_labels) {
    every_name_is_its_own(cause_kind::failed);
    every_name_is_its_own(shed_reason::rate);
    every_name_is_its_own(outcome::ignored);
}

TEST(cause, names_are_those_of_the_vocabulary) {
    EXPECT_EQ(to_string(cause_kind::own_timeout), "own_timeout");
    EXPECT_EQ(to_string(cause_kind::inherited_deadline), "inherited_deadline");
    EXPECT_EQ(to_string(shed_reason::route_share), "route_share");
    EXPECT_EQ(to_string(outcome::cancelled), "cancelled");
}

TEST(cause, work_ends_by_itself_or_is_ended) {
    EXPECT_TRUE(ended_by_itself(cause_kind::completed));
    EXPECT_TRUE(ended_by_itself(cause_kind::failed));
    EXPECT_FALSE(ended_by_itself(cause_kind::own_timeout));
    EXPECT_FALSE(ended_by_itself(cause_kind::cancelled));
}

TEST(cause, only_a_failure_or_a_timeout_of_its_own_counts_against_the_target) {
    constexpr cause_kind kinds[] = {
        cause_kind::completed,
        cause_kind::own_timeout,
        cause_kind::inherited_deadline,
        cause_kind::cancelled,
        cause_kind::shed,
        cause_kind::breaker_open,
        cause_kind::shutdown,
        cause_kind::rejected,
        cause_kind::failed,
    };
    for (const cause_kind why : kinds) {
        EXPECT_TRUE(counts_against_target(outcome::failure, why));
        EXPECT_EQ(counts_against_target(outcome::timeout, why), why == cause_kind::own_timeout);
        EXPECT_FALSE(counts_against_target(outcome::success, why));
        EXPECT_FALSE(counts_against_target(outcome::cancelled, why));
        EXPECT_FALSE(counts_against_target(outcome::ignored, why));
    }
}

TEST(cause, a_limit_is_shown_as_a_time_only_where_it_is_one) {
    using enum shed_reason;
    constexpr duration second = std::chrono::seconds{1};
    EXPECT_FALSE(is_limited_in_time({}));
    EXPECT_FALSE(is_limited_in_time({cause_kind::shed, queue_full, "gateway.queue"}));
    EXPECT_FALSE(is_limited_in_time({cause_kind::shed, route_share, "limiter.route_share"}));
    EXPECT_FALSE(is_limited_in_time({cause_kind::rejected, none, "http.header_bytes", {}, 9}));
    EXPECT_FALSE(is_limited_in_time({cause_kind::own_timeout})) << "no limit, no time";
    EXPECT_TRUE(is_limited_in_time({cause_kind::own_timeout, none, "request.timeout", second}));
    EXPECT_TRUE(is_limited_in_time({cause_kind::shed, no_time_left, "grpc-timeout"})) << "zero";
    EXPECT_TRUE(is_limited_in_time({cause_kind::inherited_deadline, none, "grpc-timeout"}));
}

}  // namespace
}  // namespace curfew
