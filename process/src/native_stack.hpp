#pragma once

#include <curfew/core/clock.hpp>

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace curfew::process {

struct native_frame {
    std::string function;  ///< demangled; empty when unknown
    std::string module;    ///< file name of the program or library
};

struct native_stack {
    pid_t tid = 0;
    std::vector<native_frame> frames;  ///< innermost first
    std::uint64_t handle = 0;          ///< what pthread_self() is there (x86-64); 0: not known
};

struct native_stacks {
    std::vector<native_stack> threads;
    std::string
        trouble;  ///< why some or all are missing: "ptrace refused: Operation not permitted"
};

/// Stops one thread of a process after the other by ptrace, unwinds it with libdw, lets it go: each
/// stands still for a few milliseconds. Every wait is bounded by `until`. Symbols come from the
/// files themselves: no debug files, no network.
[[nodiscard]] native_stacks read_native_stacks(
    pid_t pid, const std::vector<pid_t>& threads, time_point until
);

}  // namespace curfew::process
