#include <curfew/policy/size_text.hpp>

#include <gtest/gtest.h>

#include <random>

namespace curfew::policy {
namespace {

TEST(size_text, reads_the_documented_forms) {
    EXPECT_EQ(parse_size("512B"), 512u);
    EXPECT_EQ(parse_size("64KiB"), 65'536u);
    EXPECT_EQ(parse_size("8MiB"), 8u << 20);
    EXPECT_EQ(parse_size("0B"), 0u);
}

TEST(size_text, refuses_bare_numbers_decimal_units_and_overflow) {
    for (const auto* text :
         {"", "512", "-1B", "1.5KiB", "64KB", "64kib", "64 KiB", "KiB", "1KiB1B"}) {
        EXPECT_FALSE(parse_size(text)) << text;
    }
    EXPECT_EQ(parse_size("18446744073709551615B"), UINT64_MAX);
    EXPECT_EQ(parse_size("18446744073709551616B").error().sentence, "it is too large");
    EXPECT_EQ(parse_size("18014398509481984KiB").error().sentence, "it is too large");
}

TEST(size_text, every_printed_size_is_read_back_as_itself) {
    std::mt19937_64 random{7};
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t value = random() >> (random() % 64);
        EXPECT_EQ(parse_size(format_size(value)), value);
    }
}

}  // namespace
}  // namespace curfew::policy
