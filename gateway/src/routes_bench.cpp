#include <curfew/gateway/routes.hpp>

#include <benchmark/benchmark.h>

namespace curfew::gateway {
namespace {

void routes_find_derived(benchmark::State& state) {
    std::vector<route_rule> rules(1);
    rules[0].derive = true;
    route_table table{std::move(rules)};
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(
            table.find(http1::method_id::get, "localhost:8080", "/users/12345?page=2")
        );
    }
}

void routes_find_among_64_rules(benchmark::State& state) {
    std::vector<route_rule> rules(64);
    for (std::size_t i = 0; i < rules.size(); ++i) {
        rules[i].prefix = "/service" + std::to_string(i + 100);
    }
    rules.emplace_back();
    route_table table{std::move(rules)};
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(
            table.find(http1::method_id::get, "localhost:8080", "/users/12345?page=2")
        );
    }
}

BENCHMARK(routes_find_derived);
BENCHMARK(routes_find_among_64_rules);

}  // namespace
}  // namespace curfew::gateway
