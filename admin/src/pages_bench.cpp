#include "example_snapshot.hpp"
#include <curfew/admin/pages.hpp>

#include <benchmark/benchmark.h>

#include <string>

namespace curfew::admin {
namespace {

// A full route table: the longest that a page may keep its thread.
void full_table(benchmark::State& state, std::string_view target) {
    constexpr std::size_t routes = 256;
    gateway::snapshot now = example_snapshot();
    const auto route = now.routes[0];
    now.routes.clear();
    for (std::size_t i = 0; i < routes; ++i) {
        now.routes.push_back(route);
        now.routes.back().name += std::to_string(i);
    }
    const process::process_sample process = example_process();
    std::size_t size = 0;
    for ([[maybe_unused]] auto _ : state) {
        size = page_for(target, {now, process, wall_time{}})->body.size();
        benchmark::DoNotOptimize(size);
    }
    state.counters["bytes"] = static_cast<double>(size);
}

BENCHMARK_CAPTURE(full_table, health, "/-/health")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(full_table, metrics, "/-/metrics")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(full_table, metrics_json, "/-/metrics.json")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace curfew::admin
