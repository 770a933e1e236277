#include <curfew/core/pool.hpp>
#include <curfew/core/short_lock.hpp>

#include <benchmark/benchmark.h>

#include <mutex>

namespace curfew {
namespace {

using namespace std::chrono_literals;

void ignore(pool::waiter& /*decided*/) noexcept {}

// One operation: take a connection of a warm pool and return it, 3 us later. Nobody else wants it.
template <class Lock>
void acquire_and_release(benchmark::State& state) {
    pool some{{}};
    Lock lock;
    time_point now{1h};
    for ([[maybe_unused]] auto _ : state) {
        pool::waiter one{ignore};
        now += 3us;
        std::unique_lock held{lock};
        auto got = some.acquire(one, deadline::after(now, 10s), now);
        held.unlock();
        if ((*got)->task() == pool_task::open || (*got)->task() == pool_task::renew)
            (*got)->opened(now);
        now += 3us;
        held.lock();
        benchmark::DoNotOptimize((*got)->keep(now));
    }
}

struct no_lock {
    void lock() noexcept {}

    void unlock() noexcept {}
};

void refusal_at_the_bound(benchmark::State& state) {
    pool some{{.size = 1, .overflow = 0, .waiting = 0}};
    pool::waiter one{ignore};
    const time_point now{1h};
    auto held = some.acquire(one, deadline{}, now);
    for ([[maybe_unused]] auto _ : state)
        benchmark::DoNotOptimize(some.acquire(one, deadline{}, now));
    (*held)->discard(now);
}

BENCHMARK(acquire_and_release<no_lock>)->Name("pool_acquire_and_release/alone");
BENCHMARK(acquire_and_release<short_lock>)->Name("pool_acquire_and_release/short_lock");
BENCHMARK(acquire_and_release<std::mutex>)->Name("pool_acquire_and_release/mutex");
BENCHMARK(refusal_at_the_bound)->Name("pool_refusal");

}  // namespace
}  // namespace curfew
