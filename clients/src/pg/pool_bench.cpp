#include <curfew/clients/pg/pool.hpp>
#include <curfew/clients/pg/statement_text.hpp>
#include <curfew/clients/testing/postgres.hpp>

#include <benchmark/benchmark.h>

namespace curfew::pg {
namespace {

/// A warm pool on a real server, or null where there is none.
std::unique_ptr<pool> warm(const scratch::postgres* server) {
    if (server == nullptr) return nullptr;
    auto made = std::make_unique<pool>(*target::parse(server->url()));
    return made->initialize() ? std::move(made) : nullptr;
}

// What a thread pays to take an idle connection and give it back, clock reads and locks included.
// The server has no part in it.
void acquire_and_release(benchmark::State& state) {
    const auto server = scratch::postgres::is_missing() ? nullptr : scratch::postgres::start();
    const auto some = warm(server.get());
    if (!some) {
        state.SkipWithError("there is no PostgreSQL");
        return;
    }
    for ([[maybe_unused]] auto _ : state)
        benchmark::DoNotOptimize(some->acquire());
}

// A statement and its answer, against the same without the pool's bounds around it.
template <bool Pooled>
void round_trip(benchmark::State& state) {
    const auto server = scratch::postgres::is_missing() ? nullptr : scratch::postgres::start();
    const auto some = warm(server.get());
    if (!some) {
        state.SkipWithError("there is no PostgreSQL");
        return;
    }
    auto held = some->acquire();
    for ([[maybe_unused]] auto _ : state) {
        if constexpr (Pooled) {
            benchmark::DoNotOptimize(held->query("SELECT 1"));
        } else {
            held->connection().send("SELECT 1");
            while (held->connection().advance() != progress::done) {
            }
        }
    }
}

void statement_shown(benchmark::State& state) {
    for ([[maybe_unused]] auto _ : state)
        benchmark::DoNotOptimize(without_literals(
            "SELECT id, name, price FROM item WHERE name = 'lamp' AND price < 4711 ORDER BY id"
        ));
}

BENCHMARK(acquire_and_release)->Name("pg_acquire_and_release");
BENCHMARK(round_trip<true>)->Name("pg_round_trip/pool");
BENCHMARK(round_trip<false>)->Name("pg_round_trip/bare_session");
BENCHMARK(statement_shown)->Name("pg_statement_shown");

}  // namespace
}  // namespace curfew::pg
