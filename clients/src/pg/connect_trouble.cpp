#include "session_state.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace curfew::pg {
namespace {

constexpr std::array connection_errors{
    ECONNREFUSED,
    ETIMEDOUT,
    EHOSTUNREACH,
    ENETUNREACH,
    ECONNRESET,
    EPIPE,
    ECONNABORTED,
    ENOENT,
    EACCES,
    EADDRNOTAVAIL,
    ENETDOWN,
    EMFILE,
    ENFILE,
    EINVAL,
};

bool is_sqlstate(std::string_view text) noexcept {
    return text.size() == 5 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
           });
}

/// "FATAL:  28P01: password authentication failed": where the five characters begin, the last of
/// several, or npos.
std::size_t find_sqlstate(std::string_view text) noexcept {
    for (auto at = text.rfind(":  "); at != text.npos && at > 0; at = text.rfind(":  ", at - 1)) {
        const auto rest = text.substr(at + 3);
        if (rest.size() > 6 && is_sqlstate(rest.substr(0, 5)) && rest[5] == ':') return at + 3;
    }
    return text.npos;
}

errc code_of_errno(int system) noexcept {
    switch (system) {
        case ECONNREFUSED:
        case ENOENT:
            return errc::connect_refused;
        case ETIMEDOUT:
            return errc::connect_timeout;
        case ECONNRESET:
        case EPIPE:
        case ECONNABORTED:
            return errc::upstream_reset;
        case EMFILE:
        case ENFILE:
            return errc::local_resource;
        default:
            return errc::connect_failed;
    }
}

std::string without(std::string text, std::string_view secret) {
    for (auto at = text.find(secret); !secret.empty() && at != text.npos; at = text.find(secret))
        text.replace(at, secret.size(), secret.find('*') == secret.npos ? "***" : "");
    return text;
}

}  // namespace

std::string one_line(std::string_view text) {
    while (text.ends_with('\n') || text.ends_with(' '))
        text.remove_suffix(1);
    std::string line{text.substr(0, trouble::message_max)};
    std::ranges::replace_if(
        line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' '
    );
    while (!line.empty() && text.size() > line.size() &&
           (static_cast<unsigned char>(text[line.size()]) & 0xc0) == 0x80)
        line.pop_back();  // not within a character of UTF-8
    return line;
}

int errno_in(std::string_view text) {
    for (const int each : connection_errors)
        if (text.find(std::generic_category().message(each)) != text.npos) return each;
    return 0;
}

trouble connect_trouble(pg_conn* connection) {
    const char* secret = PQpass(connection);
    const auto text = without(PQerrorMessage(connection), secret == nullptr ? "" : secret);
    trouble told;
    if (const auto at = find_sqlstate(text); at != text.npos) {
        told.sqlstate = text.substr(at, 5);
        told.code = code_of_sqlstate(told.sqlstate);
        const auto words = std::string_view{text}.substr(at + 7);
        told.message = one_line(words.substr(0, words.find('\n')));
        return told;
    }
    told.system = errno_in(text);
    told.code = code_of_errno(told.system);
    if (PQconnectionNeedsPassword(connection) != 0) told.code = errc::database_login;
    told.message = one_line(std::string_view{text}.substr(0, text.find('\n')));
    return told;
}

}  // namespace curfew::pg
