#include <curfew/http/block.hpp>

#include <gtest/gtest.h>

#include <optional>

namespace curfew::http {
namespace {

TEST(block, spare_ones_are_kept_until_they_are_dropped) {
    block::drop_spare();
    {
        const block one{block::small};
        const block other{block::large};
        const block huge{block::large + 1};
    }
    EXPECT_EQ(block::drop_spare(), block::small + block::large);
    EXPECT_EQ(block::drop_spare(), 0U);
}

TEST(block, one_in_use_is_not_dropped) {
    block::drop_spare();
    std::optional<block> held{block::usual};
    held->room()[0] = 'x';
    EXPECT_EQ(block::drop_spare(), 0U);
    EXPECT_EQ(held->room()[0], 'x');
    held.reset();
    EXPECT_EQ(block::drop_spare(), block::usual);
}

}  // namespace
}  // namespace curfew::http
