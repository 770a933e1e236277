#include "value_text.hpp"
#include <curfew/policy/service_url.hpp>
#include <curfew/policy/suggest.hpp>

#include <algorithm>
#include <optional>
#include <vector>

namespace curfew::policy {

namespace {

using refused = std::unexpected<text_problem>;

std::string hint_for(std::span<const known_scheme> schemes) {
    const auto& usual = schemes.front();
    return usual.name.empty() ? "write HOST:PORT"
                              : "write it as " + std::string{usual.name} + "://HOST" +
                                    (usual.port == 0 ? ":PORT" : "[:PORT]");
}

std::optional<int> hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return std::nullopt;
}

std::optional<std::string> decoded(std::string_view text) {
    std::string made;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            made += text[at];
            continue;
        }
        if (at + 2 >= text.size()) return std::nullopt;
        const auto high = hex_digit(text[at + 1]);
        const auto low = hex_digit(text[at + 2]);
        if (!high || !low) return std::nullopt;
        made += static_cast<char>(*high * 16 + *low);
        at += 2;
    }
    const bool has_control = std::ranges::any_of(made, [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    return has_control ? std::nullopt : std::optional{made};
}

std::expected<const known_scheme*, text_problem> find_scheme(
    std::string_view name, std::span<const known_scheme> schemes
) {
    const auto found = std::ranges::find(schemes, name, &known_scheme::name);
    if (found != schemes.end()) return &*found;
    std::vector<std::string_view> known;
    for (const auto& each : schemes) {
        if (!each.name.empty()) known.push_back(each.name);
    }
    const auto near = closest(name, known);
    return refused{
        {name.empty() ? "it does not begin with a scheme" : "its scheme is none that fits here",
         near ? "did you mean `" + std::string{*near} + "://`?" : hint_for(schemes)}
    };
}

bool read_login(std::string_view text, service_url& into) {
    const auto colon = text.find(':');
    const auto user = decoded(text.substr(0, colon));
    const auto password = decoded(colon == text.npos ? "" : text.substr(colon + 1));
    if (!user || !password) return false;
    into.user = *user;
    into.password = *password;
    return true;
}

}  // namespace

std::string service_url::shown() const {
    const bool is_v6 = host.find(':') != host.npos;
    return (is_v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

std::expected<service_url, text_problem> parse_service_url(
    std::string_view text, std::span<const known_scheme> schemes
) {
    service_url made;
    constexpr std::string_view separator = "://";
    if (const auto at = text.find(separator); at != text.npos) {
        made.scheme = text.substr(0, at);
        std::ranges::transform(made.scheme, made.scheme.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        text.remove_prefix(at + separator.size());
    }
    const auto scheme = find_scheme(made.scheme, schemes);
    if (!scheme) return refused{scheme.error()};
    const auto slash = text.find_first_of("/?");
    if (slash != text.npos) made.path = text.substr(slash);
    auto authority = text.substr(0, slash);
    const bool visible =
        std::ranges::all_of(made.path, [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
    if (!visible) return refused{{"its path has a space, a # or an unprintable character", {}}};
    if (const auto at = authority.rfind('@'); at != authority.npos) {
        if (!read_login(authority.substr(0, at), made)) {
            return refused{
                {"its user or password is not well written",
                 "write %40 for @, %3A for :, %2F for / and %25 for %"}
            };
        }
        authority.remove_prefix(at + 1);
    }
    const auto bracket = authority.rfind(']');
    const auto colon = authority.rfind(':');
    const bool has_port = colon != authority.npos && (bracket == authority.npos || colon > bracket);
    if (!has_port && (*scheme)->port == 0) return refused{{"it has no port", hint_for(schemes)}};
    const auto where = parse_url("http://" + std::string{authority});
    if (!where) return refused{{where.error().sentence, hint_for(schemes)}};
    made.host = where->host;
    made.over_tls = (*scheme)->over_tls;
    made.port = has_port ? where->port : (*scheme)->port;
    return made;
}

}  // namespace curfew::policy
