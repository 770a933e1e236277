#include <curfew/process/line_splitter.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace curfew::process {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct line_splitter_test : testing::Test {
    std::vector<std::string> lines;
    line_splitter splitter{"backend | ", [this](auto line) { lines.emplace_back(line); }};
};

TEST_F(line_splitter_test, each_line_has_the_prefix) {
    splitter.feed("one\ntwo\n\n");
    EXPECT_THAT(lines, ElementsAre("backend | one\n", "backend | two\n", "backend | \n"));
}

TEST_F(line_splitter_test, a_partial_line_waits_for_its_end_or_a_flush) {
    splitter.feed("wait");
    EXPECT_THAT(lines, IsEmpty());
    EXPECT_TRUE(splitter.partial());
    splitter.feed("ing\r\nPassword? ");
    EXPECT_THAT(lines, ElementsAre("backend | waiting\n"));
    splitter.flush();
    EXPECT_THAT(lines, ElementsAre("backend | waiting\n", "backend | Password? \n"));
    splitter.flush();
    EXPECT_EQ(lines.size(), 2U);
}

TEST_F(line_splitter_test, an_endless_line_is_cut_and_loses_nothing) {
    splitter.feed(std::string(10'000, 'x') + "\n");
    ASSERT_EQ(lines.size(), 3U);
    std::size_t total = 0;
    for (const auto& line : lines) {
        EXPECT_LE(line.size(), 4096U) << "one write of it is atomic on a pipe";
        total += line.size() - std::string{"backend | \n"}.size();
    }
    EXPECT_EQ(total, 10'000U);
}

TEST_F(line_splitter_test, a_line_of_exactly_the_bound_is_one_line) {
    splitter.feed(std::string(line_splitter::longest, 'x') + "\ny\n");
    EXPECT_EQ(lines.size(), 2U);
}

TEST_F(line_splitter_test, the_last_lines_are_remembered_without_prefix) {
    for (int i = 0; i < 100; ++i) {
        splitter.feed(std::to_string(i) + '\n');
    }
    EXPECT_EQ(splitter.last().size(), line_splitter::remembered);
    EXPECT_EQ(splitter.last().front(), "80");
    EXPECT_EQ(splitter.last().back(), "99");
}

TEST_F(line_splitter_test, where_the_bytes_are_cut_does_not_matter) {
    std::mt19937 random{7};
    std::string text;
    for (int i = 0; i < 3000; ++i) {
        text += "ab\n\r\0z"[random() % 6];
    }
    text += std::string(9000, 'y');
    splitter.feed(text);
    const auto whole = std::exchange(lines, {});
    const auto rest =
        std::exchange(splitter, {"backend | ", [this](auto line) { lines.emplace_back(line); }});
    for (std::size_t at = 0; at < text.size();) {
        const auto size = std::min<std::size_t>(1 + random() % 700, text.size() - at);
        splitter.feed(text.substr(at, size));
        at += size;
    }
    EXPECT_EQ(lines, whole);
    EXPECT_EQ(splitter.partial(), rest.partial());
}

}  // namespace
}  // namespace curfew::process
