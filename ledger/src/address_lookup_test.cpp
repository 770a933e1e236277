#include "address_lookup.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace curfew::ledger {
namespace {

using namespace std::chrono_literals;

const steady_clock real;

TEST(address_lookup, a_name_has_its_addresses_and_one_that_is_nobodys_has_none) {
    const auto where = pg::target::parse("postgresql://me@localhost:1,nobody.invalid:2/b");
    ASSERT_TRUE(where);
    const auto found = look_up(*where, 20s, {real});
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size(), 2U);
    EXPECT_EQ(std::ranges::count((*found)[0], "127.0.0.1"), 1);
    EXPECT_TRUE((*found)[1].empty());
}

TEST(address_lookup, where_every_name_is_nobodys_it_is_an_error) {
    const auto where = pg::target::parse("postgresql://me@nobody.invalid:2/b");
    ASSERT_TRUE(where);
    EXPECT_FALSE(look_up(*where, 20s, {real}));
}

}  // namespace
}  // namespace curfew::ledger
