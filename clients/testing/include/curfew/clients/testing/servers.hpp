#pragma once

#include <curfew/clients/pg/session.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <string_view>
#include <thread>

/// Servers for tests that need no PostgreSQL, on free ports of loopback.
namespace curfew::scratch {

/// A socket that takes connections while its door is open, and says nothing.
class silent_server {
  public:
    explicit silent_server(bool listens) {
        at_.sin_family = AF_INET;
        at_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        bind();
        socklen_t size = sizeof at_;
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at_), &size);
        if (listens) ::listen(socket_, 4);
    }

    silent_server(const silent_server&) = delete;
    silent_server& operator=(const silent_server&) = delete;

    ~silent_server() { ::close(socket_); }

    [[nodiscard]] int socket() const noexcept { return socket_; }

    [[nodiscard]] std::string words() const {
        return "host=127.0.0.1 user=ann dbname=shop password=s3cret sslmode=disable port=" +
               std::to_string(ntohs(at_.sin_port));
    }

    [[nodiscard]] pg::cancel_ticket ticket() const {
        pg::cancel_ticket made;
        made.size = sizeof at_;
        reinterpret_cast<sockaddr_in&>(made.server) = at_;
        return made;
    }

    /// Refuses connections; the place stays its own.
    void close_door() {
        ::close(socket_);
        bind();
    }

    void open_door() const { ::listen(socket_, 4); }

  private:
    void bind() {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int on = 1;
        ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        ::bind(socket_, reinterpret_cast<sockaddr*>(&at_), sizeof at_);
    }

    int socket_ = -1;
    sockaddr_in at_{};
};

/// Lets one client in, as PostgreSQL does, and then tells of settings with ever new names, without
/// an end: after the client asked something, or before it is let in.
class talking_server {
  public:
    enum class when : std::uint8_t { never, asked, connecting };

    explicit talking_server(when talks, std::size_t value_size = 1)
        : value_(value_size, 'x'), thread_{[this, talks] { run(talks); }} {}

    talking_server(const talking_server&) = delete;
    talking_server& operator=(const talking_server&) = delete;

    ~talking_server() {
        ::shutdown(door.socket(), SHUT_RDWR);
        ends_ = true;
        if (const int client = client_; client >= 0) ::shutdown(client, SHUT_RDWR);
        thread_.join();
        if (client_ >= 0) ::close(client_);
    }

    silent_server door{true};

  private:
    static std::string message(char kind, std::string_view body) {
        const auto size = htonl(static_cast<std::uint32_t>(body.size() + 4));
        std::string made(1, kind);
        made.append(reinterpret_cast<const char*>(&size), sizeof size).append(body);
        return made;
    }

    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto sent = ::send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    void run(when talks) {
        client_ = ::accept(door.socket(), nullptr, nullptr);
        if (client_ < 0 || ends_) return;
        std::array<char, 1024> ignored{};
        (void)!::read(client_, ignored.data(), ignored.size());
        send(message('R', std::string_view{"\0\0\0\0", 4}));
        send(message('K', std::string_view{"\0\0\0\x07\0\0\0\x08", 8}));
        if (talks != when::connecting) {
            send(message('Z', "I"));
            (void)!::read(client_, ignored.data(), ignored.size());
        }
        std::size_t number = 0;
        bool heard = talks != when::never;
        while (heard && !ends_) {
            std::string chunk;
            while (chunk.size() < 16'384) {
                const auto name = "setting" + std::to_string(++number);
                chunk += message('S', name + '\0' + value_ + '\0');
            }
            heard = send(chunk);
        }
    }

    std::string value_;
    std::atomic<int> client_{-1};
    std::atomic<bool> ends_{false};
    std::thread thread_;
};

}  // namespace curfew::scratch
