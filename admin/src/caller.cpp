#include <curfew/admin/caller.hpp>
#include <curfew/protocol/http1_field.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace curfew::admin {

namespace {

constexpr denial unauthorized{errc::unauthorized, "A token is needed.", {}, "Bearer"};

constexpr denial misdirected{
    errc::misdirected,
    "This listener answers to localhost and addresses of loopback, not to the host of this "
    "request; `server.admin_hosts` names further ones."
};

constexpr denial foreign_page{
    errc::forbidden, "A page of another site asked for this; nothing was changed."
};

constexpr denial wrong_method_to_read{
    errc::method_not_allowed, "This resource does not take that method.", "GET, HEAD"
};

constexpr denial wrong_method_to_change{
    errc::method_not_allowed, "This changes something, so it is asked by POST.", "POST"
};

constexpr denial wrong_method_for_both{
    errc::method_not_allowed, "It is read by GET and changed by POST.", "GET, HEAD, POST"
};

/// Equal or not, in a time that does not tell where they differ.
bool is_same_secret(std::string_view given, std::string_view expected) noexcept {
    unsigned difference = given.size() == expected.size() ? 0 : 1;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const char other = expected[i % expected.size()];
        difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(other);
    }
    return difference == 0;
}

/// The token of `Bearer TOKEN`; empty where it is no such thing. Schemes know no case (RFC 9110,
/// 11.1).
std::string_view bearer_token(std::string_view authorization) noexcept {
    constexpr std::string_view scheme = "bearer";
    const auto rest = authorization.substr(std::min(scheme.size(), authorization.size()));
    const auto token = rest.find_first_not_of(' ');
    const bool named =
        http1::equals_ignoring_case(authorization.substr(0, scheme.size()), scheme) &&
        rest.starts_with(' ') && token != rest.npos;
    return named ? rest.substr(token) : std::string_view{};
}

std::string_view without_port(std::string_view host) noexcept {
    const auto bracket = host.rfind(']');
    const auto colon = host.rfind(':');
    if (colon != host.npos && (bracket == host.npos || colon > bracket)) {
        host = host.substr(0, colon);
    }
    if (host.ends_with('.')) {
        host.remove_suffix(1);
    }
    return host;
}

/// "127.0.0.1" and its kin, written in full: what else a browser may take for an address it writes
/// in full too.
bool is_loopback_v4(std::string_view host) noexcept {
    std::array<unsigned, 4> parts{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto dot = host.find('.');
        const auto digits = host.substr(0, dot);
        const auto* end = digits.data() + digits.size();
        const auto read = std::from_chars(digits.data(), end, parts[i]);
        const bool last = i + 1 == parts.size();
        if (digits.empty() || digits.size() > 3 || read.ptr != end || parts[i] > 255 ||
            last != (dot == host.npos)) {
            return false;
        }
        host.remove_prefix(last ? host.size() : dot + 1);
    }
    return parts[0] == 127;
}

bool is_loopback_name(std::string_view host) noexcept {
    return http1::equals_ignoring_case(host, "localhost") || host == "[::1]" ||
           is_loopback_v4(host);
}

bool is_known_host(std::string_view host, const terms& of) noexcept {
    const auto name = without_port(host);
    return host.empty() || is_loopback_name(name) ||
           std::ranges::any_of(of.hosts, [&](const std::string& each) {
               return http1::equals_ignoring_case(name, each);
           });
}

/// "example.org:80" and "example.org" are one place over http; likewise 443 over https.
std::string_view without_default_port(std::string_view authority, std::string_view port) noexcept {
    return authority.ends_with(port) ? authority.substr(0, authority.size() - port.size())
                                     : authority;
}

bool is_own_origin(std::string_view origin, std::string_view host) noexcept {
    struct scheme {
        std::string_view begin;
        std::string_view port;
    };

    constexpr std::array schemes{scheme{"http://", ":80"}, scheme{"https://", ":443"}};
    return !host.empty() && std::ranges::any_of(schemes, [&](const scheme& each) {
        return origin.starts_with(each.begin) &&
               http1::equals_ignoring_case(
                   without_default_port(origin.substr(each.begin.size()), each.port),
                   without_default_port(host, each.port)
               );
    });
}

bool is_reading(http1::method_id method) noexcept {
    return method == http1::method_id::get || method == http1::method_id::head;
}

}  // namespace

std::optional<denial> deny_caller(const caller& who, const terms& of) noexcept {
    if (of.loopback && !is_known_host(who.host, of)) {
        return misdirected;
    }
    if (!of.token.empty() && !is_same_secret(bearer_token(who.authorization), of.token)) {
        return unauthorized;
    }
    return std::nullopt;
}

std::optional<denial> deny_purpose(const caller& who, purpose what) noexcept {
    if (what != purpose::changes && is_reading(who.method)) {
        return std::nullopt;
    }
    if (what == purpose::reads) {
        return wrong_method_to_read;
    }
    if (who.method != http1::method_id::post) {
        return what == purpose::changes ? wrong_method_to_change : wrong_method_for_both;
    }
    const bool site_is_fine =
        who.fetch_site.empty() || who.fetch_site == "same-origin" || who.fetch_site == "none";
    const bool origin_is_fine = who.origin.empty() || is_own_origin(who.origin, who.host);
    return site_is_fine && origin_is_fine ? std::nullopt : std::optional{foreign_page};
}

}  // namespace curfew::admin
