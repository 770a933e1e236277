#include <curfew/gateway/refusal.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string rendered(const refusal& what) {
    std::array<char, refusal_bytes> room;
    return std::string{render_refusal(what, room)};
}

std::string body_of(const std::string& message) {
    return message.substr(message.find("\r\n\r\n") + 4);
}

refusal full(const time_account& account) {
    return {
        .code = errc::queue_timeout,
        .why = {cause_kind::shed, shed_reason::queue_timeout, "request.timeout", 5s},
        .retry_after = 3s,
        .route = "GET /orders/{id}",
        .account = &account,
        .left = 0ns,
        .trace = {1, 2, 3, 1},
        .keep_alive = true,
    };
}

TEST(refusal, says_who_decided_which_limit_and_where_the_time_went) {
    time_account account;
    account.add(stage::queue, 4990ms);
    account.add(stage::connect, 10ms + 999us);
    account.add(stage::attempt, 900ms, 1);
    EXPECT_EQ(
        rendered(full(account)),
        "HTTP/1.1 503 Service Unavailable\r\n"
        "Content-Type: application/problem+json\r\n"
        "Cache-Control: no-store\r\n"
        "Retry-After: 3\r\n"
        "Content-Length: 330\r\n"
        "\r\n"
        R"({"type":"urn:curfew:error:queue-timeout",)"
        R"("title":"The deadline passed while waiting for a place.","status":503,)"
        R"("cause":"shed","reason":"queue_timeout","limit":"request.timeout","limit_ms":5000,)"
        R"("account":{"queue":4990,"connect":10,"attempt_1":900,"left":0},)"
        R"("route":"GET /orders/{id}","trace_id":"00000000000000010000000000000002"})"
        "\n"
    );
}

