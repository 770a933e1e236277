#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::process {

/// One process for good: the pid alone is recycled, the pid with its start time is not.
struct process_id {
    pid_t pid = 0;
    std::uint64_t started = 0;  ///< clock ticks since boot, as /proc/PID/stat has it

    friend bool operator==(const process_id&, const process_id&) noexcept = default;
};

/// The numbers of /proc/PID/stat that tell whose a process is. Plain data: reading them allocates
/// nothing, so that a process between fork and exec may do it.
struct stat_numbers {
    process_id id{};
    pid_t parent = 0;
    pid_t group = 0;
    pid_t session = 0;
    long threads = 0;
    char state = '?';

    /// Not a zombie. One whose first thread has ended while others run on is alive.
    [[nodiscard]] constexpr bool alive() const noexcept {
        return (state != 'Z' && state != 'X') || threads > 1;
    }
};

/// What is known of a process at the moment of a scan.
struct process_facts : stat_numbers {
    std::string name;     ///< the kernel's name for it: at most 15 bytes, chosen by the process
    bool marked = false;  ///< its environment carries the marker that was looked for
};

/// Reads the text of /proc/PID/stat. The name may hold parentheses, spaces and newlines: it ends at
/// the last parenthesis. Nothing for a text that is not complete.
[[nodiscard]] std::optional<stat_numbers> parse_stat_numbers(std::string_view text) noexcept;
[[nodiscard]] std::optional<process_facts> parse_stat(std::string_view text);

/// Whether a NUL-separated environment (/proc/PID/environ) has exactly `CURFEW_UNIT=<marker>`.
[[nodiscard]] bool has_marker(std::string_view environment, std::string_view marker) noexcept;

/// Reads /proc/PID/stat without allocating; nothing when the process is gone.
[[nodiscard]] std::optional<stat_numbers> read_stat_numbers(pid_t pid) noexcept;

/// A snapshot of every process that /proc shows, in the order of /proc. About 10 us a process; with
/// a marker to look for, twice that. It is never consistent: processes come and go while it is
/// read.
[[nodiscard]] std::vector<process_facts> read_process_table(std::string_view marker = {});

/// The first `limit` bytes of a small file, empty when it cannot be read.
[[nodiscard]] std::string read_small_file(const char* path, std::size_t limit = 65536);

/// How many processes the kernel has killed for want of memory, as /proc/vmstat tells it; of its
/// text. 0 where it does not say.
[[nodiscard]] std::uint64_t parse_oom_kills(std::string_view vmstat) noexcept;
[[nodiscard]] std::uint64_t count_oom_kills();

/// Sends a signal to exactly this process, never to one that took its pid since (pidfd, verified
/// by start time). Allocates nothing. False when it is gone or we may not.
bool signal_exactly(process_id target, int signal) noexcept;

}  // namespace curfew::process
