#include <curfew/policy/duration_text.hpp>

#include <gtest/gtest.h>

#include <random>

namespace curfew::policy {
namespace {

using namespace std::chrono_literals;

TEST(duration_text, reads_the_documented_forms) {
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(parse_duration("5s"), 5s);
    EXPECT_EQ(parse_duration("2m"), 2min);
    EXPECT_EQ(parse_duration("1h30m"), 90min);
    EXPECT_EQ(parse_duration("0s"), 0s);
    EXPECT_EQ(parse_duration("1h1m1s1ms1us1ns"), 1h + 1min + 1s + 1ms + 1us + 1ns);
}

TEST(duration_text, refuses_everything_else_and_says_why) {
    const auto why = [](std::string_view text) {
        const auto read = parse_duration(text);
        return read ? "accepted" : read.error().sentence;
    };
    EXPECT_EQ(why(""), "it is empty");
    EXPECT_EQ(why("30"), "it has no unit");
    EXPECT_EQ(why("-5s"), "it is negative");
    EXPECT_EQ(why("1.5s"), "it has a fraction");
    EXPECT_EQ(why("s"), "it has a unit without a number");
    EXPECT_EQ(why("5 s"), "it has a part that is no unit of time");
    EXPECT_EQ(why("5S"), "it has a part that is no unit of time");
    EXPECT_EQ(why("1m1h"), "its units do not go from large to small, each once");
    EXPECT_EQ(why("1s1s"), "its units do not go from large to small, each once");
    EXPECT_EQ(why("99999999999999999999s"), "it is too long");
    EXPECT_EQ(why("2562048h"), "it is too long");
    EXPECT_EQ(why(std::string_view{"5s\0", 3}), "it has a part that is no unit of time");
}

TEST(duration_text, the_longest_duration_is_read_and_one_more_is_not) {
    EXPECT_EQ(parse_duration("9223372036854775807ns"), duration::max());
    EXPECT_FALSE(parse_duration("9223372036854775808ns"));
    EXPECT_FALSE(parse_duration("9223372036s854775808ns"));
}

TEST(duration_text, prints_what_a_person_would_write) {
    EXPECT_EQ(format_duration(0s), "0s");
    EXPECT_EQ(format_duration(75s), "75s");
    EXPECT_EQ(format_duration(120s), "2m");
    EXPECT_EQ(format_duration(250ms), "250ms");
    EXPECT_EQ(format_duration(1500ms), "1s500ms");
    EXPECT_EQ(format_duration(24h), "24h");
}

TEST(duration_text, every_printed_duration_is_read_back_as_itself) {
    std::mt19937_64 random{7};
    for (int i = 0; i < 20'000; ++i) {
        const duration value{static_cast<std::int64_t>(random() >> (1 + random() % 62))};
        EXPECT_EQ(parse_duration(format_duration(value)), value) << value.count();
    }
}

TEST(duration_text, people_read_seconds_with_a_point) {
    EXPECT_EQ(duration_figure(1700ms), "1.7 s");
    EXPECT_EQ(duration_figure(1234ms), "1.234 s");
    EXPECT_EQ(duration_figure(61'500ms), "61.5 s");
    EXPECT_EQ(duration_figure(10'050ms), "10.05 s");
    EXPECT_EQ(duration_figure(0s), "0s");
    EXPECT_EQ(duration_figure(250ms), "250ms");
    EXPECT_EQ(duration_figure(75s), "75s");
    EXPECT_EQ(duration_figure(90min), "90m");
}

}  // namespace
}  // namespace curfew::policy
