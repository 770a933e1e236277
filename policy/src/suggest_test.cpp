#include <curfew/policy/suggest.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace curfew::policy {
namespace {

TEST(suggest, counts_insert_delete_replace_and_swap_as_one_edit_each) {
    EXPECT_EQ(edit_distance("timeout", "timeout"), 0u);
    EXPECT_EQ(edit_distance("timeot", "timeout"), 1u);
    EXPECT_EQ(edit_distance("timeoutt", "timeout"), 1u);
    EXPECT_EQ(edit_distance("timeaut", "timeout"), 1u);
    EXPECT_EQ(edit_distance("tiemout", "timeout"), 1u);
    EXPECT_EQ(edit_distance("", "abc"), 3u);
}

std::size_t naive(std::string_view a, std::string_view b) {
    if (a.empty() || b.empty()) return a.size() + b.size();
    auto best = std::min(naive(a.substr(1), b), naive(a, b.substr(1))) + 1;
    best = std::min(best, naive(a.substr(1), b.substr(1)) + (a[0] == b[0] ? 0 : 1));
    if (a.size() > 1 && b.size() > 1 && a[0] == b[1] && a[1] == b[0]) {
        best = std::min(best, naive(a.substr(2), b.substr(2)) + 1);
    }
    return best;
}

TEST(suggest, agrees_with_the_recursive_definition) {
    std::mt19937 random{3};
    const auto word = [&] {
        std::string text(random() % 6, ' ');
        std::ranges::generate(text, [&] { return static_cast<char>('a' + random() % 3); });
        return text;
    };
    for (int i = 0; i < 2'000; ++i) {
        const auto a = word();
        const auto b = word();
        EXPECT_EQ(edit_distance(a, b), naive(a, b)) << a << ' ' << b;
    }
}

TEST(suggest, offers_the_nearest_and_nothing_far_fetched) {
    const std::vector<std::string_view> names{"timeout", "body_idle", "slow"};
    EXPECT_EQ(closest("timeot", names), "timeout");
    EXPECT_EQ(closest("slwo", names), "slow");
    EXPECT_EQ(closest("colour", names), std::nullopt);
    EXPECT_EQ(closest(std::string(100'000, 'x'), names), std::nullopt);
}

}  // namespace
}  // namespace curfew::policy