TEST(refusal, leaves_out_what_does_not_apply) {
    const auto text = rendered({.code = errc::framing, .why = {cause_kind::rejected}});
    EXPECT_EQ(
        body_of(text),
        R"({"type":"urn:curfew:error:framing",)"
        R"("title":"The message's length is ambiguous, so it was refused.","status":400,)"
        R"("cause":"rejected","limit_ms":null})"
        "\n"
    );
    EXPECT_THAT(text, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_THAT(text, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(text, Not(HasSubstr("Retry-After")));
}

TEST(refusal, a_limit_that_is_no_time_is_never_told_as_one) {
    policy::http_policy limits;
    limits.header_bytes = 4096;
    limits.header_count = 7;
    limits.target_bytes = 99;
    const auto told = [&](http1::violation rule) {
        const auto text =
            body_of(rendered({.code = http1::request_error(rule), .why = rejection_by(rule, limits)}
            ));
        const auto from = text.find(R"("limit":)");
        return from == text.npos ? text : text.substr(from);
    };
    using enum http1::violation;
    EXPECT_EQ(
        told(head_too_large),
        R"("limit":"http.header_bytes","limit_ms":null,"limit_value":4096})"
        "\n"
    );
    EXPECT_EQ(told(trailers_too_large), told(head_too_large));
    EXPECT_EQ(
        told(too_many_fields),
        R"("limit":"http.header_count","limit_ms":null,"limit_value":7})"
        "\n"
    );
    EXPECT_EQ(told(too_many_trailers), told(too_many_fields));
    EXPECT_EQ(
        told(target_too_long),
        R"("limit":"http.target_bytes","limit_ms":null,"limit_value":99})"
        "\n"
    );
    EXPECT_THAT(
        rendered({.code = errc::body_too_large, .why = rejection_by_size(10)}),
        HasSubstr(R"("limit":"http.body_bytes","limit_ms":null,"limit_value":10)")
    );
    EXPECT_THAT(
        rendered(
            {.code = errc::route_share,
             .why = {cause_kind::shed, shed_reason::route_share, "limiter.route_share", {}, 5}}
        ),
        HasSubstr(R"("limit":"limiter.route_share","limit_ms":null,"limit_value":5})")
    );
    EXPECT_THAT(
        rendered(
            {.code = errc::no_time_left,
             .why = {cause_kind::shed, shed_reason::no_time_left, "grpc-timeout"}}
        ),
        HasSubstr(R"("limit":"grpc-timeout","limit_ms":0})")
    );
}

TEST(refusal, where_no_limit_decided_none_is_told) {
    for (const auto kind : {cause_kind::failed, cause_kind::completed, cause_kind::shutdown}) {
        const auto text = body_of(rendered({.code = errc::connect_refused, .why = {kind}}));
        EXPECT_THAT(text, HasSubstr(R"("limit_ms":null)"));
        EXPECT_THAT(text, Not(HasSubstr(R"("limit":)")));
    }
}

TEST(refusal, is_dated) {
    const std::string now = "Sun, 06 Nov 1994 08:49:37 GMT";
    EXPECT_THAT(rendered({.code = errc::queue_full, .date = now}), HasSubstr("\r\nDate: " + now));
    EXPECT_THAT(rendered({.code = errc::queue_full}), Not(HasSubstr("Date")));
}

TEST(refusal, a_broken_rule_is_named_in_words) {
    for (auto i = 1; i <= static_cast<int>(http1::violation::body_truncated); ++i) {
        const auto rule = static_cast<http1::violation>(i);
        const auto text =
            rendered({.code = http1::request_error(rule), .why = rejection_by(rule, {})});
        const auto detail = R"("detail":")" + std::string{http1::describe(rule)} + '"';
        EXPECT_THAT(text, HasSubstr(detail));
    }
}

TEST(refusal, length_is_told_for_head_but_no_body_sent) {
    time_account account;
    auto what = full(account);
    const auto with_body = rendered(what);
    what.head_only = true;
    EXPECT_EQ(rendered(what), with_body.substr(0, with_body.size() - body_of(with_body).size()));
}

TEST(refusal, a_http_1_0_client_is_told_that_its_connection_stays) {
    EXPECT_THAT(
        rendered({.code = errc::queue_full, .keep_alive = true, .client_minor_version = 0}),
        HasSubstr("\r\nConnection: keep-alive\r\n")
    );
}

TEST(refusal, retry_after_is_there_for_what_passes_by_itself_only) {
    for (const auto& entry : errc_table()) {
        const auto text = rendered({.code = entry.code});
        const bool expected = entry.http_status == 503 && entry.retryable;
        EXPECT_EQ(text.find("Retry-After: ") != text.npos, expected) << entry.id;
        EXPECT_THAT(text, HasSubstr(entry.id));
        EXPECT_THAT(text, EndsWith("}\n"));
    }
}

TEST(refusal, retry_after_is_rounded_up_at_least_a_second_and_spread) {
    EXPECT_EQ(retry_seconds(0ns, 0), 1U);
    EXPECT_EQ(retry_seconds(-5s, 0), 1U);
    EXPECT_EQ(retry_seconds(1ns, 0), 1U);
    EXPECT_EQ(retry_seconds(1001ms, 0), 2U);
    std::set<std::uint64_t> seen;
    for (std::uint64_t dice = 0; dice < 100; ++dice)
        seen.insert(retry_seconds(60s, dice));
    EXPECT_EQ(*seen.begin(), 60U);
    EXPECT_EQ(*seen.rbegin(), 75U);
    EXPECT_EQ(retry_seconds(duration::max(), 0), 86'400U);
}

TEST(refusal, what_came_from_outside_is_escaped) {
    const auto route = [](std::string_view name) {
        const auto text = body_of(rendered({.code = errc::queue_full, .route = name}));
        const auto begin = text.find("\"route\":\"") + 9;
        return text.substr(begin, text.rfind('"') - begin);
    };
    EXPECT_EQ(route("a\"b\\c"), R"(a\"b\\c)");
    EXPECT_EQ(route("a\r\n\x01\x7f"), R"(a\u000d\u000a\u0001\u007f)");
    EXPECT_EQ(route("caf\xc3\xa9 \xf0\x9f\x98\x80"), "caf\xc3\xa9 \xf0\x9f\x98\x80");
    for (const char* broken : {"\xff", "\xc3", "\xc0", "\xed", "\xf5", "\x80"}) {
        EXPECT_EQ(route(broken), R"(\ufffd)");
    }
    EXPECT_EQ(route("\xed\xa0\x80"), R"(\ufffd\ufffd\ufffd)");
    EXPECT_EQ(route(std::string(300, 'x')), std::string(200, 'x') + "...");
    EXPECT_EQ(route(std::string(199, 'x') + "\xc3\xa9"), std::string(199, 'x') + "...");
}

TEST(refusal, the_longest_one_fits_its_room) {
    time_account account;
    for (std::uint8_t i = 1; i < 20; ++i)
        account.add(stage::handshake, duration::max() / 32, i);
    const std::string route(1000, '\x01');
    auto what = full(account);
    const std::string key = "route." + std::string(128, '"') + ".breaker.reset";
    what.route = route;
    what.why.limit_name = key;
    what.why.limit_value = ~0ULL;
    what.why.limit = duration::max();
    what.left = duration::max();
    for (const auto& entry : errc_table()) {
        what.code = entry.code;
        EXPECT_LT(rendered(what).size(), refusal_bytes);
    }
}

}  // namespace
}  // namespace curfew::gateway
