#include <curfew/gateway/forwarding.hpp>
#include <curfew/protocol/http1_parser.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr policy::network::bytes v4(
    std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d
) {
    return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
}

const std::array trusted{policy::network{v4(10, 0, 0, 0), 104}};
const peer stranger{v4(192, 0, 2, 7), trusted};
const peer proxy{v4(10, 1, 2, 3), trusted};

std::string forwarded(const std::string& text, request_forwarding how = {.from = stranger}) {
    std::array<http1::field, 100> storage;
    http1::request_parser parser{storage};
    EXPECT_EQ(parser.step(text), http1::progress::done) << text;
    std::array<char, 4096> room;
    http1::wire_writer out{room};
    forward_request(parser.head(), how, out);
    EXPECT_TRUE(out.ok());
    return std::string{out.written()};
}

std::string answered(
    const std::string& text,
    http1::method_id method,
    std::uint8_t client_minor_version = 1,
    bool keep_alive = true,
    std::string_view date = {}
) {
    std::array<http1::field, 100> storage;
    http1::response_parser parser{storage, method};
    EXPECT_EQ(parser.step(text), http1::progress::done) << text;
    const auto framing = frame_response(parser.head(), client_minor_version, keep_alive);
    std::array<char, 4096> room;
    http1::wire_writer out{room};
    forward_response(parser.head(), framing, client_minor_version, date, out);
    EXPECT_TRUE(out.ok());
    return std::string{out.written()};
}

