#include "ledger_scenario.hpp"

#include <benchmark/benchmark.h>

#include <atomic>
#include <thread>

namespace curfew::ledger {
namespace {

const std::array attributes{
    event::attribute{"status", "200"},
    event::attribute{"client", "127.0.0.1"},
    event::attribute{"slow", "false"},
};

/// What the gateway tells of a request.
event request() {
    event what = some_event("GET /users/{id}");
    what.account = {};
    what.account.add(stage::receive, 10us);
    what.account.add(stage::queue, 10us);
    what.account.add(stage::connect, 100us);
    what.account.add(stage::attempt, 4ms, 1);
    what.account.add(stage::body, 1ms);
    what.attributes = attributes;
    return what;
}

/// The cost of an event for the thread that tells it, with room in its ring: events are drained
/// between the measured rounds.
void record(benchmark::State& state) {
    runtime::doorbell bell;
    recorder tape{std::size_t{4} << 20, &bell};
    const event what = request();
    constexpr int round = 8'192;
    for ([[maybe_unused]] auto _ : state) {
        for (int i = 0; i < round; ++i) {
            tape.record(what);
        }
        state.PauseTiming();
        tape.drain(round, [](auto) {});
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * round);
    if (tape.dropped(outcome::success) != 0) {
        state.SkipWithError("the ring was full");
    }
}

BENCHMARK(record)->Threads(1)->Threads(2)->UseRealTime();

/// The same while another thread drains, as it is in life; only rounds that found room count.
void record_while_drained(benchmark::State& state) {
    runtime::doorbell bell;
    recorder tape{std::size_t{4} << 20, &bell};
    std::atomic<bool> over{false};
    std::atomic<std::uint64_t> drained{0};
    std::thread drains{[&] {
        while (!over.load(std::memory_order_relaxed)) {
            drained += tape.drain(256, [](auto bytes) { benchmark::DoNotOptimize(bytes.data()); });
        }
    }};
    const event what = request();
    constexpr std::uint64_t round = 8'192;
    std::uint64_t recorded = 0;
    for ([[maybe_unused]] auto _ : state) {
        for (std::uint64_t i = 0; i < round; ++i) {
            tape.record(what);
        }
        state.PauseTiming();
        recorded += round;
        while (drained < recorded) {
            std::this_thread::yield();
        }
        state.ResumeTiming();
    }
    over = true;
    drains.join();
    state.SetItemsProcessed(static_cast<std::int64_t>(recorded));
}

BENCHMARK(record_while_drained);

/// From the rings into the file: draining, adding up, sampling and the transactions. The argument
/// is how many of 100 events are no plain success, each of which has a row.
void drain_and_store(benchmark::State& state) {
    own_directory directory;
    recorder tape{std::size_t{16} << 20};
    settings how;
    how.path = directory.file("ledger.db");
    const steady_clock time{};
    const postgres_waiting waits{time};
    writer work{how, [](std::string_view) {}, waits};
    time_point now{1h};
    wall_time wall = noon;
    constexpr int round = 10'000;
    std::vector<std::string> names;
    for (int i = 0; i < 50; ++i) {
        names.push_back("GET /route/" + std::to_string(i));
    }
    event what = request();
    for ([[maybe_unused]] auto _ : state) {
        state.PauseTiming();
        for (int i = 0; i < round; ++i) {
            what.name = names[static_cast<std::size_t>(i) % names.size()];
            what.ended = i % 100 < state.range(0) ? outcome::failure : outcome::success;
            what.started = now;
            what.took = 1ms * (i % 97);
            what.trace.trace_low = static_cast<std::uint64_t>(i + 1) * 0x9e3779b97f4a7c15U;
            tape.record(what);
        }
        now += 1s;
        wall += 1s;
        std::array from{&tape};
        state.ResumeTiming();
        work.step(now, wall, from);
    }
    state.SetItemsProcessed(state.iterations() * round);
    if (work.state().is != status::condition::storing) {
        state.SkipWithError("nothing was stored");
    }
}

BENCHMARK(drain_and_store)->Arg(0)->Arg(5)->Arg(100)->Unit(benchmark::kMillisecond);

/// Ten million events of a week, in 30 series, summed up by series.
void report_of_ten_million_events(benchmark::State& state) {
    own_directory directory;
    const std::string path = directory.file("ledger.db");
    constexpr int minutes = 7 * 24 * 60;
    constexpr int series_count = 30;
    constexpr int each = 33;
    {
        auto opened = sqlite_store::open(path, "1");
        batch what;
        std::mt19937_64 random{1};
        std::lognormal_distribution<double> took{16.0, 0.7};
        std::vector<std::string> names;
        for (int i = 0; i < series_count; ++i) {
            names.push_back("GET /route/" + std::to_string(i));
        }
        for (int at = 0; at < minutes; ++at) {
            for (int i = 0; i < series_count * each; ++i) {
                const event one = some_event(
                    names[static_cast<std::size_t>(i % series_count)],
                    outcome::success,
                    duration{static_cast<duration::rep>(took(random))}
                );
                what.take(one, noon + std::chrono::minutes{at}, 0);
            }
            if (what.minutes().size() > 8'000) {
                (void)opened->write(what, noon, {});
                what.clear();
            }
        }
        (void)opened->write(what, noon, {});
    }
    std::uint64_t events = 0;
    for ([[maybe_unused]] auto _ : state) {
        auto opened = reader::open(path);
        const auto sums = opened->sum({});
        events = 0;
        for (const auto& one : *sums) {
            events += one.sums.took.count();
            benchmark::DoNotOptimize(one.sums.took.quantile(0.99));
        }
    }
    state.counters["events"] = static_cast<double>(events);
    state.counters["file_mib"] =
        static_cast<double>(std::filesystem::file_size(path)) / (1024 * 1024);
}

BENCHMARK(report_of_ten_million_events)->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace
}  // namespace curfew::ledger
