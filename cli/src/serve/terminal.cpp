#include "terminal.hpp"

#include <fcntl.h>
#include <poll.h>

#include <csignal>

namespace curfew::cli {

namespace {

bool is_ignored(int signal) noexcept {
    struct sigaction now{};
    return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

terminal::terminal()
    : ignored_{is_ignored(SIGHUP)},
      opened_{::open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)} {}

// The kernel marks every open terminal as hung up before it sends the signal.
hangup terminal::meaning_of_hangup() const noexcept {
    if (ignored_) {
        return hangup::ignored;
    }
    pollfd look{opened_.number(), 0, 0};
    const bool gone = opened_ && ::poll(&look, 1, 0) == 1 && (look.revents & POLLHUP) != 0;
    return gone ? hangup::terminal : hangup::request;
}

}  // namespace curfew::cli
