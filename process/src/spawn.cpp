#include "child_wait.hpp"
#include "keeper.hpp"
#include "launch.hpp"
#include "system_unit.hpp"
#include <curfew/core/deadline.hpp>
#include <curfew/process/spawn.hpp>
#include <curfew/runtime/descriptor.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace curfew::process {
namespace {

struct streams {
    runtime::descriptor input;
    runtime::descriptor output_read;
    runtime::descriptor output_write;
    runtime::descriptor error_read;
    runtime::descriptor error_write;
};

bool open_null(runtime::descriptor& into) {
    into = runtime::descriptor{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    return static_cast<bool>(into);
}

bool inherit(int number, runtime::descriptor& into) {
    into = runtime::descriptor{::fcntl(number, F_DUPFD_CLOEXEC, 3)};
    return into || open_null(into);
}

bool open_pipe(runtime::descriptor& read_end, runtime::descriptor& write_end) {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return false;
    }
    read_end = runtime::descriptor{ends[0]};
    write_end = runtime::descriptor{ends[1]};
    return ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

bool open_output(
    output mode, int number, runtime::descriptor& read_end, runtime::descriptor& write_end
) {
    switch (mode) {
        case output::capture:
            return open_pipe(read_end, write_end);
        case output::inherit:
            return inherit(number, write_end);
        case output::discard:
            return open_null(write_end);
    }
    return false;
}

/// A file in memory: whoever reads it comes to its end, and nobody waits for who does not.
bool open_text(std::string_view text, runtime::descriptor& into) {
    into = runtime::descriptor{::memfd_create("curfew-input", MFD_CLOEXEC)};
    while (into && !text.empty()) {
        const auto taken = ::write(into.number(), text.data(), text.size());
        if (taken < 0 && errno != EINTR) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(taken, 0)));
    }
    return into && ::lseek(into.number(), 0, SEEK_SET) == 0;
}

bool open_input(const command& what, runtime::descriptor& into) {
    if (what.inherit_input) {
        return inherit(0, into);
    }
    return what.input.empty() ? open_null(into) : open_text(what.input, into);
}

bool open_streams(const command& what, streams& into) {
    return open_input(what, into.input) &&
           open_output(what.standard_output, 1, into.output_read, into.output_write) &&
           open_output(what.standard_error, 2, into.error_read, into.error_write);
}

failure classify(const keeper::message& news) {
    if (news.what == keeper::news::cannot_fork) {
        return {errc::local_resource, news.value};
    }
    if (news.what == keeper::news::cannot_enter) {
        return {errc::bad_usage, news.value};
    }
    switch (news.value) {
        case ENOENT:
        case ENOTDIR:
            return {errc::command_not_found, news.value};
        case ENOMEM:
        case EAGAIN:
        case ENFILE:
        case EMFILE:
            return {errc::local_resource, news.value};
        default:
            return {errc::command_not_executable, news.value};
    }
}

// A keeper of its own for each unit. Signals stay blocked across the fork, so that no handler of
// ours runs in the child and no stop signal parts the two.
pid_t fork_keeper(const keeper::plan& plan) {
    sigset_t every;
    sigset_t before;
    ::sigfillset(&every);
    ::pthread_sigmask(SIG_SETMASK, &every, &before);
    const pid_t keeper = ::fork();
    if (keeper == 0) {
        keeper::live(plan);
    }
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return keeper;
}

result<keeper::message> await_start(int channel, duration limit) {
    const steady_clock time;
    const auto end = deadline::after(time.now(), limit);
    while (true) {
        keeper::message news;
        const auto got = ::recv(channel, &news, sizeof news, MSG_DONTWAIT);
        if (got == static_cast<ssize_t>(sizeof news)) {
            return news;
        }
        if (got >= 0 || (errno != EAGAIN && errno != EINTR)) {
            return fail(errc::local_resource, ECHILD);
        }
        if (end.expired(time.now())) {
            return fail(errc::own_timeout);
        }
        const auto left = std::min<duration>(end.left(time.now()), std::chrono::seconds{1});
        pollfd watched{channel, POLLIN, 0};
        ::poll(&watched, 1, static_cast<int>(left / std::chrono::milliseconds{1}) + 1);
    }
}

}  // namespace

void bury(pid_t keeper, int handle) noexcept {
    constexpr int farewell_ms = 1000;
    pollfd watched{handle, POLLIN, 0};
    while (handle >= 0 && ::poll(&watched, 1, farewell_ms) < 0 && errno == EINTR) {
    }
    ::waitpid(keeper, nullptr, WNOHANG);
}

result<std::unique_ptr<unit>> system_host::spawn(const command& what) {
    if (what.arguments.empty() || what.arguments.front().empty()) {
        return fail(errc::bad_usage);
    }
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    streams io;
    std::array<int, 2> channel{-1, -1};
    if ((!what.transparent && !open_streams(what, io)) ||
        ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel.data()) != 0) {
        return fail(errc::local_resource, errno);
    }
    runtime::descriptor ours{channel[0]};
    runtime::descriptor theirs{channel[1]};

    unit_identity identity;
    identity.marker = make_marker();
    identity.own_session = what.group == grouping::own_session;
    const launch prepared{what, identity.marker};
    auto plan = prepared.plan();
    plan.input = io.input.number();
    plan.output = io.output_write.number();
    plan.error = io.error_write.number();
    plan.channel = theirs.number();

    auto listened_before = what.is_server ? read_listeners() : std::vector<listening_socket>{};
    const pid_t keeper = fork_keeper(plan);
    if (keeper < 0) {
        return fail(errc::local_resource, errno);
    }
    theirs = runtime::descriptor{};
    runtime::descriptor keeper_handle{static_cast<int>(::syscall(SYS_pidfd_open, keeper, 0))};
    identity.keeper.pid = keeper;
    if (const auto born = read_stat_numbers(keeper)) {
        identity.keeper.started = born->id.started;
    }

    const auto news = await_start(ours.number(), what.start_limit);
    // A keeper that was killed may have started it: the unit is there, and lost.
    const bool is_lost = !news && news.error().detail == ECHILD;
    if (!is_lost && (!news || news->what != keeper::news::started)) {
        signal_exactly(identity.keeper, SIGKILL);  // takes along a command stuck in exec
        bury(keeper, keeper_handle.number());
        return std::unexpected{news ? classify(*news) : news.error()};
    }
    if (!is_lost) {
        identity.leader = {static_cast<pid_t>(news->pid), news->start_time};
    }
    return std::make_unique<system_unit>(
        std::move(identity),
        std::move(ours),
        std::move(keeper_handle),
        std::move(io.output_read),
        std::move(io.error_read),
        std::move(listened_before)
    );
}

std::size_t reap_children() noexcept {
    const std::unique_lock alone{child_wait_lock(), std::try_to_lock};
    std::size_t count = 0;
    while (alone) {
        const pid_t ended = ::waitpid(-1, nullptr, WNOHANG);
        if (ended > 0) {
            ++count;
        } else if (ended == 0 || errno != EINTR) {
            break;
        }
    }
    return count;
}

std::string make_marker() {
    std::array<unsigned char, 16> bytes{};
    const auto got = ::getrandom(bytes.data(), bytes.size(), 0);
    expects(got == static_cast<ssize_t>(bytes.size()), "getrandom gives 16 bytes at once");
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            text += '-';
        }
        text += digits[bytes[i] >> 4];
        text += digits[bytes[i] & 0x0F];
    }
    return text;
}

}  // namespace curfew::process
