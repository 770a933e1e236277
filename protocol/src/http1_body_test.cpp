#include "http1_parsed.hpp"
#include <curfew/protocol/http1_body.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace curfew::http1 {

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using enum violation;

constexpr body_framing chunked{body_kind::chunked, 0};

struct decoded {
    std::string content;
    std::size_t consumed = 0;
    bool finished = false;
    violation why = none;

    friend bool operator==(const decoded&, const decoded&) = default;
};

// Shows `wire` in pieces of at most `piece` bytes.
decoded decode(
    std::string_view wire,
    std::size_t piece = std::string_view::npos,
    body_framing framing = chunked,
    const body_limits& bounds = {}
) {
    body_decoder decoder{framing, bounds};
    decoded result;
    for (std::size_t begin = 0; begin < wire.size(); begin += std::min(piece, wire.size())) {
        std::string_view input = wire.substr(begin, piece);
        bool again = true;
        while (again) {
            const auto taken = decoder.step(input);
            EXPECT_LE(taken.consumed, input.size());
            EXPECT_LE(taken.data.size(), taken.consumed);
            result.content += taken.data;
            result.consumed += taken.consumed;
            input.remove_prefix(taken.consumed);
            again = taken.again;
        }
    }
    EXPECT_EQ(decoder.received(), result.content.size());
    result.finished = decoder.finished();
    result.why = decoder.why();
    return result;
}

// --- chunked ---------------------------------------------------------------------------------

struct good_chunks {
    std::string wire;
    std::string content;
};

const std::vector<good_chunks> good{
    {"0\r\n\r\n", ""},
    {"4\r\nWiki\r\n7\r\npedia i\r\nB\r\nn \r\nchunks.\r\n0\r\n\r\n", "Wikipedia in \r\nchunks."},
    {"5;a=b;c=\"d;\t\xe9\"\r\nhello\r\n0;last\r\n\r\n", "hello"},
    {"0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n", "hello"},
    {"a\r\n0123456789\r\nA\r\nabcdefghij\r\n0\r\n\r\n", "0123456789abcdefghij"},
    {"1\r\n\r\r\n1\r\n\n\r\n0\r\n\r\n", "\r\n"},
    {"2\r\nab\r\n0\r\nX-Sum: 1\r\nEmpty:\r\nOdd: \t\xff \r\n\r\n", "ab"},
};

class chunked_body : public testing::TestWithParam<good_chunks> {};

TEST_P(chunked_body, is_the_same_in_pieces_of_any_size) {
    const auto& [wire, content] = GetParam();
    const decoded expected{content, wire.size(), true, none};
    for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
        EXPECT_EQ(decode(wire, piece), expected) << piece;
    }
}

TEST_P(chunked_body, leaves_what_follows_it) {
    const auto& [wire, content] = GetParam();
    EXPECT_EQ(decode(wire + "GET / HTTP/1.1"), (decoded{content, wire.size(), true, none}));
}

TEST_P(chunked_body, is_truncated_at_every_earlier_end) {
    const std::string& wire = GetParam().wire;
    for (std::size_t size = 0; size < wire.size(); ++size) {
        body_decoder decoder{chunked};
        std::string_view input = std::string_view{wire}.substr(0, size);
        bool again = !input.empty();
        while (again) {
            const auto taken = decoder.step(input);
            input.remove_prefix(taken.consumed);
            again = taken.again;
        }
        ASSERT_FALSE(decoder.finished()) << size;
        decoder.close();
        EXPECT_EQ(decoder.why(), body_truncated) << size;
    }
}

INSTANTIATE_TEST_SUITE_P(all, chunked_body, testing::ValuesIn(good));

struct bad_chunks {
    std::string wire;
    violation rule;
};

const std::vector<bad_chunks> bad{
    {"\r\n", chunk_size},
    {"g\r\n", chunk_size},
    {" 5\r\nhello\r\n", chunk_size},
    {"5 \r\nhello\r\n", chunk_size},
    {"5 ;a\r\nhello\r\n", chunk_size},
    {"0x5\r\nhello\r\n", chunk_size},
    {"+5\r\nhello\r\n", chunk_size},
    {"-1\r\n", chunk_size},
    {";a\r\n", chunk_size},
    {"5\nhello\r\n", chunk_size},
    {"5\rhello\r\n", chunk_size},
    {"5\r\rhello\r\n", chunk_size},
    {"00000000000000005\r\nhello\r\n", chunk_size},
    {"11111111111111111\r\n", chunk_size},
    {"5;a\nhello\r\n", chunk_extension},
    {"5;a\0b\r\nhello\r\n"s, chunk_extension},
    {"5;a\x7f\r\nhello\r\n", chunk_extension},
    {"5;a\rb\r\nhello\r\n", chunk_size},
    {"5\r\nhello\n0\r\n\r\n", chunk_end},
    {"5\r\nhello\r0\r\n\r\n", chunk_end},
    {"5\r\nhello!\r\n0\r\n\r\n", chunk_end},
    {"5\r\nhello0\r\n\r\n", chunk_end},
    {"0\r\n\n", trailer},
    {"0\r\n\rX", trailer},
    {"0\r\nX\r\n\r\n", trailer},
    {"0\r\n: a\r\n\r\n", trailer},
    {"0\r\nX : a\r\n\r\n", trailer},
    {"0\r\n X: a\r\n\r\n", trailer},
    {"0\r\nX: a\n\r\n", trailer},
    {"0\r\nX: a\rb\r\n\r\n", trailer},
    {"0\r\nX: a\0\r\n\r\n"s, trailer},
    {"0\r\nX: a\r\n b\r\n\r\n", trailer},
    {"0\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", trailer},
};

class chunked_refusal : public testing::TestWithParam<bad_chunks> {};

