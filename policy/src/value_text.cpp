#include "value_text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>

namespace curfew::policy {

namespace {

constexpr std::string_view how_address = "write it as \"127.0.0.1:8080\" or \"[::1]:8080\"";
constexpr std::string_view how_url = "write it as \"http://127.0.0.1:8000\"";
constexpr std::string_view how_network = "write it as \"10.0.0.0/8\" or \"fd00::/8\"";
constexpr std::size_t mapped_prefix = 96;

std::unexpected<text_problem> wrong(std::string sentence, std::string_view hint) {
    return std::unexpected{text_problem{std::move(sentence), std::string{hint}}};
}

std::optional<unsigned> read_number(std::string_view text, unsigned max) {
    unsigned number = 0;
    const auto end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    const bool whole = read.ec == std::errc{} && read.ptr == end;
    return whole && number <= max ? std::optional{number} : std::nullopt;
}

bool is_mapped(const network::bytes& bytes) {
    constexpr network::bytes mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return std::equal(mapped.begin(), mapped.begin() + 12, bytes.begin());
}

// inet_pton wants a terminated string and would stop at a NUL inside.
std::optional<network::bytes> read_ip(std::string_view text, int family) {
    if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != text.npos) return std::nullopt;
    const std::string terminated{text};
    network::bytes bytes{};
    if (family == AF_INET) {
        bytes[10] = bytes[11] = 0xff;
        if (inet_pton(AF_INET, terminated.c_str(), bytes.data() + 12) != 1) return std::nullopt;
    } else if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) != 1) {
        return std::nullopt;
    }
    return bytes;
}

struct host_and_port {
    std::string_view host;
    std::optional<std::string_view> port;
    bool bracketed = false;
};

std::optional<host_and_port> split(std::string_view text) {
    host_and_port parts;
    auto colon = text.find(':');
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == text.npos) return std::nullopt;
        parts.host = text.substr(1, close - 1);
        parts.bracketed = true;
        const auto rest = text.substr(close + 1);
        if (rest.empty()) return parts;
        if (rest[0] != ':') return std::nullopt;
        colon = close + 1;
    } else if (colon == text.npos) {
        parts.host = text;
        return parts;
    } else {
        parts.host = text.substr(0, colon);
    }
    parts.port = text.substr(colon + 1);
    return parts;
}

bool clear_beyond(network::bytes& bytes, unsigned prefix) {
    const auto before = bytes;
    for (unsigned bit = prefix; bit < 128; ++bit) {
        bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80u >> (bit % 8)));
    }
    return before == bytes;
}

std::string bracketed(const std::string& host) {
    return host.find(':') == host.npos ? host : '[' + host + ']';
}

}  // namespace

bool is_host_name(std::string_view text) noexcept {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    };
    return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, fits) &&
           text.front() != '.' && text.front() != '-' && text.find("..") == text.npos;
}

std::expected<address, text_problem> parse_address(std::string_view text) {
    const auto parts = split(text);
    if (!parts) return wrong("it is no address", how_address);
    if (!parts->port) return wrong("it has no port", how_address);
    const auto port = read_number(*parts->port, 65535);
    if (!port) return wrong("its port is no number from 0 to 65535", how_address);
    const bool known = parts->bracketed
                           ? read_ip(parts->host, AF_INET6).has_value()
                           : parts->host == "localhost" || read_ip(parts->host, AF_INET);
    if (!known) return wrong("its host is no IP address and not localhost", how_address);
    return address{std::string{parts->host}, static_cast<std::uint16_t>(*port)};
}

std::string format(const address& value) {
    return bracketed(value.host) + ':' + std::to_string(value.port);
}

bool is_loopback(const address& value) {
    if (value.host == "localhost") return true;
    if (const auto four = read_ip(value.host, AF_INET)) return (*four)[12] == 127;
    const auto six = read_ip(value.host, AF_INET6);
    if (!six) return false;
    network::bytes one{};
    one[15] = 1;
    return *six == one || (is_mapped(*six) && (*six)[12] == 127);
}

std::expected<http_url, text_problem> parse_url(std::string_view text) {
    if (text.starts_with("https://")) {
        return wrong("https to an upstream is not supported yet; only http:// is", how_url);
    }
    if (!text.starts_with("http://")) return wrong("it does not begin with http://", how_url);
    auto authority = text.substr(7);
    if (authority.ends_with('/')) authority.remove_suffix(1);
    if (authority.find('@') != authority.npos) {
        return wrong("a user or password in it is not supported", how_url);
    }
    if (authority.find_first_of("/?#") != authority.npos) {
        return wrong("a path behind the host is not supported", how_url);
    }
    const auto parts = split(authority);
    if (!parts) return wrong("its host is malformed", how_url);
    const bool known =
        parts->bracketed ? read_ip(parts->host, AF_INET6).has_value() : is_host_name(parts->host);
    if (!known) return wrong("its host is malformed", how_url);
    const auto port = parts->port ? read_number(*parts->port, 65535) : std::optional{80u};
    if (!port || *port == 0) return wrong("its port is no number from 1 to 65535", how_url);
    return http_url{std::string{parts->host}, static_cast<std::uint16_t>(*port)};
}

std::string format(const http_url& value) {
    const auto host = "http://" + bracketed(value.host);
    return value.port == 80 ? host : host + ':' + std::to_string(value.port);
}

std::expected<network, text_problem> parse_network(std::string_view text) {
    const auto slash = text.find('/');
    const auto ip = text.substr(0, slash);
    const bool four = ip.find(':') == ip.npos;
    const auto base = read_ip(ip, four ? AF_INET : AF_INET6);
    if (!base) return wrong("it is no block of IP addresses", how_network);
    const unsigned width = four ? 32 : 128;
    const auto prefix =
        slash == text.npos ? std::optional{width} : read_number(text.substr(slash + 1), width);
    if (!prefix)
        return wrong("its prefix is no number from 0 to " + std::to_string(width), how_network);
    const unsigned bits = four ? *prefix + mapped_prefix : *prefix;
    network block{*base, static_cast<std::uint8_t>(bits)};
    if (!clear_beyond(block.base, bits)) {
        return wrong(
            "it has bits set behind its prefix", "did you mean \"" + format(block) + "\"?"
        );
    }
    return block;
}

std::string format(const network& value) {
    char text[INET6_ADDRSTRLEN] = {};
    const bool four = is_mapped(value.base) && value.prefix_bits >= mapped_prefix;
    inet_ntop(four ? AF_INET : AF_INET6, value.base.data() + (four ? 12 : 0), text, sizeof(text));
    return std::string{text} + '/' + std::to_string(value.prefix_bits - (four ? mapped_prefix : 0));
}

bool network::contains(const bytes& peer) const noexcept {
    const auto whole = static_cast<std::ptrdiff_t>(prefix_bits / 8);
    if (!std::equal(base.begin(), base.begin() + whole, peer.begin())) return false;
    const unsigned rest = prefix_bits % 8;
    const auto mask = static_cast<std::uint8_t>(0xff00u >> rest);
    const auto at = static_cast<std::size_t>(whole);
    return rest == 0 || (base[at] & mask) == (peer[at] & mask);
}

}  // namespace curfew::policy
