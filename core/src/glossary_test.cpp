#include <curfew/core/account.hpp>
#include <curfew/core/cause.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace curfew {
namespace {

constexpr auto path = CURFEW_SOURCE_ROOT "/docs/glossary.md";

std::string meaning_of(const std::string& word) {
    std::ifstream file{path};
    const std::string begin = "| " + word + " | ";
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(begin)) return line.substr(begin.size());
    }
    return {};
}

/// "a, b (which is so), c. More" -> a, b, c
std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words{""};
    int depth = 0;
    for (const char c : text.substr(0, text.find_first_of(".|"))) {
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (depth > 0 || c == ')' || c == ' ') continue;
        if (c == ',') {
            words.emplace_back();
        } else {
            words.back() += c;
        }
    }
    return words;
}

/// Behind the last name come only those of no value at all.
template <class Enum>
std::vector<std::string> names_until(Enum last) {
    std::vector<std::string> names;
    for (int i = 0; i <= static_cast<int>(last); ++i) {
        names.emplace_back(to_string(static_cast<Enum>(i)));
    }
    const auto behind = to_string(static_cast<Enum>(static_cast<int>(last) + 1));
    EXPECT_EQ(behind, to_string(static_cast<Enum>(255))) << "a value was added behind it";
    return names;
}

std::string_view behind(const std::string& text, std::string_view mark) {
    const auto at = text.find(mark);
    return at == text.npos ? std::string_view{} : std::string_view{text}.substr(at + mark.size());
}

TEST(glossary, names_the_stages_causes_and_outcomes_that_there_are) {
    EXPECT_EQ(words_of(behind(meaning_of("stage"), ": ")), names_until(stage::other));
    EXPECT_EQ(words_of(behind(meaning_of("cause"), ": ")), names_until(cause_kind::failed));
    EXPECT_EQ(words_of(meaning_of("outcome")), names_until(outcome::ignored));
    EXPECT_EQ(words_of(behind(meaning_of("shed"), "for want of: ")), [] {
        auto reasons = names_until(shed_reason::rate);
        reasons.erase(reasons.begin());
        return reasons;
    }());
}

}  // namespace
}  // namespace curfew
