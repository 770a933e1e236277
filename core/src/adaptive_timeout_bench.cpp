#include <curfew/core/adaptive_timeout.hpp>

#include <benchmark/benchmark.h>

#include <cmath>
#include <random>
#include <vector>

namespace curfew {
namespace {

using namespace std::chrono_literals;

/// One call's whole way through, judged every 64th time as it is.
void adaptive_timeout_begin_and_end(benchmark::State& state) {
    std::mt19937 random{42};
    std::lognormal_distribution<double> seconds{std::log(0.02), 1.0};
    std::vector<duration> took(4096);
    for (duration& each : took)
        each = duration{static_cast<duration::rep>(seconds(random) * 1e9)};
    adaptive_timeout limits{{}};
    time_point now{1h};
    std::size_t i = 0;
    for ([[maybe_unused]] auto _ : state) {
        now += 100us;
        auto one = limits.begin(now);
        const auto length = took[i++ % took.size()];
        limits.end(one, outcome::success, cause_kind::completed, length, now);
    }
    benchmark::DoNotOptimize(limits.limit());
}

BENCHMARK(adaptive_timeout_begin_and_end);

void adaptive_timeout_limit(benchmark::State& state) {
    const adaptive_timeout limits{{}};
    for ([[maybe_unused]] auto _ : state)
        benchmark::DoNotOptimize(limits.limit());
}

BENCHMARK(adaptive_timeout_limit);

}  // namespace
}  // namespace curfew
