#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace curfew::policy {

/// A place to listen on: an IPv4 or IPv6 address or `localhost`, and a port; port 0 picks a free
/// one. Written "127.0.0.1:8080", "[::1]:8080", "localhost:0". `host` has no brackets.
struct address {
    std::string host;
    std::uint16_t port = 0;

    friend bool operator==(const address&, const address&) = default;
};

/// An address of this machine alone.
[[nodiscard]] bool is_loopback(const address& value);

/// Where an upstream answers: "http://HOST" or "http://HOST:PORT", nothing behind it. `host` has
/// no brackets; the port is 1 to 65535, 80 where none is written.
struct http_url {
    std::string host;
    std::uint16_t port = 80;

    friend bool operator==(const http_url&, const http_url&) = default;
};

/// A block of addresses in CIDR form ("10.0.0.0/8", "fd00::/8"; no prefix: that one address), kept
/// as IPv6: an IPv4 block is its mapped form (::ffff:0:0/96), so one comparison serves both.
struct network {
    using bytes = std::array<std::uint8_t, 16>;

    bytes base{};
    std::uint8_t prefix_bits = 128;

    [[nodiscard]] bool contains(const bytes& peer) const noexcept;

    friend bool operator==(const network&, const network&) = default;
};

}  // namespace curfew::policy
