#include "http1_parsed.hpp"
#include "http1_samples.hpp"
#include <curfew/protocol/http1_parser.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace curfew::http1 {

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

struct parsed_response {
    std::string bytes;
    std::array<field, 100> storage;
    response_parser parser;
    progress outcome;

    explicit parsed_response(
        std::string_view message, method_id method = method_id::get, const limits& bounds = {}
    )
        : bytes{message}, parser{storage, method, bounds}, outcome{parser.step(bytes)} {}

    const response_head& head() const { return parser.head(); }
};

std::string ok(std::string_view fields) {
    return "HTTP/1.1 200 OK\r\n" + std::string{fields} + "\r\n\r\n";
}

std::string summary(const response_parser& parser) {
    const response_head& head = parser.head();
    std::string text = std::to_string(head.status) + "|" + std::string{head.reason} + "|" +
                       std::to_string(head.minor_version) + (head.keep_alive ? "k" : "") +
                       (head.tunnel ? "t" : "") + std::to_string(static_cast<int>(head.body.kind)) +
                       "|" + std::to_string(head.body.length) + "|" +
                       std::to_string(parser.consumed());
    for (const field& one : head.fields) {
        text.append("|").append(one.name).append(":").append(one.value);
        text += std::to_string(static_cast<int>(one.id)) + (one.hop_by_hop ? "h" : "");
    }
    return text;
}

using enum violation;

struct refused {
    std::string bytes;
    violation rule;
};

const std::vector<refused> refusals{
    {ok("Content-Length: 4\r\nTransfer-Encoding: chunked"), length_and_coding},
    {ok("Content-Length: 4\r\nContent-Length: 4"), length_repeated},
    {ok("Content-Length: 4, 4"), length_invalid},
    {ok("Content-Length: -1"), length_invalid},
    {ok("Transfer-Encoding: gzip"), coding_not_final},
    {ok("Transfer-Encoding: gzip, chunked"), coding_unknown},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", coding_on_http_1_0},
    {"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", coding_without_body},
    {"HTTP/1.1 101 Switching\r\nTransfer-Encoding: chunked\r\n\r\n", coding_without_body},
    {"HTTP/1.1 204 No Content\r\nContent-Length: x\r\n\r\n", length_invalid},
    {"HTTP/1.1 200 OK\n\n", bare_lf},
    {"HTTP/1.1 200 OK\r\nX: a\n\r\n", bare_lf},
    {"HTTP/1.1 200 O\rK\r\n\r\n", bare_cr},
    {"HTTP/1.1 200 O\0K\r\n\r\n"s, nul},
    {"HTTP/1.1 200 O\x01K\r\n\r\n", control_byte},
    {ok("X: a\r\n b"), obs_fold},
    {ok("X : a"), space_before_colon},
    {ok("X"), field_without_colon},
    {"HTTP/2.0 200 OK\r\n\r\n", version_unsupported},
    {"HTTP/1.2 200 OK\r\n\r\n", version_unsupported},
    {"HTTP/1.1  200 OK\r\n\r\n", start_line},
    {"HTTP/1.1 20 OK\r\n\r\n", start_line},
    {"HTTP/1.1 2000 OK\r\n\r\n", start_line},
    {"HTTP/1.1 2x0 OK\r\n\r\n", start_line},
    {"HTTP/1.1 000 OK\r\n\r\n", start_line},
    {"HTTP/1.1 099 OK\r\n\r\n", start_line},
    {"HTTP/1.1\r\n\r\n", start_line},
    {"HTTP/x.1 200 OK\r\n\r\n", start_line},
    {"HTTP/1.1 200OK\r\n\r\n", start_line},
    {"HTTPS/1.1 200 OK\r\n\r\n", start_line},
    {"http/1.1 200 OK\r\n\r\n", not_http},
    {"\r\nHTTP/1.1 200 OK\r\n\r\n", not_http},
    {" HTTP/1.1 200 OK\r\n\r\n", not_http},
    {"<html>", not_http},
    {"\x15\x03\x01", tls_hello},
};

class response_refusal : public testing::TestWithParam<refused> {};

TEST_P(response_refusal, names_the_rule_under_every_split) {
    const refused& row = GetParam();
    for (std::size_t split = 0; split <= row.bytes.size(); ++split) {
        std::array<field, 100> storage;
        response_parser parser{storage, method_id::get};
        parser.step(std::string_view{row.bytes}.substr(0, split));
        ASSERT_EQ(parser.step(row.bytes), progress::failed) << row.bytes;
        EXPECT_EQ(parser.why(), row.rule) << describe(parser.why()) << "\n" << row.bytes;
        EXPECT_EQ(parser.error(), errc::upstream_protocol);
    }
}

INSTANTIATE_TEST_SUITE_P(all, response_refusal, testing::ValuesIn(refusals));

TEST(response_parser, reads_the_status_line) {
    const parsed_response result{samples::api_response};
    ASSERT_EQ(result.outcome, progress::done);
    EXPECT_EQ(result.head().status, 200);
    EXPECT_EQ(result.head().reason, "OK");
    EXPECT_TRUE(result.head().keep_alive);
    EXPECT_FALSE(result.head().interim());
    EXPECT_EQ(result.head().fields.value(field_id::server), "nginx/1.22.1");
    EXPECT_EQ(parsed_response{"HTTP/1.1 204\r\n\r\n"}.head().status, 204)
        << "a missing reason is common";
    EXPECT_EQ(parsed_response{"HTTP/1.1 204 \r\n\r\n"}.head().reason, "");
}

