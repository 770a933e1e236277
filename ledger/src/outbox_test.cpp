#include "outbox.hpp"

#include "ledger_scenario.hpp"

#include <algorithm>

namespace curfew::ledger {
namespace {

class outbox_test : public testing::Test {
  protected:
    own_directory directory;
    std::string base = directory.file("kept/it");
};

TEST_F(outbox_test, names_are_never_the_same_and_in_their_order) {
    outbox one{base, 1'000};
    outbox other{base, 1'000};
    std::vector<std::string> names;
    for (int i = 0; i < 1'000; ++i)
        names.push_back(one.next_name(noon + std::chrono::seconds{i / 100}));
    EXPECT_TRUE(std::ranges::is_sorted(names));
    EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
    EXPECT_NE(one.next_name(noon), other.next_name(noon));
}

TEST_F(outbox_test, what_is_put_is_found_oldest_first_and_never_more_than_its_bound) {
    outbox one{base, 25};
    const auto first = one.next_name(noon);
    const auto second = one.next_name(noon);
    EXPECT_TRUE(one.put(second, "0123456789"));
    EXPECT_TRUE(one.put(first, "0123456789"));
    EXPECT_FALSE(one.put(one.next_name(noon), "0123456789"));
    EXPECT_EQ(one.bytes(), 20U);
    const auto all = left_over(base);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_TRUE(all[0].ends_with(first));
    outbox later{base, 25};
    EXPECT_EQ(later.count(), 2U);
    later.remove(first);
    EXPECT_EQ(later.bytes(), 10U);
    EXPECT_TRUE(one.put(one.next_name(noon), "01234")) << "its own count is 20 until it looks";
    EXPECT_FALSE(one.put(one.next_name(noon), "0"));
    one.look();
    EXPECT_TRUE(one.put(one.next_name(noon), "0"));
}

TEST_F(outbox_test, a_directory_that_cannot_be_written_takes_nothing_and_leaves_nothing) {
    outbox nowhere{"/dev/null/it", 1'000};
    EXPECT_FALSE(nowhere.put(nowhere.next_name(noon), "x"));
    EXPECT_EQ(nowhere.bytes(), 0U);
}

}  // namespace
}  // namespace curfew::ledger
