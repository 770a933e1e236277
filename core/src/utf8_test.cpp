#include <curfew/core/utf8.hpp>

#include <gtest/gtest.h>

#include <string>

namespace curfew {
namespace {

std::string encode(char32_t c, int length) {
    constexpr char32_t marks[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    std::string text(static_cast<std::size_t>(length), '\0');
    for (int i = length - 1; i > 0; --i, c >>= 6) {
        text[static_cast<std::size_t>(i)] = static_cast<char>(0x80 | (c & 0x3f));
    }
    text[0] = static_cast<char>(marks[length] | c);
    return text;
}

std::size_t shortest(char32_t c) {
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

TEST(utf8, every_code_point_has_one_form_and_surrogates_have_none) {
    constexpr char32_t limits[] = {0, 0x80, 0x800, 0x10000, 0x200000};
    for (int length = 1; length <= 4; ++length) {
        for (char32_t c = 0; c < limits[length]; ++c) {
            const bool scalar = c <= 0x10ffff && !(c >= 0xd800 && c < 0xe000);
            const bool right = scalar && shortest(c) == static_cast<std::size_t>(length);
            ASSERT_EQ(utf8_sequence(encode(c, length) + "x"), right ? length : 0)
                << std::hex << static_cast<unsigned>(c) << " in " << length;
        }
    }
}

TEST(utf8, what_is_cut_short_or_interrupted_is_invalid) {
    EXPECT_EQ(utf8_sequence(""), 0u);
    EXPECT_EQ(utf8_sequence("\xe2\x82"), 0u);
    EXPECT_EQ(utf8_sequence("\xe2\x28\xa1"), 0u);
    EXPECT_EQ(utf8_sequence("\x80"), 0u);
    EXPECT_EQ(utf8_sequence("\xff\xff\xff\xff"), 0u);
}

}  // namespace
}  // namespace curfew
