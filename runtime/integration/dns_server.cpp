#include "dns_server.hpp"

#include <curfew/core/expects.hpp>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace curfew::runtime::real {

namespace {

using bytes = std::vector<std::uint8_t>;

constexpr std::uint16_t type_a = 1;
constexpr std::uint16_t type_aaaa = 28;
constexpr std::uint8_t server_failure = 2;
constexpr std::uint8_t no_such_name = 3;

std::uint16_t read_16(std::span<const std::uint8_t> from) {
    return static_cast<std::uint16_t>(from[0] << 8 | from[1]);
}

void put_16(bytes& into, std::size_t value) {
    into.push_back(static_cast<std::uint8_t>(value >> 8));
    into.push_back(static_cast<std::uint8_t>(value));
}

endpoint bound_to(int socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    return endpoint{reinterpret_cast<const sockaddr*>(&address)};
}

descriptor bound_socket(int type, const endpoint& at) {
    descriptor made{::socket(AF_INET, type | SOCK_CLOEXEC, 0)};
    if (::bind(made.number(), at.address(), at.size()) < 0) {
        return {};
    }
    return made;
}

bool starts_with(const std::string& name, std::string_view label) {
    return name.starts_with(std::string{label} + '.');
}

/// The message with `count` addresses, of the family that was asked for.
bytes message(
    std::span<const std::uint8_t> head,
    std::span<const std::uint8_t> section,
    std::uint16_t type,
    std::size_t count,
    std::uint8_t code = 0,
    bool truncated = false
) {
    bytes text{head.begin(), head.begin() + 2};
    text.push_back(truncated ? 0x87 : 0x85);
    text.push_back(static_cast<std::uint8_t>(0x80 | code));
    put_16(text, 1);
    put_16(text, count);
    put_16(text, 0);
    put_16(text, 0);
    text.insert(text.end(), section.begin(), section.end());
    for (std::size_t i = 1; i <= count; ++i) {
        put_16(text, 0xc00c);
        put_16(text, type);
        put_16(text, 1);
        put_16(text, 0);
        put_16(text, 60);
        bytes address{192, 0, 2};
        if (type == type_aaaa) {
            address = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        }
        address.push_back(static_cast<std::uint8_t>(i));
        put_16(text, address.size());
        text.insert(text.end(), address.begin(), address.end());
    }
    return text;
}

bool read_whole(int socket, std::span<std::uint8_t> into) {
    const auto got = ::recv(socket, into.data(), into.size(), MSG_WAITALL);
    return got == static_cast<ssize_t>(into.size());
}

}  // namespace

dns_server::dns_server() : told_{eventfd(0, EFD_CLOEXEC)} {
    for (int attempt = 0; attempt < 20 && !tcp_; ++attempt) {
        udp_ = bound_socket(SOCK_DGRAM, *endpoint::parse("127.0.0.1:0"));
        at_ = bound_to(udp_.number());
        tcp_ = bound_socket(SOCK_STREAM, at_);
    }
    expects(static_cast<bool>(tcp_), "a port that is free for UDP and TCP");
    ::listen(tcp_.number(), 16);
    thread_ = std::thread{[this] { run(); }};
}

dns_server::~dns_server() {
    {
        const std::lock_guard hold{lock_};
        stopping_ = true;
    }
    release();
    thread_.join();
}

void dns_server::release() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(told_.number(), &one, sizeof one);
}

int dns_server::questions(const std::string& name) const {
    const std::lock_guard hold{lock_};
    const auto found = questions_.find(name);
    return found == questions_.end() ? 0 : found->second;
}

void dns_server::await_questions(const std::string& name, int count) const {
    std::unique_lock hold{lock_};
    heard_one_.wait(hold, [&] {
        const auto found = questions_.find(name);
        return found != questions_.end() && found->second >= count;
    });
}

void dns_server::run() {
    for (;;) {
        std::array<pollfd, 3> watched{
            pollfd{udp_.number(), POLLIN, 0},
            pollfd{tcp_.number(), POLLIN, 0},
            pollfd{told_.number(), POLLIN, 0},
        };
        ::poll(watched.data(), watched.size(), -1);
        if (watched[2].revents != 0) {
            const std::lock_guard hold{lock_};
            if (stopping_) {
                return;
            }
        }
        if (watched[0].revents != 0) {
            hear_udp();
        }
        if (watched[1].revents != 0) {
            hear_tcp();
        }
        if (watched[2].revents != 0) {
            let_go();
        }
    }
}

