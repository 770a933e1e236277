#include "toml_text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace curfew::policy {
namespace {

TEST(toml_text, finds_the_end_of_every_kind_of_value) {
    const std::array<std::string, 14> values{
        "\"a\"",
        "\"a\\\"b\"",
        "'a\\'",
        "\"\"",
        "\"\"\"a\n\"b\"\" c\"\"\"",
        "'''\n'a''\n'''",
        "\"\"\"a\"\"\"\"\"",
        "12",
        "true",
        "1.5",
        "[1, [2, 3], \"]\"]",
        "[ # ]\n 1 ]",
        "{ a = \"}\", b = {} }",
        "[]",
    };
    for (const auto& value : values) {
        for (const std::string behind : {"", " ", "\n", " # x", ", b = 1 }", "]"}) {
            EXPECT_EQ(end_of_value("k = " + value + behind, 4), 4 + value.size())
                << value << behind;
        }
    }
}

TEST(toml_text, counts_columns_in_characters_and_lines_from_one) {
    const std::string text =
        "\xc3\xa4\xe2\x82\xac"
        "b\r\nc\n";
    EXPECT_EQ(offset_of(text, {1, 3}), 5U);
    EXPECT_EQ(offset_of(text, {2, 1}), 8U);
    EXPECT_EQ(offset_of("\xef\xbb\xbf" + text, {1, 1}), 3U);
    EXPECT_EQ(offset_of(text, {9, 9}), text.size());
}

TEST(toml_text, an_unclosed_value_ends_with_the_text) {
    for (const std::string text : {"\"abc", "'abc", "\"\"\"abc", "[1, 2", "{ a = \"", "\"abc\\"}) {
        EXPECT_GE(end_of_value(text, 0), text.size());
    }
    EXPECT_EQ(end_of_value("", 0), 0U);
}

}  // namespace
}  // namespace curfew::policy
