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

std::uint64_t count(const ledger::status& of, ledger::fate what) {
    return of.so_far[static_cast<std::size_t>(what)];
}

std::uint64_t taken(const ledger::status& of) {
    return count(of, ledger::fate::recorded);
}

std::string tell(std::uint64_t told, const ledger::status& of) {
    return "of " + std::to_string(told) + " told are recorded " + std::to_string(taken(of)) +
           ", dropped by a full ring " +
           std::to_string(count(of, ledger::fate::ring_full_success)) + ", not counted " +
           std::to_string(count(of, ledger::fate::figures_dropped)) + "; the ledger is " +
           std::string{to_string(of.is)} + ' ' + of.reason;
}

/// Until the ledger has taken `told` events; false when that lasts too long, as it does once an
/// event was dropped.
bool wait_until_taken(const ledger::ledger& book, std::uint64_t told) {
    const time_point latest = steady_clock{}.now() + patience;
    while (taken(book.state()) < told) {
        if (steady_clock{}.now() > latest) {
            return false;
        }
        std::this_thread::sleep_for(5ms);
    }
    return true;
}

/// Told at once: a week goes by in a minute here, and the minutes that wait to be written have a
/// bound. The ledger takes one chunk in a fifth of a second and writes once in a second, so some
/// 10 000 of them wait, of 16 384.
constexpr std::uint64_t chunk = 50'000;

/// Ten million events of a week, one in 500 a timeout, told through the sink as a gateway does.
/// What went wrong: every one of them must be in the file.
std::string fill(const std::string& path) {
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
        if ((i + 1) % chunk == 0 && !wait_until_taken(book, i + 1)) {
            return tell(i + 1, book.state());
        }
    }
    const bool whole = book.stop(patience) && taken(book.state()) == events;
    return whole ? "" : tell(events, book.state());
}

/// One ledger for all of them, filled at the first use.
class filled_ledger {
  public:
    filled_ledger() {
        std::string name =
            (std::filesystem::temp_directory_path() / "curfew-bench-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr) {
            folder_ = name;
            problem_ = fill(path());
        }
    }

    filled_ledger(const filled_ledger&) = delete;
    filled_ledger& operator=(const filled_ledger&) = delete;

    ~filled_ledger() { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string path() const { return folder_ + "/ledger.db"; }

    [[nodiscard]] const std::string& problem() const { return problem_; }

    [[nodiscard]] static const filled_ledger& get() {
        static const filled_ledger one;
        return one;
    }

  private:
    std::string folder_;
    std::string problem_ = "there is no folder for it";
};

/// `ask` tells how many events it counted.
template <class F>
void measure_ten_million(benchmark::State& state, F&& ask) {
    if (const auto& problem = filled_ledger::get().problem(); !problem.empty()) {
        state.SkipWithError(problem.c_str());
        return;
    }
    const std::string path = filled_ledger::get().path();
    std::uint64_t counted = 0;
    for ([[maybe_unused]] auto _ : state) {
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
