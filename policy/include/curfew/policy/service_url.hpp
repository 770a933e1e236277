#pragma once

#include <curfew/policy/duration_text.hpp>

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace curfew::policy {

/// Where a service answers, and as whom it is spoken to: `SCHEME://[USER[:PASSWORD]@]HOST[:PORT]
/// [/PATH]`, or `HOST:PORT` alone. What is written as %XX in user and password is decoded (RFC
/// 3986).
struct service_url {
    std::string scheme;    ///< lower case; empty where none was written
    std::string user;      ///< empty: none
    std::string password;  ///< empty: none; never to be shown
    std::string host;      ///< without brackets
    std::uint16_t port = 0;
    std::string path{};     ///< path and query as they were written, from the slash on; empty: none
    bool over_tls = false;  ///< the scheme means it

    /// "127.0.0.1:6379", "[::1]:6379": what may be shown.
    [[nodiscard]] std::string shown() const;

    friend bool operator==(const service_url&, const service_url&) = default;
};

/// A scheme that may be written, and the port that it means where none is. Port 0: one must be
/// written.
struct known_scheme {
    std::string_view name;  ///< empty: `HOST:PORT` alone
    std::uint16_t port = 0;
    bool over_tls = false;
};

/// The errors name neither user nor password.
[[nodiscard]] std::expected<service_url, text_problem> parse_service_url(
    std::string_view text, std::span<const known_scheme> schemes
);

}  // namespace curfew::policy
