#include "socket_stream.hpp"
#include <curfew/runtime/epoll.hpp>

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace curfew::runtime {

namespace {

constexpr int events_a_wait = 256;
constexpr duration forever = duration::max();

timespec to_timespec(duration length) noexcept {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(length);
    return {seconds.count(), (length - seconds).count()};
}

void signal_edges(readiness& ready, std::uint32_t events) noexcept {
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
        ready.signal_hang_up();
        if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
            ready.signal_writable();
        }
    }
    if ((events & EPOLLIN) != 0) {
        ready.signal_readable();
    }
    if ((events & EPOLLOUT) != 0) {
        ready.signal_writable();
    }
}

errc listen_error(int error) noexcept {
    switch (error) {
        case EADDRINUSE:
            return errc::address_in_use;
        case EACCES:
        case EPERM:
        case EADDRNOTAVAIL:
            return errc::address_denied;
        default:
            return errc::local_resource;
    }
}

}  // namespace

int whole_milliseconds(duration length) noexcept {
    if (length == forever) {
        return -1;
    }
    constexpr duration longest = std::chrono::hours{1};
    const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(std::min(length, longest));
    return static_cast<int>(rounded.count());
}

epoll::epoll(precision finest)
    : epoll_{epoll_create1(EPOLL_CLOEXEC)},
      wake_{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)},
      precision_{finest} {
    if (epoll_ < 0 || wake_ < 0) {
        throw std::system_error{errno, std::system_category(), "epoll"};
    }
    epoll_event event{EPOLLIN | EPOLLET, {.ptr = nullptr}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) < 0) {
        throw std::system_error{errno, std::system_category(), "epoll_ctl"};
    }
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

epoll::~epoll() {
    ::close(wake_);
    ::close(epoll_);
}

int epoll::collect(std::span<epoll_event> into, duration length) noexcept {
    const int room = static_cast<int>(into.size());
    if (precision_ == precision::nanosecond) {
        const timespec exactly = to_timespec(length);
        const timespec* limit = length == forever ? nullptr : &exactly;
        const int ready = epoll_pwait2(epoll_, into.data(), room, limit, nullptr);
        if (ready >= 0 || errno != ENOSYS) {
            return ready;
        }
        precision_ = precision::millisecond;
    }
    return epoll_wait(epoll_, into.data(), room, whole_milliseconds(length));
}

void epoll::wait(deadline until) noexcept {
    std::array<epoll_event, events_a_wait> events;
    const duration length = until.reachable() ? until.left(clock_.now()) : forever;
    const int ready = collect(events, length);
    for (int i = 0; i < ready; ++i) {
        if (auto* source = static_cast<readiness*>(events[i].data.ptr)) {
            signal_edges(*source, events[i].events);
        } else {
            waking_.store(false, std::memory_order_release);
        }
    }
}

void epoll::wake() noexcept {
    if (!waking_.exchange(true, std::memory_order_acq_rel)) {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
    }
}

result<> epoll::watch(int descriptor, readiness& ready) noexcept {
    epoll_event event{EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.ptr = &ready}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) < 0) {
        return fail(errc::local_resource, errno);
    }
    return {};
}

void epoll::unwatch(int descriptor) noexcept {
    epoll_event ignored{};
    epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, &ignored);
}

result<std::unique_ptr<listener>> epoll::listen(const endpoint& at, bool shared) noexcept {
    descriptor socket{::socket(at.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket) {
        return fail(listen_error(errno), errno);
    }
    const int on = 1;
    setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (shared) {
        setsockopt(socket.number(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    }
    if (::bind(socket.number(), at.address(), at.size()) < 0 ||
        ::listen(socket.number(), SOMAXCONN) < 0) {
        return fail(listen_error(errno), errno);
    }
    auto made = std::make_unique<socket_listener>(*this, std::move(socket));
    if (const auto watching = made->watch(); !watching) {
        return std::unexpected{watching.error()};
    }
    return made;
}

result<std::unique_ptr<stream>> epoll::begin_connect(const endpoint& to) noexcept {
    descriptor socket{::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket) {
        return fail(errc::local_resource, errno);
    }
    const int on = 1;
    setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket.number(), to.address(), to.size()) < 0 && errno != EINPROGRESS) {
        switch (errno) {
            case ECONNREFUSED:
                return fail(errc::connect_refused, errno);
            case EADDRNOTAVAIL:
            case EAGAIN:
                return fail(errc::local_resource, errno);
            default:
                return fail(errc::connect_failed, errno);
        }
    }
    auto made = std::make_unique<socket_stream>(*this, std::move(socket), to);
    if (const auto watching = made->watch(); !watching) {
        return std::unexpected{watching.error()};
    }
    return made;
}

}  // namespace curfew::runtime
