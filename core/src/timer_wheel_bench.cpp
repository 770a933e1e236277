#include <curfew/core/timer_wheel.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <vector>

// Arming and cancelling against the least that any queue of intrusive nodes must do: unlink a node
// and link it elsewhere. Both take the same random nodes in turns, so that they meet the same cache
// misses and the same noise; `ratio` is wheel / list.

namespace curfew {
namespace {

using stopwatch = std::chrono::steady_clock;

struct bare_node {
    bare_node* next = nullptr;
    bare_node* previous = nullptr;
    void* payload[2]{};  // as large as a timer
};

static_assert(sizeof(bare_node) == sizeof(timer));

void link_last(bare_node& list, bare_node& what) {
    what.next = &list;
    what.previous = list.previous;
    list.previous->next = &what;
    list.previous = &what;
}

void unlink(bare_node& what) {
    what.next->previous = what.previous;
    what.previous->next = what.next;
}

struct plain_timer : timer {
    plain_timer() : timer{[](timer&) noexcept {}} {}
};

// Deadlines as a gateway has them: 10 ms to 60 s ahead.
class workload {
  public:
    explicit workload(std::size_t population) : any_{0, population - 1} {}

    std::size_t which() { return any_(random_); }

    duration ahead() { return duration{ahead_(random_)}; }

  private:
    std::mt19937_64 random_{42};
    std::uniform_int_distribution<std::size_t> any_;
    std::uniform_int_distribution<std::int64_t> ahead_{10'000'000, 60'000'000'000};
};

void arm_and_cancel(benchmark::State& state) {
    const auto population = static_cast<std::size_t>(state.range(0));
    workload work{population};
    timer_wheel wheel{time_point{}};
    const auto timers = std::make_unique<plain_timer[]>(population);
    bare_node list;
    list.next = list.previous = &list;
    const auto nodes = std::make_unique<bare_node[]>(population);
    for (std::size_t i = 0; i < population; ++i) {
        wheel.arm(timers[i], time_point{} + work.ahead());
        link_last(list, nodes[i]);
    }

    struct choice {
        std::size_t which;
        time_point due;
    };

    std::vector<choice> batch(1024);
    duration in_wheel{};
    duration in_list{};
    for ([[maybe_unused]] auto _ : state) {
        std::ranges::generate(batch, [&] {
            return choice{work.which(), time_point{} + work.ahead()};
        });
        const auto begin = stopwatch::now();
        for (const choice& next : batch) {
            unlink(nodes[next.which]);
            link_last(list, nodes[next.which]);
        }
        const auto middle = stopwatch::now();
        for (const choice& next : batch) {
            wheel.cancel(timers[next.which]);
            wheel.arm(timers[next.which], next.due);
        }
        const auto end = stopwatch::now();
        in_list += middle - begin;
        in_wheel += end - middle;
        state.SetIterationTime(std::chrono::duration<double>(end - middle).count());
    }
    const auto operations = static_cast<double>(state.iterations()) * double(batch.size());
    state.counters["wheel_ns"] = static_cast<double>(in_wheel.count()) / operations;
    state.counters["list_ns"] = static_cast<double>(in_list.count()) / operations;
    state.counters["ratio"] =
        static_cast<double>(in_wheel.count()) / static_cast<double>(in_list.count());
}

BENCHMARK(arm_and_cancel)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->UseManualTime();

// One turn of a loop with 10 000 timers and nothing due: ask for the next expiry, move a little.
void idle_turn(benchmark::State& state) {
    workload work{10'000};
    timer_wheel wheel{time_point{}};
    const auto timers = std::make_unique<plain_timer[]>(10'000);
    for (std::size_t i = 0; i < 10'000; ++i) {
        wheel.arm(timers[i], time_point{} + std::chrono::hours{1} + work.ahead());
    }
    time_point now{};
    for ([[maybe_unused]] auto _ : state) {
        now += duration{1};
        benchmark::DoNotOptimize(wheel.next_expiry());
        benchmark::DoNotOptimize(wheel.advance(now));
    }
}

BENCHMARK(idle_turn);

// The whole life of timers that do expire, moves down the levels included.
void arm_and_expire(benchmark::State& state) {
    constexpr std::size_t population = 10'000;
    workload work{population};
    const auto timers = std::make_unique<plain_timer[]>(population);
    time_point now{};
    timer_wheel wheel{now};
    for ([[maybe_unused]] auto _ : state) {
        for (std::size_t i = 0; i < population; ++i) {
            wheel.arm(timers[i], now + work.ahead());
        }
        while (wheel.next_expiry().reachable()) {
            now += std::chrono::milliseconds{1};
            wheel.advance(now);
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * population);
}

BENCHMARK(arm_and_expire)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace curfew
