#include "http.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace shop {
namespace {

constexpr std::size_t head_limit = 16 * 1024;
constexpr std::size_t body_limit = 1024 * 1024;

bool equal_ignoring_case(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? a + 32 : a) == (b >= 'A' && b <= 'Z' ? b + 32 : b);
    });
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    const auto last = text.find_last_not_of(" \t");
    return first == text.npos ? std::string_view{} : text.substr(first, last - first + 1);
}

std::string_view header(std::string_view head, std::string_view name) {
    for (std::size_t at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at)) {
        at += 2;
        const auto line = head.substr(at, head.find("\r\n", at) - at);
        const auto colon = line.find(':');
        if (colon != line.npos && equal_ignoring_case(line.substr(0, colon), name)) {
            return trimmed(line.substr(colon + 1));
        }
    }
    return {};
}

std::optional<std::size_t> body_size(std::string_view head) {
    if (!header(head, "Transfer-Encoding").empty()) {
        return std::nullopt;
    }
    const auto text = header(head, "Content-Length");
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc{} || end != text.data() + text.size() || size > body_limit) {
        return text.empty() ? std::optional<std::size_t>{0} : std::nullopt;
    }
    return size;
}

bool parse_request_line(std::string_view line, request& into) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == line.npos || last == first || !line.substr(last).starts_with(" HTTP/1.")) {
        return false;
    }
    const auto target = line.substr(first + 1, last - first - 1);
    into.method = line.substr(0, first);
    into.path = target.substr(0, target.find('?'));
    into.keep_alive = line.ends_with("1.1");
    return into.path.starts_with('/');
}

std::string_view reason(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 400:
            return "Bad Request";
        case 404:
            return "Not Found";
        default:
            return "Method Not Allowed";
    }
}

}  // namespace

connection::~connection() {
    ::close(handle_);
}

std::optional<request> connection::read_request() {
    std::size_t head_size = 0;
    while ((head_size = ahead_.find("\r\n\r\n")) == std::string::npos) {
        if (ahead_.size() > head_limit || !read_more()) {
            return std::nullopt;
        }
    }
    const auto head = ahead_.substr(0, head_size);
    const auto size = body_size(head);
    request arrived;
    if (!size || !parse_request_line(head.substr(0, head.find("\r\n")), arrived)) {
        refuse();
        return std::nullopt;
    }
    if (equal_ignoring_case(header(head, "Connection"), "close")) {
        arrived.keep_alive = false;
    }
    if (!read_until(head_size + 4 + *size)) {
        return std::nullopt;
    }
    arrived.body = ahead_.substr(head_size + 4, *size);
    ahead_.erase(0, head_size + 4 + *size);
    return arrived;
}

bool connection::write_response(const response& answer, bool keep_alive) {
    std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " ";
    text += reason(answer.status);
    text += "\r\nServer: shop\r\nContent-Type: application/json\r\nContent-Length: ";
    text += std::to_string(answer.body.size());
    text += keep_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
    text += answer.body;
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto sent = ::send(handle_, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool connection::read_more() {
    char bytes[4096];
    const auto count = ::recv(handle_, bytes, sizeof bytes, 0);
    if (count > 0) {
        ahead_.append(bytes, static_cast<std::size_t>(count));
    }
    return count > 0;
}

bool connection::read_until(std::size_t size) {
    while (ahead_.size() < size) {
        if (!read_more()) {
            return false;
        }
    }
    return true;
}

void connection::refuse() {
    write_response({400, R"({"error":"not a request the shop understands"})"}, false);
}

int listen_on(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener, SOMAXCONN) != 0) {
        std::perror(("shop: cannot listen on 127.0.0.1:" + std::to_string(port)).c_str());
        std::exit(1);
    }
    return listener;
}

std::string address_of(int listener) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

}  // namespace shop
