#include <curfew/ledger/ledger.hpp>
#include <curfew/report/limit_advice.hpp>
#include <curfew/report/summary.hpp>
#include <curfew/report/trend.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace curfew::report {
namespace {

using namespace std::chrono_literals;

constexpr ledger::wall_time noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 12h};
constexpr std::uint64_t events = 10'000'000;
constexpr int operations = 30;

constexpr duration patience = 60s;

std::uint64_t taken(const ledger::status& of) {
    return of.so_far[static_cast<std::size_t>(ledger::fate::recorded)];
}

/// Until the ledger has taken `told` events and written them: the ring holds few chunks, and the
/// minutes that wait to be written have a bound (a week goes by in a minute here). False when that
/// lasts too long, as it does once an event was dropped.
bool wait_until_written(const ledger::ledger& book, std::uint64_t told, time_point began) {
    const time_point latest = steady_clock{}.now() + patience;
    const auto wait_for = [&](auto&& is_so) {
        while (!is_so(book.state())) {
            if (steady_clock{}.now() > latest) {
                return false;
            }
            std::this_thread::sleep_for(5ms);
        }
        return true;
    };
    if (!wait_for([&](const ledger::status& now) { return taken(now) >= told; })) {
        return false;
    }
    const auto seen = noon + (steady_clock{}.now() - began);
    return wait_for([&](const ledger::status& now) { return now.last_written > seen; });
}

/// Ten million events of a week, one in 500 a timeout, told through the sink as a gateway does.
/// Whether every one of them is in the file.
bool fill(const std::string& path) {
    ledger::settings how;
    how.path = path;
    how.ring_bytes = std::size_t{64} << 20;
    const time_point began = steady_clock{}.now();
    const ledger::times clocks{
        [] { return steady_clock{}.now(); },
        [began] { return noon + (steady_clock{}.now() - began); },
    };
    ledger::ledger book{how, clocks, [](std::string_view) {}};
    event_sink& sink = book.sink();
    std::vector<std::string> names;
    for (int i = 0; i < operations; ++i) {
        names.push_back("GET /route/" + std::to_string(i));
    }
    std::mt19937_64 random{1};
    std::lognormal_distribution<double> took{16.0, 0.7};
    constexpr std::uint64_t chunk = 200'000;
    for (std::uint64_t i = 0; i < events; ++i) {
        event what;
        what.name = names[i % operations];
        what.started = began + duration{7 * 24h} / events * i;
        what.took = duration{static_cast<duration::rep>(took(random))};
        what.limit = 5s;
        what.trace = {1, i + 1, 1, 0};
        what.account.add(stage::attempt, what.took, 1);
        if (i % 500 == 0) {
            what.took = 5s;
            what.ended = outcome::timeout;
            what.why = {cause_kind::own_timeout, shed_reason::none, "request.timeout", 5s};
        }
        sink.record(what);
        if ((i + 1) % chunk == 0 && !wait_until_written(book, i + 1, began)) {
            return false;
        }
    }
    return book.stop(patience) && taken(book.state()) == events;
}

/// One ledger for all of them, filled at the first use.
class filled_ledger {
  public:
    filled_ledger() {
        std::string name =
            (std::filesystem::temp_directory_path() / "curfew-bench-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr) {
            folder_ = name;
            is_whole_ = fill(path());
        }
    }

    filled_ledger(const filled_ledger&) = delete;
    filled_ledger& operator=(const filled_ledger&) = delete;

    ~filled_ledger() { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string path() const { return folder_ + "/ledger.db"; }

    [[nodiscard]] bool is_whole() const { return is_whole_; }

    [[nodiscard]] static const filled_ledger& get() {
        static const filled_ledger one;
        return one;
    }

  private:
    std::string folder_;
    bool is_whole_ = false;
};

/// `ask` tells how many events it counted.
template <class F>
void measure_ten_million(benchmark::State& state, F&& ask) {
    if (!filled_ledger::get().is_whole()) {
        state.SkipWithError("not all of the events could be recorded");
        return;
    }
    const std::string path = filled_ledger::get().path();
    std::uint64_t counted = 0;
    for (auto _ : state) {
        auto book = ledger::reader::open(path);
        counted = ask(*book);
    }
    state.counters["events"] = static_cast<double>(counted);
    state.counters["file_mib"] =
        static_cast<double>(std::filesystem::file_size(path)) / (1024 * 1024);
    if (counted != events) {
        state.SkipWithError(("only " + std::to_string(counted) + " are there").c_str());
    }
}

void report_of_ten_million_events(benchmark::State& state) {
    measure_ten_million(state, [](ledger::reader& book) {
        const auto made = summarize(book, {.when = {noon, noon + 8 * 24h}, .where = {}});
        benchmark::DoNotOptimize(to_text({*made, {}}).size());
        return made->count();
    });
}

void trend_of_ten_million_events(benchmark::State& state) {
    measure_ten_million(state, [](ledger::reader& book) {
        const auto made = find_trend(book, {noon, noon + 8 * 24h, {}});
        benchmark::DoNotOptimize(to_text(*made).size());
        return made->all.count;
    });
}

void advice_on_ten_million_events(benchmark::State& state) {
    const policy::policy rules;
    measure_ten_million(state, [&rules](ledger::reader& book) {
        const auto made = advise_limits(book, {{noon, noon + 8 * 24h}, {}, &rules});
        benchmark::DoNotOptimize(to_text(*made).size());
        // Every operation has one history here: nothing changes, so all of its calls are in it.
        std::uint64_t counted = 0;
        for (const auto& each : made->operations) {
            counted += each.advice.calm_replay.calls;
        }
        return counted;
    });
}

BENCHMARK(report_of_ten_million_events)->Unit(benchmark::kMillisecond)->Iterations(5);
BENCHMARK(trend_of_ten_million_events)->Unit(benchmark::kMillisecond)->Iterations(5);
BENCHMARK(advice_on_ten_million_events)->Unit(benchmark::kMillisecond)->Iterations(5);

}  // namespace
}  // namespace curfew::report
