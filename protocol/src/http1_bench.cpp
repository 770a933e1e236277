#include "http1_samples.hpp"
#include <curfew/protocol/http1_body.hpp>
#include <curfew/protocol/http1_parser.hpp>
#include <curfew/protocol/http1_path.hpp>
#include <curfew/protocol/http1_writer.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <string>

namespace curfew::http1 {

namespace {

void parse_request(benchmark::State& state, std::string_view message) {
    std::array<field, 100> storage;
    request_parser parser{storage};
    for ([[maybe_unused]] auto _ : state) {
        parser.reset();
        benchmark::DoNotOptimize(parser.step(message));
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(message.size()));
}

void parse_request_in_pieces(benchmark::State& state, std::string_view message) {
    std::array<field, 100> storage;
    request_parser parser{storage};
    for ([[maybe_unused]] auto _ : state) {
        parser.reset();
        for (std::size_t size = 1; size <= message.size(); ++size) {
            benchmark::DoNotOptimize(parser.step(message.substr(0, size)));
        }
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(message.size()));
}

void parse_response(benchmark::State& state) {
    std::array<field, 100> storage;
    response_parser parser{storage, method_id::get};
    for ([[maybe_unused]] auto _ : state) {
        parser.reset(method_id::get);
        benchmark::DoNotOptimize(parser.step(samples::api_response));
        benchmark::ClobberMemory();
    }
}

// What a proxy does with a head: all fields but those of the connection, and its own framing.
void write_request(benchmark::State& state) {
    std::array<field, 100> storage;
    std::array<char, 4096> buffer;
    request_parser parser{storage};
    parser.step(samples::api_request);
    const request_head& head = parser.head();
    for ([[maybe_unused]] auto _ : state) {
        wire_writer out{buffer};
        out.request_line(head.method_name, head.target);
        for (const field& one : head.fields) {
            if (!one.hop_by_hop) out.field_line(one);
        }
        out.field_line(field_id::x_forwarded_for, "192.0.2.1");
        out.end_head();
        benchmark::DoNotOptimize(out.ok());
    }
}

void decode_chunks(benchmark::State& state) {
    std::string wire;
    for (int i = 0; i < 16; ++i)
        wire += "400\r\n" + std::string(0x400, 'x') + "\r\n";
    wire += "0\r\n\r\n";
    for ([[maybe_unused]] auto _ : state) {
        body_decoder decoder{{body_kind::chunked, 0}};
        std::string_view rest = wire;
        bool again = true;
        while (again) {
            const auto taken = decoder.step(rest);
            rest.remove_prefix(taken.consumed);
            again = taken.again;
        }
        benchmark::DoNotOptimize(decoder.finished());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(wire.size()));
}

void check_path(benchmark::State& state) {
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(is_normal_path("/api/v1/orders/7f3a9c11/lines"));
    }
}

BENCHMARK_CAPTURE(parse_request, wrk, samples::wrk_request);
BENCHMARK_CAPTURE(parse_request, eight_fields, samples::api_request);
BENCHMARK_CAPTURE(parse_request, browser, samples::browser_request);
BENCHMARK_CAPTURE(parse_request_in_pieces, browser, samples::browser_request);
BENCHMARK(parse_response);
BENCHMARK(write_request);
BENCHMARK(decode_chunks);
BENCHMARK(check_path);

}  // namespace

}  // namespace curfew::http1
