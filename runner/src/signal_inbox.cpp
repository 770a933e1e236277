#include <curfew/process/spawn.hpp>
#include <curfew/runner/signal_inbox.hpp>

#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace curfew::runner {

namespace {

constexpr std::array heard{
    SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGWINCH, SIGUSR1, SIGUSR2
};

bool is_ignored(int number) noexcept {
    struct sigaction how{};
    return ::sigaction(number, nullptr, &how) == 0 && how.sa_handler == SIG_IGN;
}

sigset_t all_of_them() noexcept {
    sigset_t all;
    ::sigemptyset(&all);
    ::sigaddset(&all, SIGCHLD);
    for (const int number : heard) {
        if (!is_ignored(number)) ::sigaddset(&all, number);
    }
    return all;
}

}  // namespace

result<signal_inbox> signal_inbox::open() noexcept {
    ::signal(SIGCHLD, SIG_DFL);  // ignored, children would be reaped unseen
    const auto all = all_of_them();
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    runtime::descriptor from{::signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC)};
    if (!from) return fail(errc::local_resource, errno);
    return signal_inbox{std::move(from)};
}

signal_inbox::~signal_inbox() {
    if (!from_) return;
    while (next()) {  // what came in the end is not to hit us now
    }
    const auto all = all_of_them();
    ::pthread_sigmask(SIG_UNBLOCK, &all, nullptr);
}

std::optional<told_signal> signal_inbox::next() noexcept {
    signalfd_siginfo got{};
    while (::read(from_.number(), &got, sizeof got) == static_cast<ssize_t>(sizeof got)) {
        const int number = static_cast<int>(got.ssi_signo);
        if (number != SIGCHLD) {
            return told_signal{number, got.ssi_code == SI_KERNEL, static_cast<pid_t>(got.ssi_pid)};
        }
        process::reap_children();
    }
    return std::nullopt;
}

}  // namespace curfew::runner
