#include "document.hpp"

#include "loaded.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace curfew::policy {
namespace {

using testing::SizeIs;

TEST(document, keeps_the_order_of_the_file_and_its_places) {
    const auto root = parse_document("b = 1\na = \"x\"\n[t]\nc = [true]\n");
    ASSERT_TRUE(root);
    ASSERT_THAT(root->children, SizeIs(3));
    EXPECT_EQ(root->children[0].name, "b");
    EXPECT_EQ(root->children[1].name, "a");
    EXPECT_EQ(root->children[1].value.at.line, 2u);
    EXPECT_EQ(root->children[1].value.at.column, 5u);
    EXPECT_EQ(root->children[2].children.at(0).value.items.at(0).text, "true");
}

struct hostile {
    const char* name;
    std::string text;
};

// Each is one clear sentence, and none of them crashes, hangs or is accepted.
TEST(document, hostile_files_are_one_problem_each) {
    const std::string nul{"a = 1\0b", 7};
    const std::vector<hostile> all{
        {"unclosed string", "a = \"x"},
        {"unclosed array", "a = [1, 2"},
        {"key without value", "a ="},
        {"value without key", "= 1"},
        {"NUL", nul},
        {"invalid UTF-8", "a = \"\xff\xfe\""},
        {"overlong UTF-8", "a = \"\xc0\xaf\""},
        {"control character", "a = \"\x01\""},
        {"twice the same key", "a = 1\na = 2"},
        {"a table that is a value", "a = 1\n[a]"},
        {"brackets", "[[[[[["},
        {"deep arrays", "a = " + std::string(100'000, '[')},
        {"deep dotted keys", "a" + std::string(100'000, '.')},
        {"deep dotted table",
         "[a" +
             [] {
                 std::string dots;
                 for (int i = 0; i < 100'000; ++i)
                     dots += ".a";
                 return dots;
             }() +
             "]"},
        {"deep inline tables",
         [] {
             std::string text = "a = ";
             for (int i = 0; i < 50'000; ++i)
                 text += "{a = ";
             return text;
         }()},
        {"binary", std::string("\x7f\x45\x4c\x46\x02\x01\x01\x00\x00", 9)},
        {"a number too large", "a = 99999999999999999999"},
        {"only a carriage return", "a = 1\rb = 2"},
    };
    for (const auto& [name, text] : all) {
        const auto result = load_text(text);
        EXPECT_FALSE(result.snapshot) << name;
        ASSERT_THAT(result.problems, SizeIs(1)) << name;
        EXPECT_LT(format(result.problems[0]).size(), 700u) << name;
    }
}

TEST(document, nesting_deeper_than_a_policy_is_refused_as_unknown) {
    std::string text = "[request";
    for (int i = 0; i < 200; ++i) {
        text += ".a";
    }
    const auto result = load_text(text + "]\nx = 1");
    ASSERT_THAT(result.problems, SizeIs(1));
    EXPECT_EQ(result.problems[0].sentence, "there is no key `a` in `request`");
}

TEST(document, a_long_line_is_shown_around_the_place) {
    const auto text = "[request]\ntimeout = \"" + std::string(5'000, 'x') + "\" # y\n";
    const auto result = load_text(text);
    ASSERT_THAT(result.problems, SizeIs(1));
    EXPECT_LE(result.problems[0].source.size(), 100u);
    EXPECT_LT(result.problems[0].sentence.size(), 200u);
}

TEST(document, the_caret_stands_under_the_place_whatever_is_before_it) {
    const auto result = load_text("request = {slow = \"\u00e4\u65e5\", timeot = \"5s\"}");
    ASSERT_THAT(result.problems, SizeIs(2));
    EXPECT_EQ(result.problems[1].caret, 24u);
}

TEST(document, a_terminal_is_not_driven_by_what_a_file_holds) {
    const auto result = load_text("\"\\u001b[31m\\u202e\" = 1 # \xe2\x80\xae");
    ASSERT_THAT(result.problems, SizeIs(1));
    const auto shown = format(result.problems[0]);
    EXPECT_EQ(shown.find('\033'), shown.npos);
    EXPECT_EQ(shown.find("\xe2\x80\xae"), shown.npos);
}

TEST(document, a_file_cut_anywhere_is_either_valid_or_a_problem) {
    const std::string text =
        "[server]\nlisten = \"127.0.0.1:80\"\n[upstream.main]\nurls = [\"http://a:1\"]\n"
        "[[route]]\npath = \"/a\"\nbreaker = {reset = \"5s\"}\n[env.staging.request]\nslow = "
        "\"2s\"";
    for (std::size_t length = 0; length <= text.size(); ++length) {
        const auto result = load_text(std::string_view{text}.substr(0, length), "staging");
        EXPECT_NE(result.snapshot == nullptr, result.problems.empty()) << length;
    }
}

TEST(document, a_byte_that_the_parser_quotes_does_not_reach_the_terminal) {
    for (const char byte : {'\0', '\x01', '\x1b', '\x7f'}) {
        const std::string text = std::string{"s =n"} + byte + "5\n";
        const auto result = load_text(text);
        ASSERT_THAT(result.problems, SizeIs(1));
        EXPECT_TRUE(std::ranges::all_of(result.problems[0].sentence, [](char c) {
            return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
        })) << static_cast<int>(byte);
    }
}

}  // namespace
}  // namespace curfew::policy
