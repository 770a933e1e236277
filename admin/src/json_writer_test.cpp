#include <curfew/admin/json_writer.hpp>

#include <gtest/gtest.h>
#include <simdjson.h>

#include <limits>
#include <random>
#include <string>

namespace curfew::admin {
namespace {

template <class T>
std::string alone(const T& content) {
    json_writer out;
    out.value(content);
    return std::move(out).take();
}

TEST(json_writer, separates_members_and_elements_at_every_depth) {
    json_writer out;
    out.begin_object();
    out.member("a", 1);
    out.key("b");
    out.begin_array();
    out.value(true);
    out.begin_object();
    out.end_object();
    out.begin_array();
    out.end_array();
    out.value("x");
    out.end_array();
    out.member("c", std::optional<int>{});
    out.key("d");
    out.begin_object();
    out.member("e", std::optional{-5});
    out.end_object();
    out.member("f", 2);
    out.end_object();
    EXPECT_EQ(std::move(out).take(), R"({"a":1,"b":[true,{},[],"x"],"c":null,"d":{"e":-5},"f":2})");
}

TEST(json_writer, numbers_are_exact_and_what_json_lacks_is_null) {
    EXPECT_EQ(alone(0.1), "0.1");
    EXPECT_EQ(alone(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
    EXPECT_EQ(alone(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
    EXPECT_EQ(alone(std::numeric_limits<double>::infinity()), "null");
    EXPECT_EQ(alone(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(json_writer, escapes_what_would_break_out) {
    EXPECT_EQ(alone("\"\\\n\x01\x7f"), R"("\"\\\u000a\u0001\u007f")");
    EXPECT_EQ(alone(std::string("a\0b", 3)), R"("a\u0000b")");
    EXPECT_EQ(
        alone("\xff"
              "a\xc3\xa9\xed\xa0\x80"),
        "\"\\ufffda\xc3\xa9\\ufffd\\ufffd\\ufffd\""
    );
}

TEST(json_writer, any_bytes_stay_one_string_that_a_strict_parser_reads) {
    std::mt19937 random{11};
    simdjson::dom::parser parser;
    for (int i = 0; i < 2000; ++i) {
        std::string bytes(random() % 40, '\0');
        for (char& c : bytes) {
            c = static_cast<char>(random());
        }
        json_writer out;
        out.begin_object();
        out.member(bytes, bytes);
        out.member("last", 7);
        out.end_object();
        const std::string text = std::move(out).take();
        simdjson::dom::element root;
        ASSERT_EQ(parser.parse(text).get(root), simdjson::SUCCESS) << text;
        EXPECT_EQ(std::int64_t{root["last"]}, 7);
    }
}

}  // namespace
}  // namespace curfew::admin
