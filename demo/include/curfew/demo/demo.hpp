#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace curfew::demo {

struct demo_options {
    std::string curfew = "/proc/self/exe";    ///< the program that serves: this one
    std::string shop;                         ///< empty: found beside the program or in its build
    std::string report = "demo-report.html";  ///< empty: none is written
    std::uint64_t seed = 1;                   ///< of the arrivals and the mix
    bool json = false;                        ///< results as JSON instead of a table
    bool verbose = false;                     ///< shows what the served programs write to stderr
    std::FILE* results = stdout;
    std::FILE* progress = stderr;  ///< nullptr: silent
};

/// The main job, shown on a backend that hangs and crashes: the same seeded open-loop load and the
/// same faults, first direct, then through `curfew serve` with its default limits, each against a
/// fresh shop. Takes about 70 s. Prints one table and the claims, each with the number measured.
///
/// Returns the exit code: 0 all claims hold, 1 one does not, 3 the generator could not keep up in
/// either run (INVALID), 4 a fault did not fire (VOID), 125 a program could not be started, 128 + N
/// signal N ended it.
/// Blocks; call it from a process with one thread.
[[nodiscard]] int run_demo(const demo_options& options);

}  // namespace curfew::demo
