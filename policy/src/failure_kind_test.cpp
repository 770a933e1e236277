#include <curfew/policy/failure_kind.hpp>

#include <gtest/gtest.h>

namespace curfew::policy {
namespace {

TEST(failure_kind, names_and_kinds_are_one_to_one) {
    for (const auto kind : all_kinds) {
        EXPECT_EQ(kind_named(to_string(kind)), kind);
    }
    EXPECT_FALSE(kind_named("Network"));
    EXPECT_FALSE(kind_named(""));
}

}  // namespace
}  // namespace curfew::policy
