#include "target.hpp"

#include <algorithm>
#include <charconv>

namespace curfew::cli {

namespace {

constexpr std::size_t host_max = 253;

bool is_host(std::string_view text) noexcept {
    const bool good = std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == '_' || c == ':' || c == '%';
    });
    return good && !text.empty() && text.size() <= host_max;
}

/// Quoted as it may be printed, whatever was typed.
std::string shown(std::string_view text) {
    std::string clean{text.substr(0, 80)};
    std::ranges::replace_if(clean, [](char c) { return c < ' ' || c > '~'; }, '?');
    return clean;
}

std::unexpected<usage_problem> no_address(std::string_view text) {
    return std::unexpected{usage_problem{
        "`" + shown(text) + "` is no address of an admin listener",
        "HOST:PORT, such as --admin 127.0.0.1:9090, or [::1]:9090"
    }};
}

}  // namespace

std::expected<attachment::target, usage_problem> parse_target(const std::string& text) {
    std::string_view rest{text};
    if (rest.starts_with("https://")) {
        return std::unexpected{usage_problem{
            "the admin listener speaks plain HTTP, not `" + shown(text) + '`',
            "write --admin HOST:PORT"
        }};
    }
    if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    }
    if (rest.ends_with('/')) {
        rest.remove_suffix(1);
    }
    const std::size_t colon = rest.rfind(':');
    if (colon == rest.npos) {
        return no_address(text);
    }
    std::string_view host = rest.substr(0, colon);
    const std::string_view digits = rest.substr(colon + 1);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    const bool has_colon = host.find(':') != host.npos;
    std::uint16_t port = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    const bool whole = read.ec == std::errc{} && read.ptr == digits.data() + digits.size();
    if (!is_host(host) || has_colon != bracketed || !whole || port == 0) {
        return no_address(text);
    }
    return attachment::target{std::string{rest}, std::string{host}, port};
}

}  // namespace curfew::cli
