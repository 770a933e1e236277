#include <curfew/process/spawn.hpp>
#include <curfew/process/stop.hpp>

#include <benchmark/benchmark.h>

#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

namespace curfew::process {
namespace {

void plain_posix_spawn(benchmark::State& state) {
    char program[] = "/bin/true";
    char* const arguments[] = {program, nullptr};
    for ([[maybe_unused]] auto _ : state) {
        pid_t child = 0;
        posix_spawn(&child, program, nullptr, nullptr, arguments, environ);
        ::waitpid(child, nullptr, 0);
    }
}

void plain_fork_exec(benchmark::State& state) {
    const std::vector<char> ballast(static_cast<std::size_t>(state.range(0)) << 20U, 1);
    char program[] = "/bin/true";
    char* const arguments[] = {program, nullptr};
    for ([[maybe_unused]] auto _ : state) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::execve(program, arguments, environ);
            ::_exit(127);
        }
        ::waitpid(child, nullptr, 0);
    }
    benchmark::DoNotOptimize(ballast.data());
}

// Start, end of the leader, end of the tree: all that a unit costs, with `range` MiB in our memory.
void unit_start_to_end(benchmark::State& state) {
    const std::vector<char> ballast(static_cast<std::size_t>(state.range(0)) << 20U, 1);
    system_host machine;
    command what;
    what.arguments = {"/bin/true"};
    for ([[maybe_unused]] auto _ : state) {
        auto unit = *machine.spawn(what);
        for (unit->collect(); !unit->empty(); unit->collect()) {
            pollfd watched{unit->notices(), POLLIN, 0};
            ::poll(&watched, 1, 1000);
        }
    }
    benchmark::DoNotOptimize(ballast.data());
}

void one_look_at_the_tree(benchmark::State& state) {
    system_host machine;
    command what;
    what.arguments = {"/bin/sleep", "60"};
    auto unit = *machine.spawn(what);
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(unit->scan());
    }
    state.counters["processes"] = static_cast<double>(read_process_table().size());
}

BENCHMARK(plain_posix_spawn)->UseRealTime();
BENCHMARK(plain_fork_exec)->Arg(0)->Arg(200)->UseRealTime();
BENCHMARK(unit_start_to_end)->Arg(0)->Arg(200)->UseRealTime();
BENCHMARK(one_look_at_the_tree);

}  // namespace
}  // namespace curfew::process
