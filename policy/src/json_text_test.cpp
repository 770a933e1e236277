#include <curfew/policy/json_text.hpp>

#include <gtest/gtest.h>

namespace curfew::policy {
namespace {

TEST(json_text, writes_members_in_the_order_they_are_given) {
    json_text to;
    to.object().member("b", true).key("a").array().value("x").value(std::uint64_t{5}).value(0.5);
    to.null().end().key("e").object().end().key("f").array().end().end();
    EXPECT_EQ(
        to.take(),
        "{\n  \"b\": true,\n  \"a\": [\n    \"x\",\n    5,\n    0.5,\n    null\n  ],\n"
        "  \"e\": {},\n  \"f\": []\n}\n"
    );
}

TEST(json_text, strings_are_escaped_and_become_valid_utf8) {
    const std::string_view text{"\"\\\n\0\x7f\xff\xc0\xaf\xed\xa0\x80\u00e4\U0001f600", 17};
    EXPECT_EQ(
        json_text{}.value(text).take(),
        "\"\\\"\\\\\\u000a\\u0000\\u007f\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd"
        "\u00e4\U0001f600\"\n"
    );
}

TEST(json_text_death, an_unended_document_is_a_bug) {
    json_text to;
    to.object();
    EXPECT_DEATH((void)to.take(), "is ended");
}

}  // namespace
}  // namespace curfew::policy
