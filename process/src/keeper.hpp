#pragma once

#include <sys/types.h>

#include <cstdint>

namespace curfew::process::keeper {

/// All that starting a command needs, prepared before the fork: nothing after it allocates.
struct plan {
    char* const* candidates = nullptr;  ///< paths to try in turn, null-terminated
    char* const* arguments = nullptr;
    char* const* environment = nullptr;
    const char* directory = nullptr;  ///< null: stay
    int input = -1;
    int output = -1;
    int error = -1;
    int channel = -1;  ///< our end of the socket pair (SOCK_SEQPACKET)
    bool own_session = true;
    bool transparent = false;  ///< descriptors and ignored signals are what they are
    pid_t joins = 0;           ///< the process group of the command; 0: one of its own
};

enum class news : std::uint32_t {
    started,         ///< pid, start_time
    exec_failed,     ///< value = errno
    cannot_enter,    ///< value = errno of chdir
    cannot_fork,     ///< value = errno
    leader_ended,    ///< value = wait status, cpu_ns, peak_kib
    everyone_ended,  ///< the last message
};

/// One message from the keeper.
struct message {
    news what{};
    std::int32_t value = 0;
    std::int64_t pid = 0;
    std::uint64_t start_time = 0;
    std::int64_t cpu_ns = 0;
    std::int64_t peak_kib = 0;
};

/// The life of a keeper: starts the command, reaps what falls to it, tells, and, once the channel
/// is closed (on purpose, or because the other end died), kills every descendant and ends.
/// Runs in a forked child of a possibly threaded process: async-signal-safe calls only. All
/// signals are blocked; only SIGKILL ends it early, and then the leader's PDEATHSIG takes the
/// leader along.
[[noreturn]] void live(const plan& what) noexcept;

}  // namespace curfew::process::keeper
