#include <curfew/statistics/change_point.hpp>
#include <curfew/statistics/forecast.hpp>
#include <curfew/statistics/timeout_advice.hpp>

#include <benchmark/benchmark.h>

#include <cmath>
#include <random>
#include <vector>

namespace curfew::statistics {
namespace {

std::vector<point> noisy(std::size_t count) {
    std::mt19937_64 random{42};
    std::normal_distribution<double> value{100, 10};
    std::vector<point> series(count);
    for (std::size_t i = 0; i < count; ++i) {
        series[i] = {std::chrono::minutes{i}, value(random) + (i < count / 2 ? 0 : 30)};
    }
    return series;
}

histogram latencies(int count) {
    std::mt19937_64 random{42};
    std::lognormal_distribution<double> seconds{std::log(2e-3), 1.0};
    histogram calls;
    for (int i = 0; i < count; ++i) {
        calls.record(duration{static_cast<duration::rep>(seconds(random) * 1e9)}, 1000);
    }
    return calls;
}

void quantile_of_ten_million_calls(benchmark::State& state) {
    const histogram calls = latencies(10'000);
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(estimate_quantile(calls, 0.99));
    }
}

BENCHMARK(quantile_of_ten_million_calls);

void advice_from_ten_million_calls(benchmark::State& state) {
    const histogram calls = latencies(10'000);
    const std::vector<cut_calls> cut{{std::chrono::milliseconds{100}, 5000}};
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(advise_timeout({{&calls, cut}, {}, {}, {}}));
    }
}

BENCHMARK(advice_from_ten_million_calls);

void change_points(benchmark::State& state) {
    const std::vector<point> series = noisy(static_cast<std::size_t>(state.range(0)));
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(find_change_points(series));
    }
}

BENCHMARK(change_points)->RangeMultiplier(10)->Range(100, 100'000)->Unit(benchmark::kMicrosecond);

void forecasts(benchmark::State& state) {
    const std::vector<point> series = noisy(static_cast<std::size_t>(state.range(0)));
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(forecast_next(series, 12));
    }
}

BENCHMARK(forecasts)->Arg(24)->Arg(60)->Arg(200)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace curfew::statistics
