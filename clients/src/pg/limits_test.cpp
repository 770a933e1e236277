#include <curfew/clients/pg/pool_options.hpp>
#include <curfew/policy/policy.hpp>

#include <gtest/gtest.h>

namespace curfew::pg {
namespace {

TEST(limits, are_those_of_the_policy_and_by_default_the_same) {
    policy::database_policy section;
    const auto by_policy = limits::of(section);
    const limits own;
    EXPECT_EQ(by_policy.initialization, own.initialization);
    EXPECT_EQ(by_policy.connection, own.connection);
    EXPECT_EQ(by_policy.acquire, own.acquire);
    EXPECT_EQ(by_policy.query, own.query);
    EXPECT_EQ(by_policy.transaction, own.transaction);
    EXPECT_EQ(by_policy.idle, own.idle);
    section.query = std::chrono::seconds{7};
    EXPECT_EQ(limits::of(section).query, section.query);
}

TEST(holder, is_named_by_its_place_in_the_source_or_as_it_said) {
    const holder here{std::source_location::current()};
    EXPECT_TRUE(here.text().starts_with("limits_test.cpp:")) << here.text();
    EXPECT_EQ(holder{"nightly report"}.text(), "nightly report");
}

}  // namespace
}  // namespace curfew::pg
