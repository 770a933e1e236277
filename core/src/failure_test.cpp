#include <curfew/core/failure.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace curfew {
namespace {

constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view id_letters = "abcdefghijklmnopqrstuvwxyz-";
constexpr std::string_view sqlstate_letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool made_of(std::string_view text, std::string_view letters) {
    return text.find_first_not_of(letters) == text.npos;
}

TEST(failure, the_table_has_one_row_for_each_code_in_order) {
    ASSERT_EQ(errc_table().size(), static_cast<std::size_t>(errc::internal) + 1);
    for (std::size_t i = 0; i < errc_table().size(); ++i) {
        EXPECT_EQ(errc_table()[i].code, static_cast<errc>(i));
        EXPECT_EQ(&describe(static_cast<errc>(i)), &errc_table()[i]);
    }
}

TEST(failure, ids_are_unique_and_fit_for_a_uri) {
    std::set<std::string_view> ids;
    for (const errc_entry& row : errc_table()) {
        EXPECT_TRUE(ids.insert(row.id).second) << row.id;
        EXPECT_TRUE(!row.id.empty() && made_of(row.id, id_letters)) << row.id;
        EXPECT_TRUE(lower.contains(row.id.front()) && lower.contains(row.id.back())) << row.id;
    }
}

TEST(failure, every_exit_code_is_one_that_the_design_lists) {
    const std::set<int> listed{1, 2, 3, 4, 5, 124, 125, 126, 127, 130};
    for (const errc_entry& row : errc_table()) {
        EXPECT_TRUE(listed.contains(row.exit_code)) << row.id << ' ' << row.exit_code;
    }
}

TEST(failure, every_http_status_is_an_error_or_none) {
    for (const errc_entry& row : errc_table()) {
        EXPECT_TRUE(row.http_status == 0 || (row.http_status >= 400 && row.http_status < 600))
            << row.id;
        EXPECT_FALSE(
            row.http_status / 100 == 4 && row.retryable && row.http_status != 408 &&
            row.http_status != 499
        ) << row.id
          << ": the same wrong request stays wrong";
    }
}

TEST(failure, every_sqlstate_is_five_digits_or_capitals_and_no_success) {
    for (const errc_entry& row : errc_table()) {
        EXPECT_EQ(row.sqlstate.size(), 5u) << row.id;
        EXPECT_TRUE(made_of(row.sqlstate, sqlstate_letters)) << row.id;
        EXPECT_FALSE(row.sqlstate.starts_with("00")) << row.id;
    }
}

TEST(failure, every_text_is_a_sentence) {
    for (const errc_entry& row : errc_table()) {
        for (const std::string_view text : {row.title, row.remedy}) {
            ASSERT_FALSE(text.empty()) << row.id;
            EXPECT_TRUE(text.front() >= 'A' && text.front() <= 'Z') << row.id << ": " << text;
            EXPECT_TRUE(text.back() == '.' || text.back() == '?') << row.id << ": " << text;
            EXPECT_FALSE(text.contains('|') || text.contains('\n')) << row.id << ": " << text;
        }
    }
}

TEST(failure, the_time_codes_exit_as_a_timeout_does) {
    for (const errc code :
         {errc::own_timeout, errc::inherited_deadline, errc::connect_timeout, errc::command_hung}) {
        EXPECT_EQ(describe(code).exit_code, 124);
    }
}

TEST(failure, takes_eight_bytes) {
    EXPECT_EQ(sizeof(failure), 8u);
    EXPECT_EQ(failure{}.code, errc::internal) << "an empty failure blames ourselves";
}

result<int> half(int value) {
    return value % 2 == 0 ? result<int>{value / 2} : fail(errc::bad_usage, value);
}

TEST(failure, and_then_goes_on_with_a_value_and_hands_a_failure_through) {
    EXPECT_EQ(and_then(half(8), half), result<int>{2});
    EXPECT_EQ(and_then(half(6), half).error(), (failure{errc::bad_usage, 3}));
    bool called = false;
    const auto none = and_then(half(5), [&](int) {
        called = true;
        return result<std::string>{"never"};
    });
    EXPECT_FALSE(called);
    EXPECT_EQ(none.error(), (failure{errc::bad_usage, 5}));
}

}  // namespace
}  // namespace curfew