TEST(peer, is_written_as_people_write_it) {
    EXPECT_EQ(stranger.text(), "192.0.2.7");
    EXPECT_FALSE(stranger.trusted());
    EXPECT_TRUE(proxy.trusted());
    const peer v6{{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, trusted};
    EXPECT_EQ(v6.text(), "2001:db8::1");
}

TEST(forward_request, a_plain_request_gets_what_the_backend_must_know) {
    EXPECT_EQ(
        forwarded("GET /a/b?c=d HTTP/1.1\r\nHost: shop.example:80\r\nAccept: */*\r\n\r\n"),
        "GET /a/b?c=d HTTP/1.1\r\nHost: shop.example:80\r\nAccept: */*\r\n"
        "Via: 1.1 curfew\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: http\r\n"
        "X-Forwarded-Host: shop.example:80\r\n\r\n"
    );
}

TEST(forward_request, what_belongs_to_one_connection_stays_there) {
    const auto out = forwarded(
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: close, x-secret, te\r\nX-Secret: 1\r\n"
        "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\nTrailer: x\r\n"
        "Proxy-Authorization: Basic eA==\r\nExpect: 100-continue\r\nX-Kept: 2\r\n\r\n"
    );
    EXPECT_EQ(
        out,
        "GET / HTTP/1.1\r\nHost: h\r\nX-Kept: 2\r\nVia: 1.1 curfew\r\n"
        "X-Forwarded-For: 192.0.2.7\r\n"
        "X-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\n\r\n"
    );
}

TEST(forward_request, connection_cannot_remove_what_others_rely_on) {
    const auto out = forwarded(
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nAuthorization: Bearer x\r\n"
        "Cookie: a=b\r\nX-Forwarded-For: 198.51.100.1\r\n"
        "Connection: content-length, authorization, cookie, x-forwarded-for, host\r\n\r\n",
        {.from = proxy}
    );
    EXPECT_THAT(out, HasSubstr("Content-Length: 3\r\n"));
    EXPECT_THAT(out, HasSubstr("Authorization: Bearer x\r\n"));
    EXPECT_THAT(out, HasSubstr("Cookie: a=b\r\n"));
    EXPECT_THAT(out, HasSubstr("Host: h\r\n"));
    EXPECT_THAT(out, HasSubstr("X-Forwarded-For: 198.51.100.1, 10.1.2.3\r\n"));
}

TEST(forward_request, a_strangers_word_about_the_client_is_replaced) {
    const std::string text =
        "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n"
        "X-Forwarded-Proto: https\r\nX-Forwarded-Host: bank.example\r\nX-Forwarded-Port: 443\r\n"
        "X-Real-IP: 1.1.1.1\r\nForwarded: for=1.1.1.1\r\nX_Forwarded_For: 1.1.1.1\r\n"
        "X_Custom: 1\r\n\r\n";
    EXPECT_EQ(
        forwarded(text),
        "GET / HTTP/1.1\r\nHost: h\r\nX_Custom: 1\r\nVia: 1.1 curfew\r\n"
        "X-Forwarded-For: 192.0.2.7\r\n"
        "X-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\n\r\n"
    );
    const auto believed = forwarded(text, {.from = proxy});
    EXPECT_THAT(believed, HasSubstr("X-Forwarded-For: 1.1.1.1, 2.2.2.2, 10.1.2.3\r\n"));
    EXPECT_THAT(believed, HasSubstr("X-Forwarded-Proto: https\r\n"));
    EXPECT_THAT(believed, HasSubstr("X-Forwarded-Host: bank.example\r\n"));
    EXPECT_THAT(believed, HasSubstr("X-Real-IP: 1.1.1.1\r\n"));
    EXPECT_THAT(believed, Not(HasSubstr("X_Forwarded_For")));
}

TEST(forward_request, what_a_backend_takes_for_a_proxys_word_passes_from_trusted_peers_only) {
    const std::string names[]{
        "X-Forwarded-Prefix",
        "x-forwarded-server",
        "X-FORWARDED-USER",
        "X-Forwarded-For-Original",
        "X-Forwarded-Ssl",
        "X-Client-IP",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Forwarded-Port",
        "X-Real-IP",
        "Forwarded"
    };
    for (const auto& name : names) {
        const auto text = "GET / HTTP/1.1\r\nHost: h\r\n" + name + ": spoofed\r\n\r\n";
        EXPECT_THAT(forwarded(text), Not(HasSubstr("spoofed"))) << name;
        EXPECT_THAT(forwarded(text, {.from = proxy}), HasSubstr(name + ": spoofed\r\n"));

        auto masked = text;
        std::ranges::replace(masked, '-', '_');
        if (masked == text) continue;
        EXPECT_THAT(forwarded(masked), Not(HasSubstr("spoofed"))) << masked;
        EXPECT_THAT(forwarded(masked, {.from = proxy}), Not(HasSubstr("spoofed"))) << masked;
    }
    const auto others = forwarded(
        "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded: 1\r\nX-Forwarded-: 2\r\nForwarded-X: 3\r\n\r\n"
    );
    EXPECT_THAT(others, HasSubstr("X-Forwarded: 1\r\nX-Forwarded-: 2\r\nForwarded-X: 3\r\n"));
}

TEST(forward_request, connection_cannot_remove_what_a_trusted_peer_said_of_the_client) {
    const std::string text =
        "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-User: ann\r\nX-Forwarded-User-Extra-Long-Name: "
        "b\r\n"
        "Connection: x-forwarded-user, x-forwarded-user-extra-long-name\r\n\r\n";
    EXPECT_THAT(forwarded(text, {.from = proxy}), HasSubstr("X-Forwarded-User: ann\r\n"));
    EXPECT_THAT(forwarded(text), Not(HasSubstr("ann")));
}

TEST(forward_request, proxy_is_nobodys_to_set) {
    const std::string text = "GET / HTTP/1.1\r\nHost: h\r\nProxy: http://evil:1\r\n\r\n";
    EXPECT_THAT(forwarded(text), Not(HasSubstr("evil")));
    EXPECT_THAT(forwarded(text, {.from = proxy}), Not(HasSubstr("evil")));
}

TEST(forward_request, via_is_continued_with_the_version_that_came) {
    EXPECT_THAT(
        forwarded("GET / HTTP/1.1\r\nHost: h\r\nVia: 1.0 fred\r\nVia: 2 ted\r\n\r\n"),
        HasSubstr("Via: 1.0 fred\r\nVia: 2 ted\r\nVia: 1.1 curfew\r\n")
    );
    EXPECT_THAT(forwarded("GET / HTTP/1.0\r\nHost: h\r\n\r\n"), HasSubstr("Via: 1.0 curfew\r\n"));
    EXPECT_THAT(forwarded("GET / HTTP/1.7\r\nHost: h\r\n\r\n"), HasSubstr("Via: 1.1 curfew\r\n"));
}

TEST(forward_request, max_forwards_counts_down_for_those_methods_that_count) {
    const auto hops = [](std::string_view method, std::string_view said) {
        const auto out = forwarded(
            std::string{method} + " / HTTP/1.1\r\nHost: h\r\nMax-Forwards: " + std::string{said} +
            "\r\n\r\n"
        );
        const auto at = out.find("Max-Forwards: ") + 14;
        return out.substr(at, out.find("\r\n", at) - at);
    };
    EXPECT_EQ(hops("OPTIONS", "10"), "9");
    EXPECT_EQ(hops("TRACE", "1"), "0");
    EXPECT_EQ(hops("GET", "10"), "10");
    for (const auto* odd : {"-1", "x", "1 2", "1234567890", "+3"})
        EXPECT_EQ(hops("TRACE", odd), odd);
}

TEST(forward_request, the_time_left_is_rounded_down_and_never_zero) {
    const std::string text =
        "GET / HTTP/1.1\r\nHost: h\r\nX-Curfew-Timeout-Ms: 60000\r\ngrpc-timeout: 9S\r\n"
        "X-Request-Timeout: 7\r\nx-envoy-expected-rq-timeout-ms: 8000\r\n\r\n";
    const auto out = forwarded(text, {.from = stranger, .left = 1500ms + 999us});
    EXPECT_THAT(out, HasSubstr("X-Curfew-Timeout-Ms: 1500\r\n"));
    EXPECT_THAT(out, HasSubstr("grpc-timeout: 1500m\r\n"));
    EXPECT_THAT(out, HasSubstr("X-Request-Timeout: 1.500\r\n"));
    EXPECT_THAT(out, HasSubstr("X-Envoy-Expected-Rq-Timeout-Ms: 1500\r\n"));
    EXPECT_THAT(out, Not(HasSubstr("60000")));
    const auto last = forwarded(text, {.from = stranger, .left = 10us});
    EXPECT_THAT(last, HasSubstr("X-Curfew-Timeout-Ms: 1\r\n"));
    EXPECT_THAT(last, HasSubstr("X-Request-Timeout: 0.001\r\n"));
    EXPECT_THAT(
        forwarded(
            "GET / HTTP/1.1\r\nHost: h\r\nX-Request-Timeout: 7s\r\n\r\n",
            {.from = stranger, .left = 1500ms}
        ),
        HasSubstr("X-Request-Timeout: 1500ms\r\n")
    );
}

TEST(forward_request, seconds_left_are_told_to_the_millisecond_and_never_as_more) {
    const auto seconds = [](duration left) {
        const auto out = forwarded(
            "GET / HTTP/1.1\r\nHost: h\r\nX-Request-Timeout: 0.7\r\n\r\n",
            {.from = stranger, .left = left}
        );
        const auto at = out.find("X-Request-Timeout: ") + 19;
        return out.substr(at, out.find("\r\n", at) - at);
    };
    EXPECT_EQ(seconds(50ms), "0.050");
    EXPECT_EQ(seconds(699ms + 999us), "0.699");
    EXPECT_EQ(seconds(1s), "1.000");
    EXPECT_EQ(seconds(59s + 5ms), "59.005");
    EXPECT_EQ(seconds(24h), "86400.000");
}

TEST(forward_request, a_trace_is_continued_or_begun) {
    const std::string text =
        "GET / HTTP/1.1\r\nHost: h\r\n"
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
        "tracestate: a=b\r\n\r\n";
    std::array<http1::field, 8> storage;
    http1::request_parser parser{storage};
    ASSERT_EQ(parser.step(text), http1::progress::done);
    trace_source source{1};
    const auto trace = continue_trace(parser.head().fields, source);
    EXPECT_TRUE(trace.continued);
    EXPECT_EQ(trace.context.trace_high, 0x0af7651916cd43ddU);
    EXPECT_NE(trace.context.span, 0xb7ad6b7169203331U);
    const auto begun = continue_trace({}, source);
    EXPECT_FALSE(begun.continued);
    EXPECT_TRUE(begun.context.valid());

    const auto kept =
        forwarded(text, {.from = stranger, .trace = trace.context, .trace_continued = true});
    EXPECT_THAT(kept, HasSubstr("traceparent: 00-0af7651916cd43dd8448eb211c80319c-"));
    EXPECT_THAT(kept, Not(HasSubstr("b7ad6b7169203331")));
    EXPECT_THAT(kept, HasSubstr("tracestate: a=b\r\n"));
    const auto fresh = forwarded(text, {.from = stranger, .trace = begun.context});
    EXPECT_THAT(fresh, Not(HasSubstr("tracestate")));
}

TEST(forward_request, framing_is_made_again) {
    EXPECT_THAT(
        forwarded("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"),
        HasSubstr("\r\nTransfer-Encoding: chunked\r\n")
    );
    const auto empty = forwarded("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    EXPECT_THAT(empty, HasSubstr("\r\nContent-Length: 0\r\n"));
}

TEST(forward_request, the_target_is_sent_in_origin_form) {
    const auto host = [](const std::string& out) { return out.substr(0, out.find("\r\nVia: ")); };
    EXPECT_EQ(
        host(forwarded("GET http://a.example/x?y HTTP/1.1\r\nHost: a.example\r\n\r\n")),
        "GET /x?y HTTP/1.1\r\nHost: a.example"
    );
    EXPECT_EQ(
        host(forwarded("GET http://a.example?y HTTP/1.1\r\nHost: a.example\r\n\r\n")),
        "GET /?y HTTP/1.1\r\nHost: a.example"
    );
    EXPECT_EQ(
        host(
            forwarded("GET /a/./b? HTTP/1.1\r\nHost: h\r\n\r\n", {.from = stranger, .path = "/a/b"})
        ),
        "GET /a/b? HTTP/1.1\r\nHost: h"
    );
    EXPECT_EQ(
        host(forwarded("GET / HTTP/1.0\r\n\r\n", {.from = stranger, .authority = "up:8000"})),
        "GET / HTTP/1.1\r\nHost: up:8000"
    );
}

TEST(forward_response, hop_by_hop_fields_stay_and_the_rest_passes) {
    EXPECT_EQ(
        answered(
            "HTTP/1.1 200 Fine\r\nContent-Length: 5\r\nConnection: x-hop, set-cookie\r\nX-Hop: "
            "1\r\n"
            "Set-Cookie: a\r\nSet-Cookie: b\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\n"
            "Server: s\r\n\r\n",
            http1::method_id::get
        ),
        "HTTP/1.1 200 Fine\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nServer: s\r\n"
        "Content-Length: 5\r\n\r\n"
    );
}

TEST(forward_response, a_body_of_unknown_length_is_chunked_or_ends_the_connection) {
    const std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(answered(text, http1::method_id::get), text);
    EXPECT_EQ(
        answered(text, http1::method_id::get, 0), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    );
    EXPECT_EQ(answered("HTTP/1.0 200 OK\r\n\r\n", http1::method_id::get), text);
}

TEST(forward_response, the_length_of_a_body_that_is_not_sent_passes_as_it_came) {
    const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n";
    EXPECT_EQ(answered(text, http1::method_id::head), text);
    const std::string unchanged = "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n";
    EXPECT_EQ(answered(unchanged, http1::method_id::get), unchanged);
}

TEST(forward_response, the_client_is_told_what_becomes_of_its_connection) {
    const std::string text = "HTTP/1.1 204 No Content\r\n\r\n";
    EXPECT_EQ(
        answered(text, http1::method_id::get, 1, false),
        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
    );
    EXPECT_EQ(
        answered(text, http1::method_id::get, 0, true),
        "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n"
    );
}

TEST(forward_response, no_content_has_no_length) {
    const std::string fields = "Content-Length: 5\r\nX: y\r\n\r\n";
    EXPECT_EQ(
        answered("HTTP/1.1 204 No Content\r\n" + fields, http1::method_id::get),
        "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"
    );
    EXPECT_EQ(
        answered("HTTP/1.1 103 Early Hints\r\n" + fields, http1::method_id::get),
        "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"
    );
}

TEST(forward_response, a_date_is_added_where_there_is_none) {
    const std::string now = "Sun, 06 Nov 1994 08:49:37 GMT";
    const auto dated = [&](const std::string& fields) {
        return answered(
            "HTTP/1.1 204 No Content\r\n" + fields + "\r\n", http1::method_id::get, 1, true, now
        );
    };
    EXPECT_EQ(dated(""), "HTTP/1.1 204 No Content\r\nDate: " + now + "\r\n\r\n");
    EXPECT_EQ(
        dated("Date: Mon, 07 Nov 1994 08:49:37 GMT\r\n"),
        "HTTP/1.1 204 No Content\r\nDate: Mon, 07 Nov 1994 08:49:37 GMT\r\n\r\n"
    );
}

}  // namespace
}  // namespace curfew::gateway
