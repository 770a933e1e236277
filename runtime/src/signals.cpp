#include <curfew/runtime/signals.hpp>

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace curfew::runtime {

namespace {

descriptor open_signals(std::initializer_list<int> numbers) {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : numbers) {
        sigaddset(&set, number);
    }
    if (const int error = pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0) {
        throw std::system_error{error, std::system_category(), "pthread_sigmask"};
    }
    descriptor opened{signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)};
    if (!opened) {
        throw std::system_error{errno, std::system_category(), "signalfd"};
    }
    return opened;
}

}  // namespace

signals::signals(poller& outside, std::initializer_list<int> numbers)
    : descriptor_{outside, open_signals(numbers)} {}

task<std::optional<int>> signals::next(scope& under) {
    for (;;) {
        signalfd_siginfo info{};
        if (::read(descriptor_.number(), &info, sizeof info) == sizeof info) {
            co_return static_cast<int>(info.ssi_signo);
        }
        descriptor_.ready().clear_readable();
        auto readable = descriptor_.ready().wait_readable(under);
        const auto woken = co_await readable;
        if (woken == wake::ended) {
            co_return std::nullopt;
        }
    }
}

}  // namespace curfew::runtime
