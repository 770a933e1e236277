#include <curfew/core/breaker.hpp>

#include <benchmark/benchmark.h>

#include <mutex>

namespace curfew {
namespace {

using namespace std::chrono_literals;

// One operation: take a permit, end the call well 3 us later, record its latency. Two threads run
// on one breaker. `ns_per_op_per_thread` is what one thread waits for one operation;
// Google Benchmark's own "Time" is wall time over the operations of all threads together.
void pass(benchmark::State& state, breaker& machine, const clock* real) {
    time_point now{1h};
    for (auto _ : state) {
        now = real != nullptr ? real->now() : now + 3us;
        auto permit = machine.try_acquire(now);
        now = real != nullptr ? real->now() : now + 3us;
        permit->finish(outcome::success, cause_kind::completed, now);
    }
    state.counters["ns_per_op_per_thread"] = benchmark::Counter(
        static_cast<double>(state.iterations()),
        benchmark::Counter::kAvgThreadsRate | benchmark::Counter::kInvert
    );
}

constexpr breaker_config by_count{
    .failure_rate = {.percent = 50},
    .slow_after = 1s,
    .slow_rate = {.percent = 100},
};

constexpr breaker_config by_time{
    .window = {.over = window_shape::kind::time},
    .failure_rate = {.percent = 50},
    .slow_after = 1s,
    .slow_rate = {.percent = 100},
};

void breaker_consecutive(benchmark::State& state) {
    static breaker machine;
    pass(state, machine, nullptr);
}

void breaker_count_window(benchmark::State& state) {
    static breaker machine{by_count};
    pass(state, machine, nullptr);
}

void breaker_time_window(benchmark::State& state) {
    static breaker machine{by_time};
    pass(state, machine, nullptr);
}

void breaker_time_window_with_two_clock_reads(benchmark::State& state) {
    static breaker machine{by_time};
    static const steady_clock real;
    pass(state, machine, &real);
}

void breaker_refusal_while_open(benchmark::State& state) {
    static breaker machine;
    const time_point now{1h};
    if (state.thread_index() == 0)
        for (int made = 0; made < 5; ++made)
            if (auto permit = machine.try_acquire(now))
                permit->finish(outcome::failure, cause_kind::completed, now);
    for (auto _ : state)
        benchmark::DoNotOptimize(machine.try_acquire(now));
}

template <class Lock>
void lock_and_unlock(benchmark::State& state) {
    static Lock lock;
    static int guarded = 0;
    for (auto _ : state) {
        const std::lock_guard locked{lock};
        benchmark::DoNotOptimize(++guarded);
    }
}

BENCHMARK(breaker_consecutive)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(breaker_count_window)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(breaker_time_window)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(breaker_time_window_with_two_clock_reads)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(breaker_refusal_while_open)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(lock_and_unlock<short_lock>)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(lock_and_unlock<std::mutex>)->ThreadRange(1, 2)->UseRealTime();

}  // namespace
}  // namespace curfew