TEST_P(chunked_refusal, names_the_rule_in_pieces_of_any_size) {
    const std::string& wire = GetParam().wire;
    for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
        const decoded result = decode(wire, piece);
        EXPECT_EQ(result.why, GetParam().rule) << wire << ": " << describe(result.why);
        EXPECT_FALSE(result.finished);
    }
}

INSTANTIATE_TEST_SUITE_P(all, chunked_refusal, testing::ValuesIn(bad));

TEST(body_decoder, stays_failed_and_takes_nothing_more) {
    body_decoder decoder{chunked};
    decoder.step("x");
    ASSERT_TRUE(decoder.failed());
    EXPECT_EQ(decoder.step("0\r\n\r\n").consumed, 0u);
    decoder.close();
    EXPECT_EQ(decoder.why(), chunk_size) << "the first reason stays";
}

TEST(body_decoder, bounds_extensions_over_the_whole_body) {
    const body_limits bounds{.extension_bytes = 6, .trailer_bytes = 0};
    EXPECT_TRUE(decode("1;ab\r\nx\r\n0;cd\r\n\r\n", 100, chunked, bounds).finished);
    EXPECT_EQ(
        decode("1;ab\r\nx\r\n0;cde\r\n\r\n", 100, chunked, bounds).why, chunk_extensions_too_large
    );
}

TEST(body_decoder, bounds_trailers) {
    const body_limits bounds{.extension_bytes = 0, .trailer_bytes = 6};
    EXPECT_TRUE(decode("0\r\nX: a\r\n\r\n", 100, chunked, bounds).finished);
    EXPECT_EQ(decode("0\r\nX: ab\r\n\r\n", 100, chunked, bounds).why, trailers_too_large);
}

TEST(body_decoder, bounds_the_number_of_trailers) {
    const body_limits bounds{.trailer_count = 2};
    EXPECT_TRUE(decode("0\r\nA: 1\r\nB: 2\r\n\r\n", 100, chunked, bounds).finished);
    for (const std::size_t piece : {1uz, 100uz}) {
        const auto over = decode("0\r\nA: 1\r\nB: 2\r\nC", piece, chunked, bounds);
        EXPECT_EQ(over.why, too_many_trailers) << "before the rest of it is read";
    }
    EXPECT_TRUE(decode("0\r\n\r\n", 100, chunked, {.trailer_count = 0}).finished);
}

TEST(body_decoder, does_not_overflow_on_the_largest_chunk) {
    body_decoder decoder{chunked};
    const auto taken = decoder.step("ffffffffffffffff\r\nabc");
    EXPECT_EQ(taken.data, "abc");
    EXPECT_EQ(decoder.announced(), 0xffff'ffff'ffff'fffc);
}

TEST(body_decoder, hands_out_one_run_a_step) {
    body_decoder decoder{chunked};
    std::string_view input = "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
    const auto first = decoder.step(input);
    EXPECT_EQ(first.data, "ab");
    EXPECT_TRUE(first.again);
    input.remove_prefix(first.consumed);
    const auto second = decoder.step(input);
    EXPECT_EQ(second.data, "c");
    input.remove_prefix(second.consumed);
    const auto last = decoder.step(input);
    EXPECT_EQ(last.data, "");
    EXPECT_EQ(last.consumed, input.size());
    EXPECT_FALSE(last.again);
    EXPECT_TRUE(decoder.finished());
}

// --- other framings --------------------------------------------------------------------------

TEST(body_decoder, has_nothing_to_take_where_no_body_is) {
    for (const body_framing framing : {body_framing{}, body_framing{body_kind::length, 0}}) {
        body_decoder decoder{framing};
        EXPECT_TRUE(decoder.finished());
        EXPECT_EQ(decoder.step("GET").consumed, 0u);
        decoder.close();
        EXPECT_TRUE(decoder.finished());
    }
}

TEST(body_decoder, ends_a_length_to_the_byte) {
    body_decoder decoder{{body_kind::length, 5}};
    EXPECT_EQ(decoder.step("abc").data, "abc");
    EXPECT_EQ(decoder.announced(), 2u);
    EXPECT_FALSE(decoder.finished());
    const auto last = decoder.step("deGET");
    EXPECT_EQ(last.data, "de");
    EXPECT_EQ(last.consumed, 2u);
    EXPECT_FALSE(last.again);
    EXPECT_TRUE(decoder.finished());
    EXPECT_EQ(decoder.received(), 5u);
}

TEST(body_decoder, calls_a_short_body_truncated) {
    body_decoder decoder{{body_kind::length, 5}};
    decoder.step("abcd");
    decoder.close();
    EXPECT_EQ(decoder.why(), body_truncated);
}

TEST(body_decoder, takes_everything_until_close) {
    body_decoder decoder{{body_kind::until_close, 0}};
    EXPECT_EQ(decoder.step("0\r\n\r\n").data, "0\r\n\r\n");
    EXPECT_FALSE(decoder.finished());
    decoder.close();
    EXPECT_TRUE(decoder.finished());
}

// --- against noise ---------------------------------------------------------------------------

TEST(body_decoder, agrees_with_itself_on_damaged_chunks) {
    std::mt19937 random{20261120};
    constexpr auto alphabet = "\r\n;0fA \tx:\0"sv;
    for (int round = 0; round < 20'000; ++round) {
        std::string wire = good[random() % good.size()].wire;
        for (std::uint32_t i = 0; i <= random() % 2; ++i) {
            wire[random() % wire.size()] = alphabet[random() % alphabet.size()];
        }
        ASSERT_EQ(decode(wire, 1), decode(wire)) << wire;
        ASSERT_EQ(decode(wire, 3), decode(wire)) << wire;
    }
}

}  // namespace

}  // namespace curfew::http1