struct body_case {
    method_id method;
    std::string_view bytes;
    body_framing body;
    bool keep_alive;
    bool tunnel;
};

class response_body : public testing::TestWithParam<body_case> {};

TEST_P(response_body, ends_where_status_and_method_say) {
    const auto& [method, bytes, body, keep_alive, tunnel] = GetParam();
    const parsed_response result{bytes, method};
    ASSERT_EQ(result.outcome, progress::done) << describe(result.parser.why());
    EXPECT_EQ(result.head().body, body);
    EXPECT_EQ(result.head().keep_alive, keep_alive);
    EXPECT_EQ(result.head().tunnel, tunnel);
}

constexpr body_framing no_body{body_kind::none, 0};
constexpr body_framing chunked{body_kind::chunked, 0};
constexpr body_framing until_close{body_kind::until_close, 0};

INSTANTIATE_TEST_SUITE_P(
    all,
    response_body,
    testing::Values(
        body_case{
            method_id::get,
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
            {body_kind::length, 3},
            true,
            false
        },
        body_case{
            method_id::get,
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            {body_kind::length, 0},
            true,
            false
        },
        body_case{
            method_id::get,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            chunked,
            true,
            false
        },
        body_case{method_id::get, "HTTP/1.1 200 OK\r\n\r\n", until_close, false, false},
        body_case{
            method_id::get,
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n",
            until_close,
            false,
            false
        },
        body_case{
            method_id::get,
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n",
            {body_kind::length, 1},
            true,
            false
        },
        body_case{
            method_id::get,
            "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n",
            {body_kind::length, 1},
            false,
            false
        },
        body_case{
            method_id::get,
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n",
            {body_kind::length, 1},
            false,
            false
        },
        body_case{
            method_id::head, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", no_body, true, false
        },
        body_case{
            method_id::head,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            no_body,
            true,
            false
        },
        body_case{
            method_id::get, "HTTP/1.1 204 x\r\nContent-Length: 3\r\n\r\n", no_body, true, false
        },
        body_case{
            method_id::get, "HTTP/1.1 304 x\r\nContent-Length: 3\r\n\r\n", no_body, true, false
        },
        body_case{
            method_id::get,
            "HTTP/1.1 304 x\r\nTransfer-Encoding: chunked\r\n\r\n",
            no_body,
            true,
            false
        },
        body_case{method_id::get, "HTTP/1.1 100 Continue\r\n\r\n", no_body, true, false},
        body_case{method_id::get, "HTTP/1.1 101 x\r\n\r\n", no_body, false, true},
        body_case{method_id::connect, "HTTP/1.1 200 x\r\n\r\n", no_body, false, true},
        body_case{
            method_id::connect,
            "HTTP/1.1 407 x\r\nContent-Length: 2\r\n\r\n",
            {body_kind::length, 2},
            true,
            false
        }
    )
);

TEST(response_parser, tells_interim_responses_from_the_final_one) {
    EXPECT_TRUE(parsed_response{"HTTP/1.1 100 Continue\r\n\r\n"}.head().interim());
    EXPECT_TRUE(parsed_response{"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"}.head().interim());
    EXPECT_FALSE(parsed_response{"HTTP/1.1 101 x\r\n\r\n"}.head().interim());
    EXPECT_FALSE(parsed_response{"HTTP/1.1 200 x\r\n\r\n"}.head().interim());
}

TEST(response_parser, reads_an_interim_and_a_final_response_in_turn) {
    const auto bytes =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"s;
    parsed_response result{bytes, method_id::post};
    ASSERT_EQ(result.outcome, progress::done);
    const std::size_t interim = result.parser.consumed();
    result.parser.reset(method_id::post);
    ASSERT_EQ(result.parser.step(std::string_view{bytes}.substr(interim)), progress::done);
    EXPECT_EQ(result.head().status, 200);
    EXPECT_EQ(bytes.substr(interim + result.parser.consumed()), "x");
}

class good_response : public testing::TestWithParam<std::string_view> {};

TEST_P(good_response, means_the_same_under_every_split_and_move) {
    const parsed_response whole{GetParam()};
    ASSERT_EQ(whole.outcome, progress::done) << describe(whole.parser.why());
    for (std::size_t split = 0; split < GetParam().size(); ++split) {
        std::array<field, 100> storage;
        response_parser parser{storage, method_id::get};
        {
            const std::string first{GetParam().substr(0, split)};
            ASSERT_EQ(parser.step(first), progress::need_more) << split;
        }
        ASSERT_EQ(parser.step(GetParam()), progress::done) << split;
        EXPECT_EQ(summary(parser), summary(whole.parser)) << split;
    }
}

INSTANTIATE_TEST_SUITE_P(all, good_response, testing::ValuesIn(samples::good_responses));

TEST(response_limits, hold_to_the_byte) {
    const auto bytes = ok("X: " + std::string(50, 'x'));
    EXPECT_EQ(
        parsed_response(bytes, method_id::get, {.head_bytes = bytes.size()}).outcome, progress::done
    );
    const parsed_response over{bytes, method_id::get, {.head_bytes = bytes.size() - 1}};
    EXPECT_EQ(over.parser.why(), head_too_large);
    const parsed_response endless{
        "HTTP/1.1 200 " + std::string(100, 'x'), method_id::get, {.head_bytes = 64}
    };
    EXPECT_EQ(endless.parser.why(), head_too_large);
}

}  // namespace

}  // namespace curfew::http1
