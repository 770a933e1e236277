#include <curfew/core/histogram.hpp>
#include <curfew/gateway/admission.hpp>

#include <benchmark/benchmark.h>

#include <atomic>
#include <string>
#include <thread>

namespace curfew::gateway {
namespace {

using namespace std::chrono_literals;

admission& shared() {
    static admission guards{{}};
    [[maybe_unused]] static const bool made = [] {
        const auto upstream = guards.add_upstream("shop", {.start = 100}, time_point{1h});
        for (route_index route = 0; route < 8; ++route) {
            guards.add_route(route, std::to_string(route), upstream, {}, time_point{1h});
        }
        return true;
    }();
    return guards;
}

/// As many routes as strangers can make.
admission& wide() {
    static admission guards{{}};
    [[maybe_unused]] static const bool made = [] {
        const auto upstream = guards.add_upstream("shop", {.start = 100}, time_point{1h});
        for (route_index route = 0; route < 256; ++route) {
            const auto name = "GET /some/path/number/" + std::to_string(route);
            guards.add_route(route, name, upstream, {}, time_point{1h});
        }
        return true;
    }();
    return guards;
}

/// One request's whole way through: enter, hangs_at, answered, leave.
void admission_enter_and_leave(benchmark::State& state) {
    auto& guards = shared();
    const auto route = static_cast<route_index>(state.thread_index());
    time_point now{1h};
    for ([[maybe_unused]] auto _ : state) {
        waiter wait{[](waiter&) noexcept {}};
        now += 100us;
        auto came = guards.enter(route, wait, bound{deadline::after(now, 30s)}, now);
        auto& held = std::get<permit>(came);
        benchmark::DoNotOptimize(held.hangs_at(30s));
        held.answered(now + 50us);
        held.leave(outcome::success, cause_kind::completed, now + 60us);
    }
}

/// What an open breaker costs.
void admission_refuse(benchmark::State& state) {
    auto& guards = shared();
    time_point now{1h};
    for (int i = 0; i < 5; ++i) {
        waiter wait{[](waiter&) noexcept {}};
        auto came = guards.enter(7, wait, bound{deadline::after(now, 30s)}, now);
        if (auto* held = std::get_if<permit>(&came)) {
            held->leave(outcome::failure, cause_kind::completed, now);
        }
    }
    for ([[maybe_unused]] auto _ : state) {
        waiter wait{[](waiter&) noexcept {}};
        benchmark::DoNotOptimize(guards.enter(7, wait, bound{deadline::after(now, 30s)}, now));
    }
}

/// A picture of many routes, as health and metrics draw it.
void admission_describe(benchmark::State& state) {
    auto& guards = wide();
    for ([[maybe_unused]] auto _ : state) {
        snapshot view;
        guards.describe(view, time_point{1h});
        benchmark::DoNotOptimize(view.routes.data());
    }
}

/// How long a request waits for the lock while pictures are drawn without a pause.
void admission_enter_while_described(benchmark::State& state) {
    auto& guards = wide();
    std::atomic<bool> over = false;
    std::thread painter{[&] {
        while (!over.load(std::memory_order_relaxed)) {
            snapshot view;
            guards.describe(view, time_point{1h});
        }
    }};
    histogram took;
    time_point now{1h};
    for ([[maybe_unused]] auto _ : state) {
        waiter wait{[](waiter&) noexcept {}};
        now += 100us;
        const auto began = std::chrono::steady_clock::now();
        auto came = guards.enter(0, wait, bound{deadline::after(now, 30s)}, now);
        std::get<permit>(came).leave(outcome::success, cause_kind::completed, now + 60us);
        took.record(std::chrono::steady_clock::now() - began);
    }
    over = true;
    painter.join();
    state.counters["p50_us"] = static_cast<double>(took.quantile(0.5).count()) / 1e3;
    state.counters["p999_us"] = static_cast<double>(took.quantile(0.999).count()) / 1e3;
    state.counters["max_us"] = static_cast<double>(took.max().count()) / 1e3;
}

BENCHMARK(admission_describe)->Unit(benchmark::kMicrosecond);
BENCHMARK(admission_enter_while_described)->UseRealTime();
BENCHMARK(admission_enter_and_leave)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(admission_refuse);

}  // namespace
}  // namespace curfew::gateway
