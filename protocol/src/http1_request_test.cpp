#include "http1_parsed.hpp"
#include "http1_samples.hpp"
#include <curfew/protocol/http1_parser.hpp>

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <random>
#include <string>

namespace curfew::http1 {

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr auto with_host = "GET / HTTP/1.1\r\nHost: a\r\n"sv;

using enum violation;

TEST(request_parser, reads_the_request_line) {
    const parsed_request result{samples::api_request};
    ASSERT_EQ(result.outcome, progress::done);
    const request_head& head = result.head();
    EXPECT_EQ(head.method, method_id::post);
    EXPECT_EQ(head.method_name, "POST");
    EXPECT_EQ(head.target, "/api/v1/orders/7f3a?expand=lines");
    EXPECT_EQ(head.path, "/api/v1/orders/7f3a");
    EXPECT_EQ(head.query, "expand=lines");
    EXPECT_TRUE(head.has_query);
    EXPECT_EQ(head.form, target_form::origin);
    EXPECT_EQ(head.minor_version, 1);
    EXPECT_EQ(head.host, "shop.example.com");
    EXPECT_TRUE(head.keep_alive);
    EXPECT_EQ(head.body, (body_framing{body_kind::length, 27}));
    EXPECT_EQ(result.parser.consumed(), samples::api_request.size());
}

TEST(request_parser, recognises_fields_and_trims_their_values) {
    const std::string bytes =
        post("x-CURFEW-timeout-MS: \t 250 \t\r\nX-Forwarded_For: 1\r\nEmpty:");
    const parsed_request result{bytes};
    ASSERT_EQ(result.outcome, progress::done);
    const field_list& fields = result.head().fields;
    ASSERT_EQ(fields.all.size(), 4u);
    EXPECT_EQ(fields.value(field_id::x_curfew_timeout_ms), "250");
    EXPECT_EQ(fields.find(field_id::x_curfew_timeout_ms)->name, "x-CURFEW-timeout-MS");
    EXPECT_EQ(fields.find(field_id::x_forwarded_for), nullptr);
    EXPECT_EQ(fields.all[2].id, field_id::other);
    EXPECT_TRUE(fields.all[2].has_underscore);
    EXPECT_FALSE(fields.all[1].has_underscore);
    EXPECT_EQ(fields.all[3].value, "");
}

TEST(request_parser, consumes_the_head_and_nothing_behind_it) {
    const auto two = "\r\n"s + std::string{with_host} + "\r\nGET /next";
    const parsed_request result{two};
    ASSERT_EQ(result.outcome, progress::done);
    EXPECT_EQ(two.substr(result.parser.consumed()), "GET /next");
}

struct connection_case {
    std::string_view version;
    std::string_view fields;
    bool keep_alive;
    bool upgrade;
};

class request_connection : public testing::TestWithParam<connection_case> {};

TEST_P(request_connection, decides_whether_to_keep_and_to_upgrade) {
    const auto& [version, fields, keep_alive, upgrade] = GetParam();
    const auto bytes =
        "GET / HTTP/" + std::string{version} + "\r\nHost: a\r\n" + std::string{fields} + "\r\n";
    const parsed_request result{bytes};
    ASSERT_EQ(result.outcome, progress::done);
    EXPECT_EQ(result.head().keep_alive, keep_alive);
    EXPECT_EQ(result.head().upgrade, upgrade);
}

INSTANTIATE_TEST_SUITE_P(
    all,
    request_connection,
    testing::Values(
        connection_case{"1.1", "", true, false},
        connection_case{"1.1", "Connection: Close\r\n", false, false},
        connection_case{"1.1", "Connection: close, keep-alive\r\n", false, false},
        connection_case{
            "1.1",
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n",
            true,
            false
        },
        connection_case{"1.1", "Connection: upgrade\r\nUpgrade: h2c, websocket\r\n", true, true},
        connection_case{
            "1.1", "Connection: upgrade\r\nUpgrade: H2C\r\nUpgrade: websocket\r\n", true, true
        },
        connection_case{"1.1", "Connection: upgrade\r\nUpgrade: h2c-17\r\n", true, true},
        connection_case{"1.1", "Connection: closed\r\n", true, false},
        connection_case{"1.1", "Connection: x\r\nConnection: ,,close ,\r\n", false, false},
        connection_case{"1.2", "", true, false},
        connection_case{"1.9", "Connection: Upgrade\r\nUpgrade: websocket\r\n", true, true},
        connection_case{"1.0", "", false, false},
        connection_case{"1.0", "Connection: Keep-Alive\r\n", true, false},
        connection_case{"1.0", "Proxy-Connection: keep-alive\r\n", false, false},
        connection_case{"1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", true, true},
        connection_case{"1.1", "Connection: Upgrade\r\n", true, false},
        connection_case{"1.1", "Upgrade: websocket\r\n", true, false},
        connection_case{"1.0", "Connection: Upgrade\r\nUpgrade: websocket\r\n", false, false}
    )
);

TEST(request_parser, marks_what_must_not_be_forwarded) {
    const parsed_request result{
        post("Connection: close, X-Secret, authorization, content-length, x-forwarded-for, host\r\n"
             "X-SECRET: 1\r\nAuthorization: b\r\nContent-Length: 0\r\nX-Forwarded-For: c\r\n"
             "TE: trailers\r\nKeep-Alive: timeout=5\r\nProxy-Authorization: d\r\nX-Open: e")
    };
    ASSERT_EQ(result.outcome, progress::done);
    std::string forwarded;
    for (const field& one : result.head().fields) {
        if (!one.hop_by_hop) forwarded.append(one.name).append(" ");
    }
    EXPECT_EQ(forwarded, "Host Authorization Content-Length X-Forwarded-For X-Open ");
}

TEST(request_parser, bounds_the_work_of_connection_options) {
    const auto options = [](int count) {
        std::string list = "Connection: a0";
        for (int i = 1; i < count; ++i)
            list += ",a" + std::to_string(i);
        return post(list);
    };
    EXPECT_EQ(verdict_on(options(32)), none);
    EXPECT_EQ(verdict_on(options(33)), too_many_connection_options);
    const auto spread = [](int fields) {
        std::string list;
        for (int i = 0; i < fields; ++i)
            list += "Connection: a, b, c, d\r\n";
        return post(list + "X: y");
    };
    EXPECT_EQ(verdict_on(spread(8)), none);
    EXPECT_EQ(verdict_on(spread(9)), too_many_connection_options) << "over all fields together";
}

TEST(request_parser, splits_absolute_targets_and_prefers_their_authority) {
    const std::string bytes = get("HTTP://Example.org:8080/a/b?c?d");
    const parsed_request result{bytes};
    ASSERT_EQ(result.outcome, progress::done);
    EXPECT_EQ(result.head().form, target_form::absolute);
    EXPECT_EQ(result.head().host, "Example.org:8080");
    EXPECT_EQ(result.head().path, "/a/b");
    EXPECT_EQ(result.head().query, "c?d");
    const std::string bare = get("http://b");
    EXPECT_EQ(parsed_request{bare}.head().path, "/");
    const std::string only_query = get("https://b?q");
    EXPECT_EQ(parsed_request{only_query}.head().path, "/");
    EXPECT_EQ(parsed_request{only_query}.head().query, "q");
    const parsed_request options{"OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n"};
    EXPECT_EQ(options.head().path, "*") << "RFC 9112, 3.2.4";
}

TEST(request_parser, ignores_expectations_where_they_mean_nothing) {
    const auto expects_continue = [](std::string_view bytes) {
        const parsed_request result{bytes};
        EXPECT_EQ(result.outcome, progress::done) << bytes;
        return result.head().expect_continue;
    };
    EXPECT_TRUE(expects_continue(post("Expect: 100-Continue\r\nContent-Length: 1")));
    EXPECT_FALSE(expects_continue(post("Expect: 100-continue\r\nContent-Length: 0")));
    EXPECT_FALSE(expects_continue(post("Expect: 100-continue")));
    EXPECT_FALSE(expects_continue("POST / HTTP/1.0\r\nExpect: x\r\nContent-Length: 1\r\n\r\n"));
}

TEST(request_parser, accepts_the_longest_content_length) {
    const std::string bytes = post("Content-Length: 9999999999999999999");
    const parsed_request result{bytes};
    ASSERT_EQ(result.outcome, progress::done);
    EXPECT_EQ(result.head().body.length, 9'999'999'999'999'999'999u);
}

// --- arrival in pieces -----------------------------------------------------------------------

class good_request : public testing::TestWithParam<std::string_view> {};

TEST_P(good_request, means_the_same_under_every_split) {
    const parsed_request whole{GetParam()};
    ASSERT_EQ(whole.outcome, progress::done) << describe(whole.parser.why());
    for (std::size_t split = 0; split < GetParam().size(); ++split) {
        std::array<field, 100> storage;
        request_parser parser{storage};
        ASSERT_EQ(parser.step(GetParam().substr(0, split)), progress::need_more) << split;
        ASSERT_EQ(parser.step(GetParam()), progress::done) << split;
        EXPECT_EQ(summary(parser), summary(whole.parser)) << split;
    }
}

TEST_P(good_request, survives_a_buffer_that_moves_at_every_byte) {
    const parsed_request whole{GetParam()};
    std::array<field, 100> storage;
    request_parser parser{storage};
    std::unique_ptr<char[]> buffer;
    for (std::size_t size = 1; size <= GetParam().size(); ++size) {
        auto moved = std::make_unique<char[]>(size);
        GetParam().copy(moved.get(), size);
        buffer = std::move(moved);
        parser.step({buffer.get(), size});
    }
    EXPECT_EQ(summary(parser), summary(whole.parser));
}

TEST_P(good_request, stays_the_same_when_the_parser_is_used_again) {
    std::array<field, 100> storage;
    request_parser parser{storage};
    for (const std::string_view before : samples::good_requests) {
        parser.step(before);
        parser.reset();
        ASSERT_EQ(parser.step(GetParam()), progress::done);
        EXPECT_EQ(summary(parser), summary(parsed_request{GetParam()}.parser));
        parser.reset();
    }
}

INSTANTIATE_TEST_SUITE_P(all, good_request, testing::ValuesIn(samples::good_requests));

// A byte changed behind the parser's back goes unnoticed: each is looked at once, so that a head
// that trickles in costs no more than one that comes at once.
TEST(request_parser, searches_no_byte_for_a_line_end_twice) {
    std::string bytes = std::string{with_host} + "X: abcdef";
    std::array<field, 100> storage;
    request_parser parser{storage};
    ASSERT_EQ(parser.step(bytes), progress::need_more);
    bytes[bytes.size() - 3] = '\n';
    EXPECT_EQ(parser.step(bytes + "\r\n\r\n"), progress::done);
}

TEST(request_parser, knows_whether_a_message_has_begun) {
    std::array<field, 4> storage;
    request_parser parser{storage};
    EXPECT_FALSE(parser.begun());
    parser.step("\r\n");
    EXPECT_FALSE(parser.begun()) << "an empty line is no message";
    parser.step("\r\nG");
    EXPECT_TRUE(parser.begun());
    parser.reset();
    EXPECT_FALSE(parser.begun());
}

// --- limits ----------------------------------------------------------------------------------

TEST(request_limits, hold_the_head_to_the_byte) {
    const auto message = std::string{with_host} + "X: " + std::string(100, 'x') + "\r\n\r\n";
    EXPECT_EQ(verdict_on(message, {.head_bytes = message.size()}), none);
    EXPECT_EQ(verdict_on(message, {.head_bytes = message.size() - 1}), head_too_large);
    for (std::size_t size = with_host.size() + 2; size < message.size(); ++size) {
        EXPECT_EQ(verdict_on(message, {.head_bytes = size}), head_too_large) << size;
    }
}

TEST(request_limits, refuse_an_endless_head_when_the_limit_is_reached) {
    const limits bounds{.head_bytes = 64};
    const auto endless = std::string{with_host} + std::string(100, 'x');
    const parsed_request before{std::string_view{endless}.substr(0, 63), bounds};
    EXPECT_EQ(before.outcome, progress::need_more);
    EXPECT_EQ(verdict_on(std::string_view{endless}.substr(0, 64), bounds), head_too_large);
}

TEST(request_limits, count_fields_exactly) {
    const auto fields = [](int count) {
        std::string list = "Host: a";
        for (int i = 1; i < count; ++i)
            list += "\r\nX: " + std::to_string(i);
        return "GET / HTTP/1.1\r\n" + list + "\r\n\r\n";
    };
    EXPECT_EQ(verdict_on(fields(100)), none);
    EXPECT_EQ(verdict_on(fields(101)), too_many_fields);
    EXPECT_EQ(verdict_on(fields(3), {.field_count = 3}), none);
    EXPECT_EQ(verdict_on(fields(4), {.field_count = 3}), too_many_fields);
    EXPECT_EQ(verdict_on(fields(101), {.field_count = 200}), too_many_fields) << "of the storage";
}

TEST(request_limits, hold_the_target_to_the_byte) {
    const auto exact = "/" + std::string(8 * 1024 - 1, 'x');
    EXPECT_EQ(verdict_on(get(exact)), none);
    EXPECT_EQ(verdict_on(get(exact + "x")), target_too_long);
    EXPECT_EQ(verdict_on(get(exact + std::string(20'000, 'x'))), target_too_long);
    const auto longest_method = std::string(32, 'M') + " " + exact + " HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_EQ(verdict_on(longest_method), none);
}

TEST(request_limits, refuse_a_request_line_that_never_ends) {
    const auto endless = "GET /" + std::string(9'000, 'x');
    EXPECT_EQ(verdict_on(endless), target_too_long);
    EXPECT_EQ(verdict_on(std::string(9'000, 'x')), target_too_long);
    EXPECT_EQ(verdict_on("GET /" + std::string(60, 'x'), {.head_bytes = 64}), target_too_long);
}

TEST(request_limits, refuse_a_hundred_thousand_bytes_of_header) {
    EXPECT_EQ(verdict_on(post("X: " + std::string(100'000, 'x'))), head_too_large);
}

// --- hostile noise ---------------------------------------------------------------------------

// Good requests with a few bytes changed: whatever comes out, it must not depend on the pieces.
TEST(request_parser, agrees_with_itself_on_damaged_requests) {
    std::mt19937 random{20261120};
    constexpr auto alphabet =
        "\r\n\t :,;/?#%*\0\x7f\x80\xff"
        "aZ09-_chunked"sv;
    for (int round = 0; round < 4'000; ++round) {
        std::string bytes{samples::good_requests[random() % samples::good_requests.size()]};
        for (std::uint32_t i = 0; i <= random() % 3; ++i) {
            bytes[random() % bytes.size()] = alphabet[random() % alphabet.size()];
        }
        const parsed_request whole{bytes};
        std::array<field, 100> storage;
        request_parser parser{storage};
        auto outcome = progress::need_more;
        for (std::size_t size = 1; size <= bytes.size() && outcome == progress::need_more; ++size) {
            outcome = parser.step(std::string_view{bytes}.substr(0, size));
        }
        ASSERT_EQ(outcome, whole.outcome) << bytes;
        ASSERT_EQ(parser.why(), whole.parser.why()) << bytes;
        if (outcome == progress::done) {
            ASSERT_EQ(summary(parser), summary(whole.parser));
        }
    }
}

}  // namespace

}  // namespace curfew::http1
