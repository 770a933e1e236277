#include "session_state.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace curfew::pg {
namespace {

TEST(trouble, a_sqlstate_means_one_code_of_the_closed_list) {
    EXPECT_EQ(code_of_sqlstate("57014"), errc::cancelled);
    EXPECT_EQ(code_of_sqlstate("25P03"), errc::own_timeout);
    EXPECT_EQ(code_of_sqlstate("57P01"), errc::upstream_down);
    EXPECT_EQ(code_of_sqlstate("28P01"), errc::database_login);
    EXPECT_EQ(code_of_sqlstate("53300"), errc::database_full);
    EXPECT_EQ(code_of_sqlstate("40001"), errc::database_conflict);
    EXPECT_EQ(code_of_sqlstate("08006"), errc::upstream_closed);
    EXPECT_EQ(code_of_sqlstate("23505"), errc::database_refused);
    EXPECT_EQ(code_of_sqlstate(""), errc::database_refused);
}

TEST(trouble, only_what_the_server_said_of_a_statement_is_an_answer) {
    EXPECT_TRUE(is_answer(errc::database_refused));
    EXPECT_TRUE(is_answer(errc::database_conflict));
    EXPECT_FALSE(is_answer(errc::upstream_closed));
    EXPECT_FALSE(is_answer(errc::cancelled));
}

TEST(trouble, words_become_one_bounded_line_that_ends_with_a_whole_character) {
    EXPECT_EQ(one_line("two\nlines\t\n"), "two lines ");
    const std::string umlauts = [] {
        std::string made;
        for (int i = 0; i < 200; ++i)
            made += "\u00fc";
        return "x" + made;
    }();
    const auto line = one_line(umlauts);
    EXPECT_EQ(line.size(), trouble::message_max - 1);
    EXPECT_EQ(line, umlauts.substr(0, line.size()));
}

TEST(trouble, errno_is_read_from_the_words_of_the_system) {
    EXPECT_EQ(errno_in("connection to server failed: Connection refused"), ECONNREFUSED);
    EXPECT_EQ(errno_in("all is well"), 0);
}

}  // namespace
}  // namespace curfew::pg
