#include <curfew/runtime/endpoint.hpp>

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>

namespace curfew::runtime {

endpoint::endpoint(const sockaddr* address) noexcept {
    if (address->sa_family == AF_INET) {
        std::memcpy(&four_, address, sizeof four_);
    } else if (address->sa_family == AF_INET6) {
        std::memcpy(&six_, address, sizeof six_);
    }
}

result<endpoint> endpoint::parse(std::string_view text) noexcept {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return fail(errc::bad_usage);
    }
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size()) {
        return fail(errc::bad_usage);
    }
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return fail(errc::bad_usage);
    }
    return of(host, port);
}

result<endpoint> endpoint::of(std::string_view host, std::uint16_t port) noexcept {
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    if (host.size() >= terminated.size()) {
        return fail(errc::bad_usage);
    }
    std::memcpy(terminated.data(), host.data(), host.size());
    endpoint made;
    if (inet_pton(AF_INET, terminated.data(), &made.four_.sin_addr) == 1) {
        made.four_.sin_family = AF_INET;
        made.four_.sin_port = htons(port);
        return made;
    }
    made = {};
    if (inet_pton(AF_INET6, terminated.data(), &made.six_.sin6_addr) == 1) {
        made.six_.sin6_family = AF_INET6;
        made.six_.sin6_port = htons(port);
        return made;
    }
    return fail(errc::bad_usage);
}

std::uint16_t endpoint::port() const noexcept {
    return family() == AF_INET6 ? ntohs(six_.sin6_port) : ntohs(four_.sin_port);
}

bool endpoint::is_loopback() const noexcept {
    if (family() == AF_INET) {
        return (ntohl(four_.sin_addr.s_addr) >> 24) == 127;
    }
    return family() == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&six_.sin6_addr);
}

socklen_t endpoint::size() const noexcept {
    return family() == AF_INET6 ? sizeof six_ : sizeof four_;
}

std::string endpoint::host_text() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (family() == AF_INET6) {
        inet_ntop(AF_INET6, &six_.sin6_addr, text.data(), text.size());
    } else {
        inet_ntop(AF_INET, &four_.sin_addr, text.data(), text.size());
    }
    return text.data();
}

std::string endpoint::text() const {
    const std::string host = host_text();
    return (family() == AF_INET6 ? '[' + host + ']' : host) + ':' + std::to_string(port());
}

bool operator==(const endpoint& a, const endpoint& b) noexcept {
    if (a.family() != b.family() || a.port() != b.port()) {
        return false;
    }
    if (a.family() == AF_INET6) {
        return std::memcmp(&a.six_.sin6_addr, &b.six_.sin6_addr, sizeof a.six_.sin6_addr) == 0;
    }
    return a.four_.sin_addr.s_addr == b.four_.sin_addr.s_addr;
}

}  // namespace curfew::runtime
