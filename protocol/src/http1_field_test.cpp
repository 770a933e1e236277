#include <curfew/protocol/http1_field.hpp>
#include <curfew/protocol/http1_message.hpp>
#include <curfew/protocol/http1_violation.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

namespace curfew::http1 {

namespace {

using namespace std::string_view_literals;

std::string with_case(std::string text, int (*change)(int)) {
    std::ranges::transform(text, text.begin(), [&](char c) {
        return static_cast<char>(change(c));
    });
    return text;
}

TEST(field_id, is_found_by_its_name_in_any_case) {
    for (std::size_t i = 1; i < field_id_count; ++i) {
        const auto id = static_cast<field_id>(i);
        const std::string name{to_string(id)};
        ASSERT_FALSE(name.empty());
        EXPECT_EQ(find_field_id(name), id) << name;
        EXPECT_EQ(find_field_id(with_case(name, std::toupper)), id) << name;
        EXPECT_EQ(find_field_id(with_case(name, std::tolower)), id) << name;
    }
}

// One character changed to any other makes another name: the comparison has no blind spot.
TEST(field_id, is_not_found_by_a_name_one_character_off) {
    for (std::size_t i = 1; i < field_id_count; ++i) {
        const std::string name{to_string(static_cast<field_id>(i))};
        for (std::size_t at = 0; at < name.size(); ++at) {
            for (int code = 0; code < 256; ++code) {
                std::string other = name;
                other[at] = static_cast<char>(code);
                if (equals_ignoring_case(other, name)) continue;
                EXPECT_NE(find_field_id(other), static_cast<field_id>(i)) << other;
            }
        }
        EXPECT_EQ(find_field_id(name + "x"), field_id::other);
        EXPECT_EQ(find_field_id(name.substr(1)), field_id::other);
    }
    EXPECT_EQ(find_field_id(""), field_id::other);
    EXPECT_EQ(find_field_id("x"), field_id::other);
}

TEST(field_set, holds_what_was_inserted) {
    field_set set;
    set.insert(field_id::accept);
    set.insert(field_id::x_request_timeout);
    EXPECT_TRUE(set.contains(field_id::accept));
    EXPECT_TRUE(set.contains(field_id::x_request_timeout));
    EXPECT_FALSE(set.contains(field_id::host));
}

TEST(field_value, is_judged_as_byte_by_byte) {
    std::mt19937 random{7};
    for (int round = 0; round < 100'000; ++round) {
        std::string text(random() % 40, '\0');
        for (char& c : text)
            c = static_cast<char>(random() % 8 == 0 ? random() : 'a' + random() % 26);
        const bool expected = std::ranges::all_of(text, [](char c) {
            const auto byte = static_cast<unsigned char>(c);
            return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
        });
        ASSERT_EQ(is_field_value(text), expected);
    }
}

TEST(list, gives_its_elements_one_by_one) {
    std::string_view list = " , a,\tb c ,,d\t";
    EXPECT_EQ(next_element(list), "a");
    EXPECT_EQ(next_element(list), "b c");
    EXPECT_EQ(next_element(list), "d");
    EXPECT_EQ(next_element(list), "");
    EXPECT_EQ(next_element(list), "");
}

TEST(list, is_searched_for_whole_elements) {
    EXPECT_TRUE(has_element("keep-alive, Upgrade", "upgrade"));
    EXPECT_FALSE(has_element("keep-alive, Upgraded", "upgrade"));
    EXPECT_FALSE(has_element("", "upgrade"));
}

TEST(method_id, is_found_by_its_exact_name) {
    for (const auto name :
         {"GET"sv,
          "HEAD"sv,
          "POST"sv,
          "PUT"sv,
          "DELETE"sv,
          "OPTIONS"sv,
          "PATCH"sv,
          "TRACE"sv,
          "CONNECT"sv}) {
        EXPECT_EQ(to_string(find_method_id(name)), name);
    }
    EXPECT_EQ(find_method_id("get"), method_id::other);
    EXPECT_EQ(find_method_id(""), method_id::other);
    EXPECT_TRUE(is_idempotent(method_id::put));
    EXPECT_FALSE(is_idempotent(method_id::post));
    EXPECT_FALSE(is_idempotent(method_id::other));
}

TEST(violation, each_has_a_sentence_of_its_own_and_a_status) {
    std::set<std::string_view> seen;
    for (int i = 1; i <= static_cast<int>(violation::body_truncated); ++i) {
        const auto rule = static_cast<violation>(i);
        EXPECT_TRUE(seen.insert(describe(rule)).second) << describe(rule);
        const int status = curfew::describe(request_error(rule)).http_status;
        EXPECT_TRUE(status >= 400 && status < 600) << describe(rule);
    }
}

}  // namespace

}  // namespace curfew::http1
