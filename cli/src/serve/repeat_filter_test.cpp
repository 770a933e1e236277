#include "repeat_filter.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace curfew::cli {
namespace {

using namespace std::chrono_literals;
using policy::severity;

constexpr time_point start{100h};

event called(std::string_view name, time_point at = start) {
    event made;
    made.name = name;
    made.ended = outcome::failure;
    made.error = errc::connect_refused;
    made.started = at;
    return made;
}

/// What is told at the end of a second, over all seats.
std::vector<untold> take_all(repeat_filter& from, time_point now) {
    std::vector<untold> all;
    for (std::size_t seat = 0; seat < repeat_filter::seats; ++seat) {
        if (auto one = from.take(seat, now)) all.push_back(*one);
    }
    return all;
}

TEST(repeat_filter, one_a_second_passes_and_tells_how_many_did_not) {
    repeat_filter of;
    EXPECT_TRUE(of.admit(severity::warning, called("a")).tell);
    EXPECT_FALSE(of.admit(severity::warning, called("a", start + 100ms)).tell);
    EXPECT_FALSE(of.admit(severity::warning, called("a", start + 999ms)).tell);
    const auto next = of.admit(severity::warning, called("a", start + 1s));
    EXPECT_TRUE(next.tell);
    EXPECT_EQ(next.left_out, 2U);
    EXPECT_FALSE(of.owes());
}

TEST(repeat_filter, what_differs_in_name_cause_or_error_is_not_a_repetition) {
    repeat_filter of;
    auto other = called("a");
    other.error = errc::connect_timeout;
    auto refused = called("a");
    refused.why = {cause_kind::breaker_open};
    EXPECT_TRUE(of.admit(severity::warning, called("a")).tell);
    EXPECT_TRUE(of.admit(severity::warning, called("b")).tell);
    EXPECT_TRUE(of.admit(severity::warning, other).tell);
    EXPECT_TRUE(of.admit(severity::warning, refused).tell);
}

TEST(repeat_filter, the_tail_of_a_storm_is_told_when_its_second_is_over) {
    repeat_filter of;
    for (int i = 0; i < 100; ++i)
        (void)of.admit(severity::error, called("GET /gone"));
    EXPECT_TRUE(of.owes());
    EXPECT_TRUE(take_all(of, start + 999ms).empty()) << "its second is not over";
    const auto told = take_all(of, start + 1s);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].count, 99U);
    EXPECT_EQ(told[0].level, severity::error);
    const event as = told[0].as_event();
    EXPECT_EQ(as.name, "GET /gone");
    EXPECT_EQ(as.error, errc::connect_refused);
    EXPECT_FALSE(of.owes());
    EXPECT_TRUE(take_all(of, time_point::max()).empty()) << "it is told once";
}

TEST(repeat_filter, at_the_end_everything_is_told) {
    repeat_filter of;
    (void)of.admit(severity::warning, called("a"));
    (void)of.admit(severity::warning, called("a"));
    EXPECT_EQ(take_all(of, time_point::max()).size(), 1U);
}

TEST(repeat_filter, a_long_name_is_cut_and_nothing_else) {
    repeat_filter of;
    const std::string name(300, 'x');
    (void)of.admit(severity::warning, called(name));
    (void)of.admit(severity::warning, called(name));
    const auto told = take_all(of, start + 2s);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].as_event().name, name.substr(0, 96));
}

/// However kinds collide, every event is told: itself, or as one of a number.
TEST(repeat_filter, nothing_is_lost_when_kinds_collide) {
    repeat_filter of;
    std::uint64_t told = 0;
    std::uint64_t displaced = 0;
    constexpr int kinds = 2000;
    constexpr int rounds = 5;
    for (int i = 0; i < kinds; ++i) {
        const std::string name = "route " + std::to_string(i * 7919 % kinds);
        for (int j = 0; j < rounds; ++j) {
            const auto came = of.admit(severity::warning, called(name, start + i * 1ms));
            told += came.tell ? 1 + came.left_out : 0;
            displaced += came.displaced ? came.displaced->count : 0;
        }
    }
    for (const auto& rest : take_all(of, time_point::max()))
        told += rest.count;
    EXPECT_GT(displaced, 0U) << "2000 kinds in 256 seats";
    EXPECT_EQ(told + displaced, std::uint64_t{kinds} * rounds);
}

}  // namespace
}  // namespace curfew::cli
