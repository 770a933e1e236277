#include <curfew/gateway/admission.hpp>

#include <benchmark/benchmark.h>

#include <string>

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

/// One request's whole way through: enter, hangs_at, answered, leave.
void admission_enter_and_leave(benchmark::State& state) {
    auto& guards = shared();
    const auto route = static_cast<route_index>(state.thread_index());
    time_point now{1h};
    for (auto _ : state) {
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
    for (auto _ : state) {
        waiter wait{[](waiter&) noexcept {}};
        benchmark::DoNotOptimize(guards.enter(7, wait, bound{deadline::after(now, 30s)}, now));
    }
}

BENCHMARK(admission_enter_and_leave)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(admission_refuse);

}  // namespace
}  // namespace curfew::gateway
