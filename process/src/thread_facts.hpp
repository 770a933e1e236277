#pragma once

#include <curfew/process/proc.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::process {

/// How telling a wait is, for the headline: the higher, the more likely it is where things hang.
/// `stuck` is what no program does by itself: it was stopped (state T), or sleeps where not even a
/// signal wakes it (D).
enum class interest : std::uint8_t { none, idle, lock, running, blocked, stuck };

/// A system call that a thread is in, from /proc/PID/task/TID/syscall.
struct syscall_facts {
    std::string name;  ///< "recvfrom", or "system call 451"
    std::optional<int> descriptor;
    std::uint64_t polled_at = 0;  ///< address of poll's array, 0 for other calls
    std::uint64_t polled_count = 0;
    interest telling = interest::none;
};

/// Nothing for `running`, for a thread outside a system call (-1), and for garbage.
[[nodiscard]] std::optional<syscall_facts> parse_syscall(std::string_view text);

struct thread_facts {
    pid_t tid = 0;
    char state = '?';
    std::string name;
    std::string wait_channel;  ///< the kernel function it sleeps in; empty if not told
    std::optional<syscall_facts> in;

    [[nodiscard]] interest telling() const noexcept;
};

/// Sockets of a network namespace by inode: `127.0.0.1:5432`, `listening on 0.0.0.0:80`.
using socket_table = std::map<std::uint64_t, std::string>;

/// Adds the sockets of one table: /proc/PID/net/tcp, tcp6 (also udp), or unix.
void parse_inet_sockets(std::string_view text, socket_table& into);
void parse_unix_sockets(std::string_view text, socket_table& into);

struct descriptor_facts {
    int number = 0;
    std::string what;  ///< `socket 127.0.0.1:5432`, `pipe:[123]`, `/var/log/app.log`
    std::string peer;  ///< for sockets, what the table knew
};

[[nodiscard]] std::vector<thread_facts> read_threads(pid_t pid);
[[nodiscard]] std::vector<descriptor_facts> read_descriptors(pid_t pid);

/// The one descriptor that a thread in poll(2) waits for; nothing when several, or not readable.
[[nodiscard]] std::optional<int> read_polled_descriptor(pid_t pid, const syscall_facts& call);

}  // namespace curfew::process
