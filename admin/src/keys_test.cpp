#include <curfew/admin/keys.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curfew::admin {
namespace {

using testing::ElementsAre;

std::vector<key> keys_of(std::string_view bytes) {
    std::vector<key> whole;
    std::vector<key> single;
    key_decoder one;
    key_decoder other;
    one.feed(bytes, whole);
    for (const char byte : bytes) {
        other.feed({&byte, 1}, single);
    }
    EXPECT_EQ(whole, single) << "where it is cut makes no difference";
    return whole;
}

TEST(key_decoder, letters) {
    EXPECT_THAT(
        keys_of("jks?p\tq"),
        ElementsAre(key::down, key::up, key::sort, key::help, key::pause, key::next, key::quit)
    );
}

TEST(key_decoder, arrows_in_both_modes_of_a_terminal) {
    EXPECT_THAT(keys_of("\x1b[A\x1bOB\x1b[Z"), ElementsAre(key::up, key::down, key::previous));
    EXPECT_THAT(
        keys_of("\x1b[5~\x1b[6~\x1b[H\x1b[4~"),
        ElementsAre(key::page_up, key::page_down, key::first, key::last)
    );
    EXPECT_THAT(keys_of("\x1b[1;5A"), ElementsAre(key::up)) << "with Control held";
}

TEST(key_decoder, what_nobody_knows_is_dropped_whole) {
    EXPECT_THAT(keys_of("x\x1b[200~q\x1b[201~"), ElementsAre(key::quit));
    EXPECT_THAT(keys_of("\x1bq\x1b[31mj"), ElementsAre(key::down)) << "Alt-q is not q";
    EXPECT_THAT(keys_of("\x1b[\x1b[A"), ElementsAre(key::up)) << "a sequence begun anew";
    EXPECT_THAT(keys_of("\x1b[" + std::string(100, ';') + "j"), testing::Contains(key::down));
}

}  // namespace
}  // namespace curfew::admin
