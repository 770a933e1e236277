#include "readiness.hpp"
#include <curfew/clients/pg/cancellation.hpp>

#include <arpa/inet.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace curfew::pg {
namespace {

constexpr std::uint32_t cancel_code = 80'877'102;  // 1234 and 5678, as the protocol has it

std::array<char, 16> packet(const cancel_ticket& whom) noexcept {
    const std::array<std::uint32_t, 4> words{
        htonl(16),
        htonl(cancel_code),
        htonl(static_cast<std::uint32_t>(whom.process)),
        htonl(static_cast<std::uint32_t>(whom.key)),
    };
    std::array<char, 16> bytes{};
    std::memcpy(bytes.data(), words.data(), bytes.size());
    return bytes;
}

bool would_block(int system) noexcept {
    return system == EAGAIN || system == EWOULDBLOCK || system == EINTR;
}

}  // namespace

cancellation::cancellation(const cancel_ticket& whom) noexcept : whom_{whom} {
    socket_ = ::socket(whom.server.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) {
        fail(errno);
        return;
    }
    const auto* to = reinterpret_cast<const sockaddr*>(&whom_.server);
    if (::connect(socket_, to, whom_.size) == 0) {
        connected_ = true;
    } else if (errno != EINPROGRESS) {
        fail(errno);
    }
}

cancellation::cancellation(cancellation&& other) noexcept
    : socket_{std::exchange(other.socket_, -1)},
      system_{other.system_},
      connected_{other.connected_},
      sent_{other.sent_},
      last_{other.last_},
      whom_{other.whom_} {}

cancellation& cancellation::operator=(cancellation&& other) noexcept {
    if (this != &other) {
        close();
        socket_ = std::exchange(other.socket_, -1);
        system_ = other.system_;
        connected_ = other.connected_;
        sent_ = other.sent_;
        last_ = other.last_;
        whom_ = other.whom_;
    }
    return *this;
}

cancellation::~cancellation() {
    close();
}

progress cancellation::advance() noexcept {
    if (last_ == progress::done || last_ == progress::failed) return last_;
    if (!connected_) {
        if (!is_ready(socket_, POLLOUT)) return last_;
        int system = 0;
        socklen_t size = sizeof system;
        ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &system, &size);
        if (system != 0) return fail(system);
        connected_ = true;
    }
    const auto bytes = packet(whom_);
    while (sent_ < bytes.size()) {
        const auto wrote = ::send(socket_, &bytes[sent_], bytes.size() - sent_, MSG_NOSIGNAL);
        if (wrote < 0) return would_block(errno) ? last_ : fail(errno);
        sent_ += static_cast<std::size_t>(wrote);
    }
    std::array<char, 64> ignored{};
    while (true) {
        const auto got = ::recv(socket_, ignored.data(), ignored.size(), 0);
        if (got < 0 && would_block(errno)) return last_ = progress::reads;
        if (got > 0) continue;
        close();  // an end, or a reset by a server that did not read all: it has taken it
        return last_ = progress::done;
    }
}

trouble cancellation::why() const {
    const bool refused = system_ == ECONNREFUSED || system_ == ENOENT;
    return {
        refused ? errc::connect_refused : errc::connect_failed,
        {},
        system_,
        std::generic_category().message(system_)
    };
}

progress cancellation::fail(int system) noexcept {
    system_ = system;
    close();
    return last_ = progress::failed;
}

void cancellation::close() noexcept {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

}  // namespace curfew::pg
