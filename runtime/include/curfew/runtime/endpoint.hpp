#pragma once

#include <curfew/core/failure.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace curfew::runtime {

/// An IPv4 or IPv6 address and a port. A value of 28 bytes.
class endpoint {
  public:
    endpoint() noexcept = default;

    /// From the kernel. Anything but AF_INET and AF_INET6 gives an unspecified endpoint.
    explicit endpoint(const sockaddr* address) noexcept;

    /// `127.0.0.1:8080`, `[::1]:8080`: numeric only, the port is needed.
    [[nodiscard]] static result<endpoint> parse(std::string_view text) noexcept;

    /// A numeric host and a port.
    [[nodiscard]] static result<endpoint> of(std::string_view host, std::uint16_t port) noexcept;

    [[nodiscard]] int family() const noexcept { return any_.sa_family; }

    [[nodiscard]] std::uint16_t port() const noexcept;
    [[nodiscard]] bool is_loopback() const noexcept;

    [[nodiscard]] const sockaddr* address() const noexcept { return &any_; }

    [[nodiscard]] socklen_t size() const noexcept;

    [[nodiscard]] std::string host_text() const;
    /// As parse() reads it.
    [[nodiscard]] std::string text() const;

    friend bool operator==(const endpoint& a, const endpoint& b) noexcept;

  private:
    union {
        sockaddr any_{};
        sockaddr_in four_;
        sockaddr_in6 six_;
    };
};

}  // namespace curfew::runtime
