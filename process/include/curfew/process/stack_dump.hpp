#pragma once

#include <curfew/core/clock.hpp>
#include <curfew/process/membership.hpp>
#include <curfew/runtime/endpoint.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::process {

/// What to look at, and where to put it.
struct dump_request {
    std::vector<process_facts> members;  ///< of a fresh scan
    std::string id;             ///< names the file: hang-<id>.txt; letters, digits, '-', '_', '.'
    std::string directory;      ///< empty: no file, only the text; the newest 64 dumps are kept
    std::string python_stacks;  ///< python_hook::stacks of the unit; empty: none
    std::optional<duration> hung_for;  ///< for the headline
    bool hangs = true;                 ///< false: nothing says so; the headline says `seen in`
    process_id leader{};               ///< and so are these two: whose hang it more likely is
    std::optional<runtime::endpoint> serves_at;
};

struct stack_dump {
    /// `hung in psycopg2 connect -> recvfrom fd 7 (127.0.0.1:5432), 58.9 s`
    std::string headline;
    std::string text;      ///< the whole report
    std::string path;      ///< the file, or empty: no directory given, or not writable
    bool complete = true;  ///< false: time ran out before every member was looked at
};

/// Looks where the threads of processes hang, before the first signal disturbs them:
///
/// - Python: faulthandler, in processes that our hook reached (all threads, about 30 ms).
/// - Native: libdw (elfutils) in-process by ptrace; where that is refused it says so. Threads are
///   held still meanwhile, a few ms each; a system call with a time-out may return EINTR.
/// - Always, of /proc: state, wait channel, system call and its descriptor, and descriptors with
///   their peers.
///
/// Never in it: environments, arguments, bytes read or written. What looks like a password or a
/// token in a path or a name is blotted out.
///
/// Blocks until `until` at most (each wait inside is bounded by it; reading a file that hangs is
/// not): call it on a thread of its own, whose end also lets go of
/// traced threads that could not be stopped (state D). Bounds: 64 processes, 64 threads with stacks
/// a process, 48 frames a thread, 64 descriptors a process, 1 MiB of text. Thread rule: any thread;
/// one dump at a time (a second one waits for the first).
[[nodiscard]] stack_dump dump_stacks(const dump_request& what, time_point until);

/// `text` without what looks like a secret: `password=...`, `token: ...`, `scheme://user:pw@`.
[[nodiscard]] std::string redact(std::string_view text);

}  // namespace curfew::process
