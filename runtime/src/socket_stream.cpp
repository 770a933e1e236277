#include "socket_stream.hpp"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace curfew::runtime {

namespace {

endpoint local_of(int socket) noexcept {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    return endpoint{reinterpret_cast<const sockaddr*>(&address)};
}

std::size_t total_of(std::span<const iovec> parts) noexcept {
    std::size_t sum = 0;
    for (const iovec& part : parts) {
        sum += part.iov_len;
    }
    return sum;
}

bool is_shortage(int error) noexcept {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

socket_stream::~socket_stream() {
    if (watched_) {
        outside_.unwatch(socket_.number());
    }
}

result<> socket_stream::watch() noexcept {
    auto watching = outside_.watch(socket_.number(), ready_);
    watched_ = watching.has_value();
    return watching;
}

io_result socket_stream::try_read(std::span<char> into) noexcept {
    ssize_t got = 0;
    do {
        got = ::recv(socket_.number(), into.data(), into.size(), 0);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        const auto bytes = static_cast<std::size_t>(got);
        if (bytes < into.size()) {
            ready_.clear_readable();
        }
        return {io::ok, bytes};
    }
    if (got == 0) {
        return {io::end};
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        ready_.clear_readable();
        return {io::would_block};
    }
    return {io::failed, 0, errno};
}

io_result socket_stream::try_write(std::span<const iovec> from) noexcept {
    ssize_t sent = 0;
    do {
        if (from.size() == 1) {
            sent = ::send(socket_.number(), from[0].iov_base, from[0].iov_len, MSG_NOSIGNAL);
        } else {
            msghdr message{};
            message.msg_iov = const_cast<iovec*>(from.data());
            message.msg_iovlen = from.size();
            sent = ::sendmsg(socket_.number(), &message, MSG_NOSIGNAL);
        }
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) {
        const auto bytes = static_cast<std::size_t>(sent);
        if (bytes < total_of(from)) {
            ready_.clear_writable();
        }
        return {io::ok, bytes};
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        ready_.clear_writable();
        return {io::would_block};
    }
    return {io::failed, 0, errno};
}

result<> socket_stream::connected() noexcept {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket_.number(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) {
        return {};
    }
    if (error == ECONNREFUSED) {
        return fail(errc::connect_refused, error);
    }
    return fail(error == ETIMEDOUT ? errc::connect_timeout : errc::connect_failed, error);
}

void socket_stream::shutdown_write() noexcept {
    ::shutdown(socket_.number(), SHUT_WR);
}

void socket_stream::acknowledge() noexcept {
    const int on = 1;
    setsockopt(socket_.number(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

std::size_t socket_stream::unacknowledged() const noexcept {
    int bytes = 0;
    ioctl(socket_.number(), SIOCOUTQ, &bytes);
    return static_cast<std::size_t>(bytes);
}

void socket_stream::abort() noexcept {
    const linger at_once{1, 0};
    setsockopt(socket_.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

endpoint socket_stream::local() const noexcept {
    return local_of(socket_.number());
}

socket_listener::~socket_listener() {
    if (watched_) {
        outside_.unwatch(socket_.number());
    }
}

result<> socket_listener::watch() noexcept {
    auto watching = outside_.watch(socket_.number(), ready_);
    watched_ = watching.has_value();
    return watching;
}

bool socket_listener::pending() noexcept {
    pollfd asked{socket_.number(), POLLIN, 0};
    const bool some = ::poll(&asked, 1, 0) != 0;
    if (!some) {
        ready_.clear_readable();
    }
    return some;
}

result<std::unique_ptr<stream>> socket_listener::try_accept() noexcept {
    sockaddr_storage address{};
    for (;;) {
        socklen_t size = sizeof address;
        descriptor accepted{::accept4(
            socket_.number(),
            reinterpret_cast<sockaddr*>(&address),
            &size,
            SOCK_NONBLOCK | SOCK_CLOEXEC
        )};
        if (!accepted) {
            if (errno == EINTR || errno == ECONNABORTED) {
                continue;
            }
            if (is_shortage(errno)) {
                return fail(errc::local_resource, errno);
            }
            if (errno == EAGAIN || errno == EWOULDBLOCK) {
                ready_.clear_readable();
                return nullptr;
            }
            return fail(errc::io_error, errno);
        }
        const int on = 1;
        setsockopt(accepted.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        auto made = std::make_unique<socket_stream>(
            outside_, std::move(accepted), endpoint{reinterpret_cast<const sockaddr*>(&address)}
        );
        if (const auto watching = made->watch(); !watching) {
            return std::unexpected{watching.error()};
        }
        return made;
    }
}

endpoint socket_listener::local() const noexcept {
    return local_of(socket_.number());
}

}  // namespace curfew::runtime
