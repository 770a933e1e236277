#include "dispatch.hpp"

#include "batch_frame.hpp"
#include "ledger_scenario.hpp"

namespace curfew::ledger {
namespace {

class dispatch_test : public testing::Test {
  protected:
    batch some() const {
        batch made;
        made.take(some_event("a", outcome::failure), noon, 1);
        return made;
    }

    std::vector<std::string> waiting() const { return left_over(base); }

    own_directory directory;
    std::string base = directory.file("it");
    dispatch sends{base, 10'000, "1.2.3"};
};

TEST_F(dispatch_test, a_batch_keeps_its_name_until_it_is_settled) {
    batch what = some();
    sends.take(what, noon);
    EXPECT_TRUE(what.empty());
    const std::string name{sends.label_of().name};
    EXPECT_FALSE(sends.is_settled());
    EXPECT_TRUE(sends.put_by());
    EXPECT_TRUE(sends.is_settled());
    ASSERT_EQ(waiting().size(), 1U);
    EXPECT_TRUE(waiting()[0].ends_with(name));
    what = some();
    sends.take(what, noon);
    EXPECT_NE(sends.label_of().name, name);
}

TEST_F(dispatch_test, only_a_name_that_was_never_on_the_disk_is_forgotten) {
    batch what = some();
    sends.take(what, noon);
    const std::string first{sends.label_of().name};
    EXPECT_EQ(sends.label_of().over, "");
    sends.arrived();
    what = some();
    sends.take(what, noon);
    EXPECT_EQ(sends.label_of().over, first);
    sends.secure();
    EXPECT_EQ(waiting().size(), 1U);
    sends.arrived();
    EXPECT_TRUE(waiting().empty());
    what = some();
    sends.take(what, noon);
    EXPECT_EQ(sends.label_of().over, "") << "somebody else may be reading its file";
}

TEST_F(dispatch_test, what_no_disk_takes_stays_and_nothing_else_is_taken) {
    dispatch full{base, 10, "1.2.3"};
    batch what = some();
    full.take(what, noon);
    EXPECT_FALSE(full.put_by());
    EXPECT_FALSE(full.is_settled());
    EXPECT_EQ(full.on_its_way().rows().size(), 1U);
    batch later = some();
    EXPECT_FALSE(full.put_by(later, noon));
    EXPECT_FALSE(later.empty());
    full.arrived();
    EXPECT_TRUE(full.is_settled());
}

TEST_F(dispatch_test, the_last_word_is_kept_even_where_there_is_nothing_else_to_tell) {
    sends.take_last(noon);
    EXPECT_TRUE(sends.is_settled()) << "nobody ever heard of it";
    batch what = some();
    sends.take(what, noon);
    sends.arrived();
    sends.take_last(noon + 1s);
    EXPECT_TRUE(sends.label_of().stopped);
    EXPECT_EQ(sends.label_of().by->started, noon);
    EXPECT_TRUE(sends.put_by());
    EXPECT_EQ(waiting().size(), 1U);
}

TEST_F(dispatch_test, that_it_is_still_there_is_not_worth_a_file) {
    batch nothing;
    sends.take(nothing, noon);
    EXPECT_TRUE(sends.put_by());
    EXPECT_TRUE(sends.is_settled());
    EXPECT_TRUE(waiting().empty());
}

}  // namespace
}  // namespace curfew::ledger
