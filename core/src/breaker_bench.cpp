#include <curfew/core/breaker.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <mutex>

namespace curfew {
namespace {

using namespace std::chrono_literals;

enum class calls : std::uint8_t {
    good,
    mixed,  // every fourth fails, every eighth is slow: below what opens it
};

// One operation: take a permit, end the call 3 us later (a slow one began a second earlier), record
// its latency. Two threads run on one breaker, with nothing else to do between two operations.
// `ns_per_op_per_thread` is what one thread waits for one operation; Google Benchmark's own "Time"
// is wall time over the operations of all threads together.
void pass(benchmark::State& state, breaker& machine, calls kind, const clock* real = nullptr) {
    time_point now{1h};
    std::uint32_t made = 0;
    for ([[maybe_unused]] auto _ : state) {
        now = real != nullptr ? real->now() : now + 3us;
        const auto nth = kind == calls::mixed ? ++made : 1;
        auto permit = machine.try_acquire(nth % 8 == 0 ? now - 1s : now);
        now = real != nullptr ? real->now() : now + 3us;
        const auto ended = nth % 4 == 2 ? outcome::failure : outcome::success;
        permit->finish(ended, cause_kind::completed, now);
    }
    if (machine.status(now).state != breaker_state::closed) state.SkipWithError("it opened");
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
    pass(state, machine, calls::good);
}

void breaker_count_window(benchmark::State& state, calls kind) {
    static breaker machine{by_count};
    pass(state, machine, kind);
}

void breaker_time_window(benchmark::State& state, calls kind) {
    static breaker machine{by_time};
    pass(state, machine, kind);
}

void breaker_time_window_with_two_clock_reads(benchmark::State& state) {
    static breaker machine{by_time};
    static const steady_clock real;
    pass(state, machine, calls::good, &real);
}

void breaker_refusal_while_open(benchmark::State& state) {
    static breaker machine;
    const time_point now{1h};
    if (state.thread_index() == 0)
        for (int made = 0; made < 5; ++made)
            if (auto permit = machine.try_acquire(now))
                permit->finish(outcome::failure, cause_kind::completed, now);
    for ([[maybe_unused]] auto _ : state)
        benchmark::DoNotOptimize(machine.try_acquire(now));
}

template <class Lock>
void lock_and_unlock(benchmark::State& state) {
    static Lock lock;
    static int guarded = 0;
    for ([[maybe_unused]] auto _ : state) {
        const std::lock_guard locked{lock};
        benchmark::DoNotOptimize(++guarded);
    }
}

BENCHMARK(breaker_consecutive)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK_CAPTURE(breaker_count_window, good, calls::good)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK_CAPTURE(breaker_count_window, mixed, calls::mixed)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK_CAPTURE(breaker_time_window, good, calls::good)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK_CAPTURE(breaker_time_window, mixed, calls::mixed)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(breaker_time_window_with_two_clock_reads)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(breaker_refusal_while_open)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(lock_and_unlock<short_lock>)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(lock_and_unlock<std::mutex>)->ThreadRange(1, 2)->UseRealTime();

}  // namespace
}  // namespace curfew
