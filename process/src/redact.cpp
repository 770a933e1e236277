#include <curfew/process/stack_dump.hpp>

#include <algorithm>
#include <array>

namespace curfew::process {
namespace {

constexpr std::array<std::string_view, 10> secret_names{
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
    "api_key",
    "apikey",
    "api-key",
    "authorization",
    "credential",
};
constexpr std::string_view blot = "[redacted]";

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_name) noexcept {
    return text.size() >= lower_name.size() &&
           std::ranges::equal(text.substr(0, lower_name.size()), lower_name, {}, lower);
}

bool ends_value(char c) noexcept {
    return c == ' ' || c == '\n' || c == '&' || c == ';' || c == ',' || c == '"' || c == '\'' ||
           c == ')' || c == '\t';
}

// Length of `name<separator>` at the beginning, 0 if it does not begin a secret.
std::size_t secret_key_length(std::string_view text) noexcept {
    for (const auto name : secret_names) {
        if (!starts_with_ignoring_case(text, name)) {
            continue;
        }
        auto size = name.size();
        while (size < text.size() && (text[size] == '"' || text[size] == '\'')) {
            ++size;
        }
        if (size < text.size() && (text[size] == '=' || text[size] == ':')) {
            ++size;
            return size + std::min(text.substr(size).find_first_not_of(" \"'"), text.size() - size);
        }
    }
    return 0;
}

// Length of `://user:password@` at the beginning, 0 if there is no user part.
std::size_t user_part_length(std::string_view text) noexcept {
    if (!text.starts_with("://")) {
        return 0;
    }
    const auto end = std::min(text.find_first_of("/ \n\"'?", 3), text.size());
    const auto at = text.substr(0, end).rfind('@');
    return at == text.npos ? 0 : at + 1;
}

}  // namespace

std::string redact(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    while (!text.empty()) {
        if (const auto user = user_part_length(text); user != 0) {
            clean.append("://").append(blot).append("@");
            text.remove_prefix(user);
            continue;
        }
        if (const auto key = secret_key_length(text); key != 0) {
            clean.append(text.substr(0, key)).append(blot);
            text.remove_prefix(key);
            const bool scheme_follows = starts_with_ignoring_case(text, "bearer ") ||
                                        starts_with_ignoring_case(text, "basic ");
            text.remove_prefix(scheme_follows ? text.find(' ') + 1 : 0);
            const auto* end = std::ranges::find_if(text, ends_value);
            text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
            continue;
        }
        clean += text.front();
        text.remove_prefix(1);
    }
    return clean;
}

}  // namespace curfew::process
