#include "ranks.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace curfew::statistics {
namespace {

TEST(ranks, equal_values_share_the_mean_of_their_places) {
    EXPECT_EQ(
        midranks(std::vector{3.0, 1.0, 3.0, 2.0, 3.0}), (std::vector{4.0, 1.0, 4.0, 2.0, 4.0})
    );
    EXPECT_TRUE(midranks({}).empty());
}

TEST(ranks, scrambled_ones_are_a_permutation_that_is_always_the_same) {
    const std::vector<double> values{0, 0, 5, 0, 0, -1, 0, 0};
    std::vector<double> ranks = scrambled_ranks(values);
    EXPECT_EQ(ranks, scrambled_ranks(values));
    EXPECT_EQ(ranks[2], 8);
    EXPECT_EQ(ranks[5], 1);
    EXPECT_FALSE(std::ranges::is_sorted(ranks));
    std::ranges::sort(ranks);
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        EXPECT_EQ(ranks[i], static_cast<double>(i + 1));
    }
}

TEST(normal_scores, are_symmetric_and_know_no_outlier) {
    const std::vector<double> scores = normal_scores(midranks(std::vector{1.0, 2.0, 1e300}));
    EXPECT_NEAR(scores[0], -0.6744897501960817, 1e-12);
    EXPECT_NEAR(scores[1], 0, 1e-12);
    EXPECT_NEAR(scores[2], 0.6744897501960817, 1e-12);
}

}  // namespace
}  // namespace curfew::statistics
