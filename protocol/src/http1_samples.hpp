#pragma once

#include <curfew/protocol/http1_parser.hpp>

#include <array>
#include <string>
#include <string_view>

/// Messages that tests and benchmarks share.
namespace curfew::http1::samples {

using namespace std::string_view_literals;

/// What wrk sends.
inline constexpr std::string_view wrk_request =
    "GET /api/items HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "\r\n";

/// What a service's client sends.
inline constexpr std::string_view api_request =
    "POST /api/v1/orders/7f3a?expand=lines HTTP/1.1\r\n"
    "Host: shop.example.com\r\n"
    "User-Agent: curl/8.5.0\r\n"
    "Accept: application/json\r\n"
    "Content-Type: application/json\r\n"
    "Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n"
    "X-Curfew-Timeout-Ms: 2500\r\n"
    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
    "Content-Length: 27\r\n"
    "\r\n";

/// What a browser sends.
inline constexpr std::string_view browser_request =
    "GET /catalogue/search?q=blue+lamps&page=2&sort=price HTTP/1.1\r\n"
    "Host: www.shop.example.com\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: max-age=0\r\n"
    "sec-ch-ua: \"Chromium\";v=\"124\", \"Not-A.Brand\";v=\"99\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/124.0.0.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "image/apng,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-User: ?1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Referer: https://www.shop.example.com/catalogue/search?q=blue+lamps&page=1\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
    "Cookie: session=eyJhbGciOiJIUzI1NiJ9.c2Vzc2lvbg; theme=dark; basket=3f2504e0-4f89\r\n"
    "If-None-Match: W/\"5d8c72a5edda8\"\r\n"
    "DNT: 1\r\n"
    "Priority: u=0, i\r\n"
    "\r\n";

/// What a small backend answers.
inline constexpr std::string_view api_response =
    "HTTP/1.1 200 OK\r\n"
    "Server: nginx/1.22.1\r\n"
    "Date: Fri, 20 Nov 2026 20:00:00 GMT\r\n"
    "Content-Type: text/plain\r\n"
    "Content-Length: 64\r\n"
    "Connection: keep-alive\r\n"
    "\r\n";

/// Requests that must be accepted.
inline constexpr std::array good_requests{
    wrk_request,
    api_request,
    browser_request,
    "GET / HTTP/1.0\r\n\r\n"sv,
    "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"sv,
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"sv,
    "OPTIONS http://a:81 HTTP/1.1\r\nHost: b\r\n\r\n"sv,
    "GET http://www.example.org/pub/WWW/TheProject.html HTTP/1.1\r\nHost: x\r\n\r\n"sv,
    "GET http://a?q HTTP/1.1\r\nHost: b\r\n\r\n"sv,
    "GET /where?q=now HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n\r\n"sv,
    "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\nExpect: 100-Continue\r\n\r\n"sv,
    "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n"sv,
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, x-secret\r\nX-Secret: 1\r\nEmpty:\r\n"
    "Tab:\ta\tb \t\r\nLatin: caf\xe9\r\nunder_score: 1\r\n\r\n"sv,
    "PURGE-ALL!*'|~^_`.+%&$# /a HTTP/1.1\r\nHost: a\r\n\r\n"sv,
};

/// Responses that must be accepted, as answers to GET.
inline constexpr std::array good_responses{
    api_response,
    "HTTP/1.1 200\r\n\r\n"sv,
    "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n"sv,
    "HTTP/1.0 302 Found\r\nLocation: /login\r\n\r\n"sv,
    "HTTP/1.1 100 Continue\r\n\r\n"sv,
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"sv,
    "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"sv,
    "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\nETag: \"x\"\r\n\r\n"sv,
    "HTTP/1.1 999 Tr\xe8s \t\"odd\"\r\nContent-Length: 18446744073709551\r\n\r\n"sv,
};

}  // namespace curfew::http1::samples
