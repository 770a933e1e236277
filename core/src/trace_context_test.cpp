#include <curfew/core/trace_context.hpp>

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

namespace curfew {
namespace {

constexpr std::string_view good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr std::size_t version_at = 0;
constexpr std::size_t trace_at = 3;
constexpr std::size_t span_at = 36;
constexpr std::size_t flags_at = 53;

std::string with(std::size_t at, std::string_view replacement) {
    return std::string{good}.replace(at, replacement.size(), replacement);
}

template <std::size_t Size>
std::string text(const std::array<char, Size>& characters) {
    return {characters.data(), characters.size()};
}

TEST(trace_context, reads_the_standard_example) {
    const auto context = parse_traceparent(good);
    ASSERT_TRUE(context);
    EXPECT_EQ(context->trace_high, 0x4bf92f3577b34da6u);
    EXPECT_EQ(context->trace_low, 0xa3ce929d0e0e4736u);
    EXPECT_EQ(context->span, 0x00f067aa0ba902b7u);
    EXPECT_EQ(context->flags, 1);
    EXPECT_EQ(text(format_trace(*context)), "4bf92f3577b34da6a3ce929d0e0e4736");
}

TEST(trace_context, what_is_written_is_read_back) {
    trace_source source{99};
    for (int i = 0; i < 1000; ++i) {
        const trace_context context = source.begin();
        EXPECT_EQ(parse_traceparent(text(format_traceparent(context))), context);
    }
    EXPECT_EQ(text(format_traceparent(*parse_traceparent(good))), good);
}

TEST(trace_context, zero_identifiers_are_nothing) {
    EXPECT_FALSE(trace_context{}.valid());
    EXPECT_FALSE(parse_traceparent(with(trace_at, std::string(32, '0'))));
    EXPECT_FALSE(parse_traceparent(with(span_at, std::string(16, '0'))));
    EXPECT_TRUE(parse_traceparent(with(trace_at, std::string(31, '0'))));
}

TEST(trace_context, capitals_are_malformed) {
    EXPECT_FALSE(parse_traceparent(with(trace_at, "4BF9")));
    EXPECT_FALSE(parse_traceparent(with(version_at, "0A")));
}

TEST(trace_context, an_unknown_version_is_read_as_far_as_it_is_known) {
    EXPECT_TRUE(parse_traceparent(with(version_at, "01")));
    EXPECT_TRUE(parse_traceparent(with(version_at, "cc") + "-what-comes-later"));
    EXPECT_FALSE(parse_traceparent(with(version_at, "cc") + "what-comes-later"));
    EXPECT_FALSE(parse_traceparent(with(version_at, "ff"))) << "ff is forbidden";
    EXPECT_FALSE(parse_traceparent(std::string{good} + "-more")) << "version 00 ends here";
}

TEST(trace_context, unknown_flags_are_kept_for_the_reader_to_ignore) {
    EXPECT_EQ(parse_traceparent(with(flags_at, "ff"))->flags, 0xff);
    EXPECT_FALSE(parse_traceparent(with(flags_at, "0g")));
}

TEST(trace_context, a_field_cut_short_is_malformed_wherever_it_is_cut) {
    for (std::size_t length = 0; length < good.size(); ++length) {
        EXPECT_FALSE(parse_traceparent(good.substr(0, length))) << length;
    }
}

TEST(trace_context, a_foreign_character_is_malformed_wherever_it_stands) {
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const char foreign : {'g', ' ', '\0', '\xff', '_', '/', ':', '`'}) {
            EXPECT_FALSE(parse_traceparent(with(at, {&foreign, 1}))) << at << foreign;
        }
    }
}

TEST(trace_context, survives_any_bytes) {
    std::mt19937 random{3};
    for (int i = 0; i < 20'000; ++i) {
        std::string field{good};
        for (auto changes = random() % 4; changes > 0; --changes) {
            field[random() % field.size()] = static_cast<char>(random());
        }
        field.resize(random() % 70, static_cast<char>(random()));
        const auto context = parse_traceparent(field);
        if (context && field.starts_with("00")) {
            EXPECT_EQ(text(format_traceparent(*context)), field);
        }
    }
}

TEST(trace_context, a_child_stays_in_the_trace_with_a_span_of_its_own) {
    trace_source source{1};
    const trace_context parent = source.begin();
    const trace_context child = source.child(parent);
    EXPECT_EQ(child.trace_high, parent.trace_high);
    EXPECT_EQ(child.trace_low, parent.trace_low);
    EXPECT_EQ(child.flags, parent.flags);
    EXPECT_NE(child.span, parent.span);
}

TEST(trace_context, identifiers_are_valid_and_do_not_repeat) {
    trace_source source{0};
    std::set<std::string> seen;
    for (int i = 0; i < 10'000; ++i) {
        const trace_context context = source.begin();
        EXPECT_TRUE(context.valid());
        EXPECT_TRUE(seen.insert(text(format_trace(context))).second);
    }
}

}  // namespace
}  // namespace curfew
