#include "http1_parsed.hpp"
#include <curfew/protocol/http1_parser.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

// The matrix of what strict, lenient and broken proxies disagree about: one row a message, and
// Curfew refuses them all.
namespace curfew::http1 {

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

using enum violation;

struct refused {
    std::string bytes;
    violation rule;
    int status;
};

const std::vector<refused> refused_framing{
    {post("Content-Length: 4\r\nTransfer-Encoding: chunked"), length_and_coding, 400},
    {post("Transfer-Encoding: chunked\r\nContent-Length: 4"), length_and_coding, 400},
    {post("Transfer-Encoding: gzip\r\nContent-Length: 4"), length_and_coding, 400},
    {post("Content-Length: 2\r\nContent-Length: 2"), length_repeated, 400},
    {post("Content-Length: 2\r\nContent-Length: 3"), length_repeated, 400},
    {post("Content-Length: 2, 2"), length_invalid, 400},
    {post("Content-Length: +2"), length_invalid, 400},
    {post("Content-Length: -2"), length_invalid, 400},
    {post("Content-Length: 0x2"), length_invalid, 400},
    {post("Content-Length: 2a"), length_invalid, 400},
    {post("Content-Length: 2 2"), length_invalid, 400},
    {post("Content-Length:"), length_invalid, 400},
    {post("Content-Length: 18446744073709551616"), length_invalid, 400},
    {post("Content-Length: 00000000000000000001"), length_invalid, 400},
    {post("Content-Length : 2"), space_before_colon, 400},
    {post("Transfer-Encoding : chunked"), space_before_colon, 400},
    {post("Transfer-Encoding\t: chunked"), space_before_colon, 400},
    {post("Transfer-Encoding: xchunked"), coding_not_final, 400},
    {post("Transfer-Encoding: chunkedx"), coding_not_final, 400},
    {post("Transfer-Encoding: identity"), coding_not_final, 400},
    {post("Transfer-Encoding: gzip"), coding_not_final, 400},
    {post("Transfer-Encoding: chunked, gzip"), coding_not_final, 400},
    {post("Transfer-Encoding: chunked, identity"), coding_not_final, 400},
    {post("Transfer-Encoding: chunked, chunked"), coding_not_final, 400},
    {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), coding_not_final, 400},
    {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"), coding_not_final, 400},
    {post("Transfer-Encoding: chunked;q=1"), coding_not_final, 400},
    {post("Transfer-Encoding: \"chunked\""), coding_not_final, 400},
    {post("Transfer-Encoding: , chunked"), coding_not_final, 400},
    {post("Transfer-Encoding: chunked,"), coding_not_final, 400},
    {post("Transfer-Encoding:"), coding_not_final, 400},
    {post("Transfer-Encoding: \x0b"s + "chunked"), control_byte, 400},
    {post("Transfer-Encoding: gzip, chunked"), coding_unknown, 501},
    {post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"), coding_unknown, 501},
    {"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", coding_on_http_1_0, 400},
    {post("Expect: 200-ok"), expectation, 417},
    {post("Expect: 100-continue\r\nExpect: x"), expectation, 417},
};

const std::vector<refused> refused_lines{
    {"GET / HTTP/1.1\nHost: a\n\n", bare_lf, 400},
    {"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", bare_lf, 400},
    {"GET / HTTP/1.1\r\nHost: a\r\n\n", bare_lf, 400},
    {"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", bare_lf, 400},
    {"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", leading_empty_lines, 400},
    {post("X: a\rb"), bare_cr, 400},
    {post("X: a\r"), bare_cr, 400},
    {post("X\r: a"), bare_cr, 400},
    {"GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", bare_cr, 400},
    {"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", bare_cr, 400},
    {post("X: a\0b"s), nul, 400},
    {post("X\0: a"s), nul, 400},
    {get("/\0"s), nul, 400},
    {post("X: a\x01"s), control_byte, 400},
    {post("X: abcdefgh\x7fijklmnop"s), control_byte, 400},
    {post("X: a\r\n b"), obs_fold, 400},
    {post("X: a\r\n\tb"), obs_fold, 400},
    {post("X: a\r\n "), obs_fold, 400},
    {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", obs_fold, 400},
    {post("just a line"), field_without_colon, 400},
    {post("token"), field_without_colon, 400},
    {post(": a"), empty_field_name, 400},
    {post("X Y: a"), field_name, 400},
    {post("X\xe9: a"), field_name, 400},
    {post("(X): a"), field_name, 400},
    {post("X\x7f: a"), control_byte, 400},
    {post("X\x1f: a"), control_byte, 400},
};

const std::vector<refused> refused_start_lines{
    {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", version_unsupported, 505},
    {"GET / HTTP/3.1\r\nHost: a\r\n\r\n", version_unsupported, 505},
    {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", version_unsupported, 505},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", http2_preface, 505},
    {"GET / http/1.1\r\nHost: a\r\n\r\n", version_malformed, 400},
    {"GET / HTTP/1.10\r\nHost: a\r\n\r\n", version_malformed, 400},
    {"GET / HTTP/1,1\r\nHost: a\r\n\r\n", version_malformed, 400},
    {"GET / HTTP/1.x\r\nHost: a\r\n\r\n", version_malformed, 400},
    {"GET / RTSP/1.1\r\nHost: a\r\n\r\n", version_malformed, 400},
    {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", version_malformed, 400},
    {"GET /\r\n\r\n", start_line, 400},
    {"GET\r\n\r\n", start_line, 400},
    {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", start_line, 400},
    {"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", version_malformed, 400},
    {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", version_malformed, 400},
    {"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", start_line, 400},
    {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", start_line, 400},
    {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", start_line, 400},
    {"G\xc9T / HTTP/1.1\r\nHost: a\r\n\r\n", start_line, 400},
    {std::string(33, 'M') + " / HTTP/1.1\r\nHost: a\r\n\r\n", method_too_long, 501},
    {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", connect, 501},
    {get("*"), target, 400},
    {get("a"), target, 400},
    {get("a:80"), target, 400},
    {get("/#top"), target, 400},
    {get("/?a#b"), target, 400},
    {get("/caf\xc3\xa9"), target, 400},
    {get("/?\xe9"), target, 400},
    {get("/a\\..\\b"), target, 400},
    {get("/\t"), target, 400},
    {get("/\x7f"), control_byte, 400},
    {get("ftp://a/"), target, 400},
    {get("http:///x"), target, 400},
    {get("http://u@a/"), target, 400},
    {get("http://a:b/"), target, 400},
    {get("http:/a"), target, 400},
    {"\x16\x03\x01\x02", tls_hello, 400},
    {"\x80\x2e\x01", not_http, 400},
    {"\x01", not_http, 400},
    {"\0"s, not_http, 400},
    {"{\"a\":1}\r\n", not_http, 400},
};

const std::vector<refused> refused_hosts{
    {"GET / HTTP/1.1\r\n\r\n", host_missing, 400},
    {"GET http://a/ HTTP/1.1\r\n\r\n", host_missing, 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", host_repeated, 400},
    {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", host_repeated, 400},
    {"GET / HTTP/1.1\r\nHost:\r\n\r\n", host_invalid, 400},
    {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", host_invalid, 400},
    {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", host_invalid, 400},
    {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", host_invalid, 400},
    {"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", host_invalid, 400},
    {"GET / HTTP/1.1\r\nHost: caf\xc3\xa9\r\n\r\n", host_invalid, 400},
    {"GET / HTTP/1.1\r\nHost: a%00\r\n\r\n", host_invalid, 400},
    {"GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", host_invalid, 400},
    {"GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", host_invalid, 400},
    {"GET / HTTP/1.1\r\nHost: a:99999999999999999999\r\n\r\n", host_invalid, 400},
    {"GET / HTTP/1.1\r\nHost: a:-1\r\n\r\n", host_invalid, 400},
    {"GET / HTTP/1.1\r\nHost: :80\r\n\r\n", host_invalid, 400},
    {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", host_invalid, 400},
    {"GET / HTTP/1.1\r\nHost: []\r\n\r\n", host_invalid, 400},
    {"GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", host_invalid, 400},
    {"GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", host_invalid, 400},
};

class request_refusal : public testing::TestWithParam<refused> {};

TEST_P(request_refusal, names_the_rule_and_the_status) {
    const refused& row = GetParam();
    const parsed_request result{row.bytes};
    ASSERT_EQ(result.outcome, progress::failed);
    EXPECT_EQ(result.parser.why(), row.rule);
    EXPECT_EQ(curfew::describe(result.parser.error()).http_status, row.status);
}

TEST_P(request_refusal, does_not_depend_on_how_the_bytes_arrive) {
    const refused& row = GetParam();
    for (std::size_t split = 0; split <= row.bytes.size(); ++split) {
        std::array<field, 100> storage;
        request_parser parser{storage};
        parser.step(std::string_view{row.bytes}.substr(0, split));
        EXPECT_EQ(parser.step(row.bytes), progress::failed);
        EXPECT_EQ(parser.why(), row.rule) << "split at " << split;
    }
}

INSTANTIATE_TEST_SUITE_P(framing, request_refusal, testing::ValuesIn(refused_framing));
INSTANTIATE_TEST_SUITE_P(lines, request_refusal, testing::ValuesIn(refused_lines));
INSTANTIATE_TEST_SUITE_P(start_lines, request_refusal, testing::ValuesIn(refused_start_lines));
INSTANTIATE_TEST_SUITE_P(hosts, request_refusal, testing::ValuesIn(refused_hosts));

TEST(request_parser, refuses_bad_bytes_before_their_line_ends) {
    EXPECT_EQ(verdict_on("\x16\x03"), tls_hello);
    EXPECT_EQ(verdict_on("\xff"), not_http);
    EXPECT_EQ(verdict_on("\r\n\x16"), tls_hello);
    EXPECT_EQ(verdict_on("GET / HTTP/1.1\r\nX: a\0b"sv), nul);
    EXPECT_EQ(verdict_on("GET / HTTP/1.1\r\nX: a\rb"), bare_cr);
}

TEST(request_refusal, only_a_length_in_doubt_is_called_framing) {
    const auto code_of = [](std::string_view fields) {
        return parsed_request{post(fields)}.parser.error();
    };
    for (const auto fields : {
             "Content-Length: 1\r\nTransfer-Encoding: chunked"sv,
             "Content-Length: 1\r\nContent-Length: 1"sv,
             "Content-Length: x"sv,
             "Transfer-Encoding: xchunked"sv,
         }) {
        EXPECT_EQ(code_of(fields), errc::framing) << fields;
    }
    for (const auto fields :
         {"A : b"sv, "A: b\r\n c"sv, "A: b\0"sv, "A: b\rc"sv, "A: b\nC: d"sv, "A"sv, ": b"sv}) {
        EXPECT_EQ(code_of(fields), errc::bad_request) << fields;
    }
}

// Every byte value at every place of a message: only those the grammar allows pass.
TEST(request_parser, takes_exactly_the_bytes_of_the_grammar_in_names_and_values) {
    for (int code = 0; code < 256; ++code) {
        const char byte = static_cast<char>(code);
        const bool visible = code > 0x20 && code < 0x7f;
        const bool tchar = visible && "\"(),/:;<=>?@[\\]{}"sv.find(byte) == std::string_view::npos;
        const bool in_name = tchar || byte == ':';  // which ends the name early
        const bool in_value = visible || byte == '\t' || byte == ' ' || code >= 0x80;
        const auto name = post("X" + std::string{byte} + "Y: a");
        const auto value = post("X: 0123456789a" + std::string{byte} + "b0123456789");
        EXPECT_EQ(parsed_request{name}.outcome == progress::done, in_name) << code;
        EXPECT_EQ(parsed_request{value}.outcome == progress::done, in_value) << code;
    }
}

TEST(request_parser, takes_exactly_visible_ascii_in_targets) {
    for (int code = 0; code < 256; ++code) {
        const char byte = static_cast<char>(code);
        const bool in_query = code > 0x20 && code < 0x7f && byte != '#';
        EXPECT_EQ(
            parsed_request{get("/a" + std::string{byte} + "b")}.outcome == progress::done,
            in_query && byte != '\\'
        ) << code;
        EXPECT_EQ(
            parsed_request{get("/?a" + std::string{byte} + "b")}.outcome == progress::done, in_query
        ) << code;
    }
}

}  // namespace

}  // namespace curfew::http1
