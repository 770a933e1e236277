#include <curfew/core/event.hpp>

#include <gtest/gtest.h>

#include <set>
#include <type_traits>

namespace curfew {
namespace {

TEST(event, every_surface_has_a_name_of_its_own) {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(surface::policy); ++i) {
        EXPECT_TRUE(names.insert(to_string(static_cast<surface>(i))).second) << i;
    }
}

TEST(event, carries_views_only_so_that_telling_it_costs_no_allocation) {
    EXPECT_TRUE(std::is_trivially_destructible_v<event>);
    EXPECT_TRUE(std::is_trivially_copyable_v<event>);
}

}  // namespace
}  // namespace curfew
