#include <curfew/admin/terminal_text.hpp>

#include <gtest/gtest.h>

#include <random>

namespace curfew::admin {
namespace {

TEST(terminal_text, what_a_terminal_would_obey_becomes_a_question_mark) {
    EXPECT_EQ(terminal_text("GET /a\x1b[2J\n\t\x7f"), "GET /a?[2J???");
    EXPECT_EQ(
        terminal_text("\xc2\x9b"
                      "31m"),
        "?31m"
    ) << "CSI of C1, in UTF-8";
    EXPECT_EQ(
        terminal_text("a\u202e"
                      "b\u2066"
                      "c\u200b"
                      "d"),
        "a?b?c?d"
    ) << "direction, zero width";
    EXPECT_EQ(terminal_text("\xff\xc0\xaf"), "???");
    EXPECT_EQ(terminal_text("caf\u00e9 \u65e5\u672c"), "caf\u00e9 \u65e5\u672c");
}

TEST(terminal_text, counts_cells_and_not_bytes) {
    EXPECT_EQ(cells("abc"), 3U);
    EXPECT_EQ(cells("caf\u00e9"), 4U);
    EXPECT_EQ(cells("e\u0301"), 1U);
    EXPECT_EQ(cells("\u65e5\u672c"), 4U);
    EXPECT_EQ(cells("\U0001f600"), 2U);
}

TEST(terminal_text, fits_exactly) {
    EXPECT_EQ(fit("abc", 5), "abc  ");
    EXPECT_EQ(fit("abc", 5, align::right), "  abc");
    EXPECT_EQ(fit("abcdef", 4), "abc\u2026");
    EXPECT_EQ(fit("abcdef", 4, align::left, false), "abc~");
    EXPECT_EQ(fit("\u65e5\u672c\u8a9e", 4), "\u65e5\u2026 ") << "a wide one does not fit in half";
    EXPECT_EQ(fit("abc", 1), "\u2026");
    EXPECT_EQ(fit("abc", 0), "");
    EXPECT_EQ(fit("", 2), "  ");
}

TEST(terminal_text, whatever_comes_takes_the_room_it_was_given_and_is_obeyed_by_no_terminal) {
    std::mt19937 dice{11};
    for (int round = 0; round < 2000; ++round) {
        std::string foreign;
        for (std::size_t i = dice() % 40; i > 0; --i) {
            foreign += static_cast<char>(dice());
        }
        const std::string clean = terminal_text(foreign);
        const std::size_t width = dice() % 30;
        EXPECT_EQ(cells(fit(clean, width)), width) << round;
        EXPECT_EQ(terminal_text(clean), clean) << round;
        EXPECT_EQ(clean.find('\x1b'), clean.npos);
    }
}

}  // namespace
}  // namespace curfew::admin
