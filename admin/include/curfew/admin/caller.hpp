#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/protocol/http1_message.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::admin {

/// What an endpoint of the admin listener is for: it decides who may ask, and how.
enum class purpose : std::uint8_t {
    reads,    ///< GET and HEAD
    changes,  ///< POST alone, and never for the page of another site
    both,     ///< GET and HEAD read, POST changes
};

/// Who asks, as far as the request says.
struct caller {
    http1::method_id method{};
    std::string_view host{};        ///< with its port; empty on HTTP/1.0 alone
    std::string_view origin{};      ///< empty: no browser, or no page of another site
    std::string_view fetch_site{};  ///< Sec-Fetch-Site
    std::string_view authorization{};
};

/// Whom the listener answers.
struct terms {
    std::string token{};               ///< empty: none is asked for
    bool loopback = true;              ///< it listens on an address of this machine alone
    std::vector<std::string> hosts{};  ///< names it answers to beside those of loopback; lower case
};

/// Why not. Texts are static.
struct denial {
    errc code = errc::internal;
    std::string_view sentence;
    std::string_view allow{};      ///< of a 405
    std::string_view challenge{};  ///< of a 401
};

/// Whether this caller may ask anything. On a loopback listener the Host must be `localhost`, an
/// address of loopback or one of `hosts`: a page whose name was made to point here (DNS rebinding)
/// is answered 421. Beyond loopback the token is what it does not have. Ports, case and a final dot
/// do not matter.
[[nodiscard]] std::optional<denial> deny_caller(const caller& who, const terms& of) noexcept;

/// Whether it may ask this. What changes something is asked by POST, and where a browser asks, by a
/// page of this very listener (cross-site request forgery): Origin, if there is one, names the
/// scheme, host and port that the request is for, and Sec-Fetch-Site is `same-origin` or `none`.
[[nodiscard]] std::optional<denial> deny_purpose(const caller& who, purpose what) noexcept;

}  // namespace curfew::admin
