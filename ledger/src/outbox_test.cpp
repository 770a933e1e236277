#include "outbox.hpp"

#include "ledger_scenario.hpp"
#include "open_file.hpp"

#include <sys/file.h>

#include <algorithm>
#include <fstream>

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

TEST_F(outbox_test, what_a_process_that_is_gone_had_begun_is_swept_at_the_start_and_counts_until) {
    outbox before{base, 25};
    ASSERT_TRUE(before.put(before.next_name(noon), "0123456789"));
    EXPECT_EQ(directory.like("kept").size(), 1U);
    const std::string gone = base + ".part-0000000000000001";
    std::ofstream{gone} << "0123456789";
    before.look();
    EXPECT_EQ(before.bytes(), 20U);
    EXPECT_EQ(before.count(), 1U) << "it is no batch";
    EXPECT_FALSE(before.put(before.next_name(noon), "0123456789"));
    outbox later{base, 25};
    EXPECT_FALSE(std::filesystem::exists(gone));
    EXPECT_EQ(later.bytes(), 10U);
    EXPECT_TRUE(later.put(later.next_name(noon), "0123456789"));
}

TEST_F(outbox_test, what_another_process_is_writing_is_left_to_it) {
    outbox before{base, 25};
    ASSERT_TRUE(before.put(before.next_name(noon), "0123456789"));
    const std::string part = base + ".part-0000000000000001";
    const open_file writes{part, O_WRONLY | O_CREAT, 0600};
    ASSERT_EQ(::flock(writes.number(), LOCK_EX | LOCK_NB), 0);
    ASSERT_EQ(::write(writes.number(), "01234", 5), 5);
    const outbox later{base, 25};
    EXPECT_TRUE(std::filesystem::exists(part));
    EXPECT_EQ(later.bytes(), 15U);
}

TEST_F(outbox_test, a_batch_that_got_no_name_leaves_nothing_behind) {
    outbox one{base, 1'000};
    const auto name = one.next_name(noon);
    std::filesystem::create_directories(directory.file("kept/" + name));
    EXPECT_FALSE(one.put(name, "0123456789"));
    EXPECT_EQ(one.bytes(), 0U);
    for (const auto& each : std::filesystem::directory_iterator{directory.file("kept")})
        EXPECT_EQ(each.path().filename(), name);
}

TEST_F(outbox_test, a_directory_that_cannot_be_written_takes_nothing_and_leaves_nothing) {
    outbox nowhere{"/dev/null/it", 1'000};
    EXPECT_FALSE(nowhere.put(nowhere.next_name(noon), "x"));
    EXPECT_EQ(nowhere.bytes(), 0U);
}

}  // namespace
}  // namespace curfew::ledger
