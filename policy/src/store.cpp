#include <curfew/policy/store.hpp>

#include <algorithm>

namespace curfew::policy {

namespace {

constexpr std::string_view after_scheme = "://";
constexpr std::string_view hint = "a file, or postgresql://USER@HOST:PORT/NAME";

std::string_view scheme_of(std::string_view store) noexcept {
    const auto at = store.find(after_scheme);
    return at == store.npos ? std::string_view{} : store.substr(0, at);
}

bool is_letter_or_digit(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// HOST:PORT/NAME; nothing where a part of a password might be taken for it.
std::optional<std::string_view> told_part(std::string_view database) noexcept {
    std::string_view rest = database.substr(database.find(after_scheme) + after_scheme.size());
    const auto parameters = std::min(rest.find('?'), rest.size());
    const auto user = rest.substr(0, parameters).rfind('@');
    if (user == rest.npos && rest.find('@') != rest.npos) {
        return std::nullopt;
    }
    rest = rest.substr(0, parameters);
    return user == rest.npos ? rest : rest.substr(user + 1);
}

}  // namespace

bool is_database(std::string_view store) noexcept {
    const auto scheme = scheme_of(store);
    return !scheme.empty() && std::ranges::all_of(scheme, [](char c) {
        return is_letter_or_digit(c) || c == '+' || c == '-' || c == '.';
    });
}

std::string shown_store(std::string_view store) {
    if (!is_database(store)) {
        return std::string{store};
    }
    return "postgresql://" + std::string{told_part(store).value_or("(hidden)")};
}

std::string file_name_of(std::string_view database) {
    constexpr std::size_t longest = 160;
    std::string name = "postgresql-";
    for (const char c : told_part(database).value_or("")) {
        name += is_letter_or_digit(c) || c == '.' ? c : '-';
    }
    name.resize(std::min(name.size(), longest));
    return name;
}

std::optional<store_problem> wrong_store(std::string_view store) noexcept {
    if (!is_database(store)) {
        return std::nullopt;
    }
    const auto scheme = scheme_of(store);
    if (scheme != "postgresql" && scheme != "postgres") {
        return store_problem{"no ledger is kept in what its scheme names", hint};
    }
    if (!std::ranges::all_of(store, [](char c) { return c > 0x20 && c < 0x7f; })) {
        return store_problem{
            "it has a space or an unprintable character",
            "in a URL they are written %20 and so on; a password may be in ~/.pgpass instead"
        };
    }
    if (!told_part(store)) {
        return store_problem{
            "its user and password cannot be told from its parameters",
            "in a URL a ? in a password is written %3F, and an @ in a parameter %40"
        };
    }
    return std::nullopt;
}

}  // namespace curfew::policy
