#include <curfew/core/deadline.hpp>

#include <benchmark/benchmark.h>

namespace curfew {
namespace {

// The check of a long computation between two steps: read the clock, compare.
template <class Clock>
void check(benchmark::State& state) {
    const Clock real;
    const auto until = deadline::after(real.now(), std::chrono::hours{1});
    for ([[maybe_unused]] auto _ : state) {
        bool expired = until.expired(real.now());
        benchmark::DoNotOptimize(expired);
    }
}

BENCHMARK(check<coarse_clock>)->Name("coarse_check");
BENCHMARK(check<steady_clock>)->Name("exact_check");

}  // namespace
}  // namespace curfew
