#include "keeper.hpp"

#include <curfew/process/proc.hpp>
#include <curfew/runtime/descriptor.hpp>

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>

namespace curfew::process::keeper {
namespace {

constexpr int channel_number = 3;  // unless all descriptors stay what they are
constexpr int kill_rounds = 5000;  // a round without success waits 2 ms: 10 s in all
constexpr int round_wait_ms = 2;
constexpr int most_descriptors = 65'536;  // closed one by one where close_range is not to be had
constexpr std::size_t highest_pid = 4U << 20U;  // PID_MAX_LIMIT

struct state {
    int channel = -1;
    int children = -1;  // signalfd for SIGCHLD
    pid_t leader = 0;
    bool leader_ended = false;
    bool everyone_ended = false;
};

// Which pids a killing round knows as descendants; in static storage, for there is no allocating.
std::array<std::uint8_t, highest_pid / 8> known_descendants;

void mark(pid_t pid) noexcept {
    const auto index = static_cast<std::size_t>(pid);
    if (index < highest_pid) {
        known_descendants[index / 8] |= static_cast<std::uint8_t>(1U << index % 8);
    }
}

bool is_marked(pid_t pid) noexcept {
    const auto index = static_cast<std::size_t>(pid);
    return index < highest_pid && (known_descendants[index / 8] >> index % 8 & 1U) != 0;
}

void tell(int channel, const message& what) noexcept {
    while (::send(channel, &what, sizeof what, MSG_NOSIGNAL) < 0 && errno == EINTR) {
    }
}

void close_from(unsigned first, unsigned last) noexcept {
    if (first > last || ::close_range(first, last, 0) == 0) {
        return;
    }
    const auto end = std::min(last, static_cast<unsigned>(most_descriptors));
    for (unsigned number = first; number <= end; ++number) {
        ::close(static_cast<int>(number));
    }
}

// Streams to 0, 1, 2, the channel to 3, and nothing else is left open. Returns the channel.
int arrange_descriptors(const plan& what) noexcept {
    if (what.transparent) {
        return what.channel;
    }
    std::array<int, 4> from{what.input, what.output, what.error, what.channel};
    for (auto& number : from) {
        number = ::fcntl(number, F_DUPFD, 16);
    }
    for (int to = 0; to < 4; ++to) {
        ::dup2(from[static_cast<std::size_t>(to)], to);
    }
    ::fcntl(channel_number, F_SETFD, FD_CLOEXEC);
    close_from(channel_number + 1, ~0U);
    return channel_number;
}

// Of what the command was given the keeper holds nothing: a pipe must end when its writers have.
void keep_only(int one, int other) noexcept {
    const auto low = static_cast<unsigned>(std::min(one, other));
    const auto high = static_cast<unsigned>(std::max(one, other));
    if (low > 3) {
        close_from(3, low - 1);
    }
    close_from(std::max(low + 1, 3U), high - 1);
    close_from(std::max(high + 1, 3U), ~0U);
}

void let_go_of_streams() noexcept {
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int number = 0; number < 3; ++number) {
        if (nothing < 0) {
            ::close(number);
        } else if (nothing != number) {
            ::dup2(nothing, number);
        }
    }
    if (nothing > 2) {
        ::close(nothing);
    }
}

[[noreturn]] void give_up(int errors, news why) noexcept {
    const std::array<int, 2> text{static_cast<int>(why), errno};
    [[maybe_unused]] const auto sent = ::write(errors, text.data(), sizeof text);
    ::_exit(127);
}

// execve reports ENOENT for a missing interpreter as well as for a missing file.
int missing_interpreter(const char* path) noexcept {
    return ::access(path, F_OK) == 0 ? ENOEXEC : ENOENT;
}

// By the kernel's own call: glibc keeps two signals (32, 33) to itself and refuses to touch them,
// but whoever started us may have left them ignored.
void reset_dispositions() noexcept {
    struct {
        void (*handler)(int) = SIG_DFL;
        unsigned long flags = 0;
        void (*restorer)() = nullptr;
        std::uint64_t mask = 0;
    } standard;

    for (int number = 1; number < NSIG; ++number) {
        ::syscall(SYS_rt_sigaction, number, &standard, nullptr, sizeof standard.mask);
    }
}

[[noreturn]] void become_command(const plan& what, pid_t keeper, int errors) noexcept {
    if (what.own_session) {
        ::setsid();
    } else {
        ::setpgid(0, what.joins);
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != keeper) {
        ::_exit(127);
    }
    if (what.directory != nullptr && ::chdir(what.directory) != 0) {
        give_up(errors, news::cannot_enter);
    }
    if (!what.transparent) {
        reset_dispositions();
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);

    int worst = ENOENT;
    for (auto* path = what.candidates; *path != nullptr; ++path) {
        ::execve(*path, what.arguments, what.environment);
        if (errno == ENOENT) {
            errno = missing_interpreter(*path);
        }
        if (errno != ENOENT && errno != ENOTDIR) {
            worst = errno;
            if (errno != EACCES) {
                break;
            }
        }
    }
    errno = worst;
    give_up(errors, news::exec_failed);
}

// Starts the command; on failure tells why and ends the keeper.
pid_t start(const plan& what, int channel) noexcept {
    std::array<int, 2> errors{-1, -1};
    const pid_t self = ::getpid();
    if (::pipe2(errors.data(), O_CLOEXEC) != 0) {
        tell(channel, {news::cannot_fork, errno});
        ::_exit(1);
    }
    const pid_t child = ::vfork();
    if (child == 0) {
        become_command(what, self, errors[1]);
    }
    if (child < 0) {
        tell(channel, {news::cannot_fork, errno});
        ::_exit(1);
    }
    ::close(errors[1]);
    std::array<int, 2> why{};
    const auto got = ::read(errors[0], why.data(), sizeof why);
    ::close(errors[0]);
    if (got == static_cast<ssize_t>(sizeof why)) {
        tell(channel, {static_cast<news>(why[0]), why[1]});
        ::_exit(1);
    }
    return child;
}

std::int64_t nanoseconds(const timeval& time) noexcept {
    return (time.tv_sec * 1'000'000LL + time.tv_usec) * 1000LL;
}

// True when there is no child left, which for a subreaper means: no descendant.
bool reap(state& now) noexcept {
    while (true) {
        int status = 0;
        rusage used{};
        const pid_t ended = ::wait4(-1, &status, WNOHANG, &used);
        if (ended == now.leader) {
            now.leader_ended = true;
            const auto cpu = nanoseconds(used.ru_utime) + nanoseconds(used.ru_stime);
            tell(now.channel, {news::leader_ended, status, ended, 0, cpu, used.ru_maxrss});
        }
        if (ended <= 0) {
            return ended < 0 && errno == ECHILD;
        }
    }
}

void kill_if_descendant(pid_t pid, pid_t self) noexcept {
    const auto found = read_stat_numbers(pid);
    if (found && found->alive() && (found->parent == self || is_marked(found->parent))) {
        mark(pid);
        // A whole group dies at once, before any of it can fork again.
        if (found->group != ::getpgrp() && is_marked(found->group)) {
            ::kill(-found->group, SIGKILL);
        }
        signal_exactly(found->id, SIGKILL);
    }
}

pid_t to_pid(const char* name) noexcept {
    pid_t pid = 0;
    for (; *name >= '0' && *name <= '9'; ++name) {
        pid = pid * 10 + (*name - '0');
    }
    return *name == '\0' ? pid : 0;
}

struct directory_entry {
    std::uint64_t inode;
    std::int64_t offset;
    std::uint16_t length;
    std::uint8_t type;
    char name[1];
};

// Kills while it reads, so that a descendant that forks and ends has little time to get away.
void kill_descendants() noexcept {
    known_descendants.fill(0);
    const runtime::descriptor directory{::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    const pid_t self = ::getpid();
    alignas(directory_entry) std::array<char, 8192> buffer;
    while (true) {
        const auto size =
            ::syscall(SYS_getdents64, directory.number(), buffer.data(), buffer.size());
        if (size <= 0) {
            return;
        }
        for (long at = 0; at < size;) {
            const auto* entry = reinterpret_cast<const directory_entry*>(buffer.data() + at);
            at += entry->length;
            if (const pid_t pid = to_pid(entry->name); pid > 1 && pid != self) {
                kill_if_descendant(pid, self);
            }
        }
    }
}

void await_news(const state& now, bool channel_too, int limit_ms) noexcept {
    std::array<pollfd, 2> watched{
        pollfd{now.children, POLLIN, 0},
        pollfd{channel_too ? now.channel : -1, POLLIN, 0},
    };
    ::poll(watched.data(), watched.size(), limit_ms);
    std::array<signalfd_siginfo, 8> drained;
    while (::read(now.children, drained.data(), sizeof drained) > 0) {
    }
}

bool channel_closed(int channel) noexcept {
    char unused = 0;
    return ::recv(channel, &unused, 1, MSG_DONTWAIT) == 0;
}

void serve(state& now) noexcept {
    while (true) {
        if (reap(now) && !now.everyone_ended) {
            now.everyone_ended = true;
            tell(now.channel, {news::everyone_ended});
        }
        if (channel_closed(now.channel)) {
            return;
        }
        await_news(now, true, -1);
    }
}

}  // namespace

void live(const plan& what) noexcept {
    if (what.own_session) {
        ::setsid();
    } else {
        ::setpgid(0, 0);
    }
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::prctl(PR_SET_NAME, "curfew-keeper");
    ::signal(SIGCHLD, SIG_DFL);  // ignored, it would reap by itself

    state now;
    now.channel = arrange_descriptors(what);
    sigset_t children;
    ::sigemptyset(&children);
    ::sigaddset(&children, SIGCHLD);
    now.children = ::signalfd(-1, &children, SFD_NONBLOCK | SFD_CLOEXEC);

    now.leader = start(what, now.channel);
    let_go_of_streams();
    keep_only(now.channel, now.children);
    [[maybe_unused]] const int moved = ::chdir("/");  // keeps no file system busy
    const auto born = read_stat_numbers(now.leader);
    tell(now.channel, {news::started, 0, now.leader, born ? born->id.started : 0});

    serve(now);
    for (int round = 0; round < kill_rounds && !reap(now); ++round) {
        kill_descendants();
        await_news(now, false, round_wait_ms);
    }
    ::_exit(0);
}

}  // namespace curfew::process::keeper
