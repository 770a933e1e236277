#include <curfew/core/histogram.hpp>

#include <benchmark/benchmark.h>

#include <cmath>
#include <random>
#include <vector>

namespace curfew {
namespace {

std::vector<duration> latencies() {
    std::mt19937 random{42};
    std::lognormal_distribution<double> seconds{std::log(2e-3), 1.0};
    std::vector<duration> all(4096);
    for (duration& each : all) {
        each = duration{static_cast<duration::rep>(seconds(random) * 1e9)};
    }
    return all;
}

void record(benchmark::State& state) {
    const auto samples = latencies();
    histogram times;
    std::size_t i = 0;
    for ([[maybe_unused]] auto _ : state) {
        times.record(samples[i++ % samples.size()]);
        benchmark::ClobberMemory();
    }
    benchmark::DoNotOptimize(times.count());
}

BENCHMARK(record);

void merge(benchmark::State& state) {
    histogram from;
    for (const duration each : latencies()) {
        from.record(each);
    }
    histogram to;
    for ([[maybe_unused]] auto _ : state) {
        to.merge(from);
        benchmark::ClobberMemory();
    }
}

BENCHMARK(merge);

void quantile(benchmark::State& state) {
    histogram times;
    for (const duration each : latencies()) {
        times.record(each);
    }
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(times.quantile(0.99));
    }
}

BENCHMARK(quantile);

}  // namespace
}  // namespace curfew
