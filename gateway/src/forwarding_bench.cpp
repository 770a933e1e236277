#include <curfew/gateway/forwarding.hpp>
#include <curfew/gateway/refusal.hpp>
#include <curfew/protocol/http1_parser.hpp>

#include <benchmark/benchmark.h>

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view request_text =
    "GET /orders/12345?page=2 HTTP/1.1\r\nHost: shop.example:8080\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: application/json\r\n"
    "Accept-Encoding: gzip, br\r\nCookie: session=0123456789abcdef\r\n"
    "Connection: keep-alive\r\nX-Request-ID: 42\r\n\r\n";

constexpr std::string_view response_text =
    "HTTP/1.1 200 OK\r\nServer: shop\r\nDate: Fri, 20 Nov 2026 22:00:00 GMT\r\n"
    "Content-Type: application/json\r\nContent-Length: 64\r\nConnection: keep-alive\r\n"
    "Cache-Control: no-cache\r\n\r\n";

const policy::network::bytes client{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7};

void forwarding_request_head(benchmark::State& state) {
    std::array<http1::field, 32> storage;
    http1::request_parser parser{storage};
    if (parser.step(request_text) != http1::progress::done) state.SkipWithError("not a request");
    const peer from{client, {}};
    trace_source traces{1};
    std::array<char, 2048> room;
    for ([[maybe_unused]] auto _ : state) {
        const auto trace = continue_trace(parser.head().fields, traces);
        http1::wire_writer out{room};
        forward_request(
            parser.head(), {.from = from, .left = 29'990ms, .trace = trace.context}, out
        );
        benchmark::DoNotOptimize(out.written().size());
    }
}

void forwarding_response_head(benchmark::State& state) {
    std::array<http1::field, 32> storage;
    http1::response_parser parser{storage, http1::method_id::get};
    if (parser.step(response_text) != http1::progress::done) state.SkipWithError("no response");
    std::array<char, 2048> room;
    for ([[maybe_unused]] auto _ : state) {
        const auto framing = frame_response(parser.head(), 1, true);
        http1::wire_writer out{room};
        forward_response(parser.head(), framing, 1, "Sun, 06 Nov 1994 08:49:37 GMT", out);
        benchmark::DoNotOptimize(out.written().size());
    }
}

void refusal_render(benchmark::State& state) {
    time_account account;
    account.add(stage::queue, 4990ms);
    std::array<char, refusal_bytes> room;
    const refusal what{
        .code = errc::breaker_open,
        .why = {cause_kind::breaker_open, shed_reason::none, "breaker.reset", 60s},
        .retry_after = 42s,
        .route = "GET /orders/{id}",
        .account = &account,
        .left = 25s,
        .trace = {1, 2, 3, 1},
        .keep_alive = true,
    };
    for ([[maybe_unused]] auto _ : state)
        benchmark::DoNotOptimize(render_refusal(what, room).size());
}

BENCHMARK(forwarding_request_head);
BENCHMARK(forwarding_response_head);
BENCHMARK(refusal_render);

}  // namespace
}  // namespace curfew::gateway