std::optional<dns_server::question> dns_server::heard(std::span<const std::uint8_t> text) {
    question asked;
    std::size_t at = 12;
    while (at < text.size() && text[at] != 0) {
        const std::size_t length = text[at];
        if (length > 63 || at + 1 + length >= text.size()) {
            return std::nullopt;
        }
        asked.name.append(
            text.begin() + static_cast<std::ptrdiff_t>(at) + 1,
            text.begin() + static_cast<std::ptrdiff_t>(at + 1 + length)
        );
        asked.name += '.';
        at += 1 + length;
    }
    if (at + 5 > text.size()) {
        return std::nullopt;
    }
    asked.type = read_16(text.subspan(at + 1));
    asked.head = text.first(12);
    asked.section = text.subspan(12, at + 5 - 12);
    const std::lock_guard hold{lock_};
    ++questions_[asked.name];
    heard_one_.notify_all();
    return asked;
}

void dns_server::hear_udp() {
    std::array<std::uint8_t, 1024> text{};
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const auto got = ::recvfrom(
        udp_.number(), text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&from), &size
    );
    if (got <= 0) {
        return;
    }
    if (const auto asked = heard(std::span{text}.first(static_cast<std::size_t>(got)))) {
        answer_udp(*asked, endpoint{reinterpret_cast<const sockaddr*>(&from)});
    }
}

void dns_server::answer_udp(const question& asked, const endpoint& to) {
    const auto say = [&](std::size_t count, std::uint8_t code = 0, bool truncated = false) {
        return message(asked.head, asked.section, asked.type, count, code, truncated);
    };
    const std::string& name = asked.name;
    const auto is = [&](std::string_view label) { return starts_with(name, label); };
    if (is("silent")) {
        return;
    }
    if (is("held") && !released_) {
        held_.push_back({to, say(1)});
        return;
    }
    if (is("lossy") && !std::exchange(lost_[name + std::to_string(asked.type)], true)) {
        return;
    }
    if (is("garbage")) {
        send_udp(bytes(40, 0xff), to);
    }
    if (is("stranger")) {
        auto other = say(1);
        other[0] ^= 0x55;
        send_udp(other, to);
    }
    if (is("large") || is("dribble") || is("cut")) {
        send_udp(say(0, 0, true), to);
    } else if (is("crowd")) {
        send_udp(say(asked.type == type_a ? 28 : 14), to);
    } else if (is("absent") || is("broken")) {
        send_udp(say(0, is("absent") ? no_such_name : server_failure), to);
    } else {
        send_udp(say(is("four") && asked.type != type_a ? 0 : 1), to);
    }
}

void dns_server::send_udp(const bytes& text, const endpoint& to) {
    ::sendto(udp_.number(), text.data(), text.size(), 0, to.address(), to.size());
}

void dns_server::hear_tcp() {
    const descriptor peer{::accept4(tcp_.number(), nullptr, nullptr, SOCK_CLOEXEC)};
    const timeval patience{5, 0};
    setsockopt(peer.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const int on = 1;
    setsockopt(peer.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // Both questions, of A and of AAAA, come over one connection, which the asker closes.
    for (;;) {
        std::array<std::uint8_t, 2> length{};
        if (!read_whole(peer.number(), length)) {
            return;
        }
        bytes text(read_16(length));
        const auto asked = read_whole(peer.number(), text) ? heard(text) : std::nullopt;
        if (!asked || starts_with(asked->name, "cut")) {
            return;
        }
        const bytes answer = message(asked->head, asked->section, asked->type, 40);
        bytes framed;
        put_16(framed, answer.size());
        framed.insert(framed.end(), answer.begin(), answer.end());
        const std::size_t step = starts_with(asked->name, "dribble") ? 1 : framed.size();
        for (std::size_t sent = 0; sent < framed.size(); sent += step) {
            if (::send(peer.number(), framed.data() + sent, step, MSG_NOSIGNAL) < 0) {
                return;
            }
        }
    }
}

void dns_server::let_go() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(told_.number(), &count, sizeof count);
    released_ = true;
    for (const held_answer& each : held_) {
        send_udp(each.text, each.to);
    }
    held_.clear();
}

}  // namespace curfew::runtime::real
