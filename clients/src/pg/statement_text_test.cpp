#include <curfew/clients/pg/statement_text.hpp>

#include <gtest/gtest.h>

namespace curfew::pg {
namespace {

TEST(statement_text, literals_of_every_kind_are_gone) {
    const std::vector<std::pair<std::string, std::string>> known{
        {"SELECT * FROM t WHERE name = 'Ann'", "SELECT * FROM t WHERE name = ?"},
        {"VALUES ('it''s', E'a\\'b', B'101', x'ff', 1, -2.5e+10, .5, 0x1F)",
         "VALUES (?, ?, ?, ?, ?, -?, ?, ?)"},
        {"SELECT $$secret$$, $tag$ $$ secret $tag$, $1", "SELECT ?, ?, $1"},
        {"SELECT 'back\\\\', 'sl\\ash', E'\\\\', x", "SELECT ?, ?, ?, x"},
        {"SELECT column1, t2.x FROM t2", "SELECT column1, t2.x FROM t2"},
        {"SELECT \"odd name\" FROM t", "SELECT \"odd name\" FROM t"},
    };
    for (const auto& [given, shown] : known)
        EXPECT_EQ(without_literals(given), shown);
}

TEST(statement_text, comments_are_gone_and_white_space_is_one_space) {
    EXPECT_EQ(
        without_literals("  SELECT /* a /* b */ 'c' */ x -- d\n\t FROM  t;"), "SELECT x FROM t;"
    );
}

TEST(statement_text, what_does_not_end_hides_all_that_follows) {
    for (const auto* given :
         {"SELECT 'secret",
          "SELECT $a$secret",
          "SELECT \"secret",
          "SELECT /* secret",
          "SELECT E'x\\'secret",
          "SELECT $secret"})
        EXPECT_EQ(without_literals(given).find("secret"), std::string::npos) << given;
}

TEST(statement_text, where_a_backslash_may_or_may_not_escape_nothing_more_is_shown) {
    EXPECT_EQ(without_literals("SELECT 'back\\', secret FROM t"), "SELECT ?");
    EXPECT_EQ(without_literals("SELECT 'back\\' || 'secret' FROM t"), "SELECT ?");
    EXPECT_EQ(without_literals("SELECT 'a\\'' OR secret = '' FROM t"), "SELECT ?");
    EXPECT_EQ(without_literals("SELECT nameE'a\\', secret"), "SELECT ?");
    EXPECT_EQ(without_literals("SELECT E'a\\'secret', x"), "SELECT ?, x");
}

TEST(statement_text, a_comment_ends_with_its_line_however_that_ends) {
    EXPECT_EQ(without_literals("SELECT -- a\r'b\nsecret', x"), "SELECT ?, x");
}

TEST(statement_text, a_name_that_could_be_half_of_a_literal_is_not_shown) {
    EXPECT_EQ(without_literals("SELECT \"a 'secret' b\""), "SELECT ?");
    EXPECT_EQ(without_literals("SELECT \"two\nlines\""), "SELECT ?");
}

TEST(statement_text, at_most_so_many_bytes_of_whole_characters) {
    EXPECT_EQ(without_literals("SELECT abcdefgh", 10), "SELECT abc");
    EXPECT_EQ(without_literals("SELECT ab\u00fcd", 10), "SELECT ab");
    EXPECT_EQ(without_literals(std::string(500, 'x')).size(), 100U);
}

TEST(statement_text, the_verb_is_the_first_word_in_capitals) {
    EXPECT_EQ(verb_of("  /* x */ select 1"), "SELECT");
    EXPECT_EQ(verb_of("WITH a AS (SELECT 1) SELECT * FROM a"), "WITH");
    EXPECT_EQ(verb_of("(SELECT 1)"), "?");
    EXPECT_EQ(verb_of(""), "?");
}

}  // namespace
}  // namespace curfew::pg
