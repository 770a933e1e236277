#include "building.hpp"
#include "safe_text.hpp"
#include <curfew/policy/service_url.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace curfew::policy {

namespace {

constexpr std::array no_scheme{known_scheme{}};
constexpr std::array web_schemes{known_scheme{"http", 80}, known_scheme{"https", 443, true}};
constexpr std::array postgres_schemes{
    known_scheme{"postgresql", 5432}, known_scheme{"postgres", 5432}
};
constexpr std::array redis_schemes{
    known_scheme{"redis", 6379}, known_scheme{"rediss", 6379, true}, known_scheme{"", 6379}
};
constexpr std::array nats_schemes{
    known_scheme{"nats", 4222}, known_scheme{"tls", 4222, true}, known_scheme{"", 4222}
};

/// What a check of that type may say beside `timeout`.
struct type_row {
    check_type type;
    std::span<const known_scheme> schemes{};  ///< of its target; none: it is no URL
    std::string_view needs{};                 ///< a key it cannot be without
    std::string_view example{};
    std::array<std::string_view, 4> may{};
};

using enum check_type;

// clang-format off
const std::array types{
    type_row{tcp, no_scheme, "target", "target = \"127.0.0.1:5432\""},
    type_row{tls, no_scheme, "target", "target = \"example.org:443\"", {"valid_for", "ca_file"}},
    type_row{http, web_schemes, "target", "target = \"http://127.0.0.1:8000/health\"",
             {"status", "valid_for", "ca_file"}},
    type_row{postgres, postgres_schemes, "target",
             "target = \"postgresql://shop@127.0.0.1:5432/shop\"",
             {"query", "expects", "replication_lag", "connections_free"}},
    type_row{redis, redis_schemes, "target", "target = \"redis://127.0.0.1:6379\"",
             {"valid_for", "ca_file"}},
    type_row{nats, nats_schemes, "target", "target = \"nats://127.0.0.1:4222\"",
             {"valid_for", "ca_file"}},
    type_row{command, {}, "command", "command = [\"./check.sh\"]"},
    type_row{disk, {}, "target", "target = \"/var/lib/shop\"", {"free"}},
    type_row{memory, {}, "", "", {"free"}},
    type_row{clock, {}, "", ""},
};
// clang-format on

constexpr std::array particular{
    "target",
    "command",
    "status",
    "query",
    "expects",
    "replication_lag",
    "connections_free",
    "free",
    "valid_for",
    "ca_file",
};

void refuse_what_means_nothing(building& of, const check_policy& check, const type_row& row) {
    for (const std::string_view key : particular) {
        const auto path = "check." + check.name + '.' + std::string{key};
        const bool fits = key == row.needs || std::ranges::find(row.may, key) != row.may.end();
        if (fits || !of.is_set(path)) continue;
        of.wrong().add(
            of.setter(path),
            '`' + path + "` means nothing to a check of the type " +
                std::string{to_string(check.type)},
            "leave it out"
        );
    }
}

/// "/3"
bool is_database_number(std::string_view path) {
    constexpr std::size_t longest = 9;
    return path.size() > 1 && path.size() <= longest &&
           std::ranges::all_of(path.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

/// Several hosts, or a local socket: what only libpq reads.
bool is_for_libpq_alone(std::string_view target) {
    const bool has_scheme =
        target.starts_with("postgresql://") || target.starts_with("postgres://");
    const auto authority = target.substr(0, target.find('/', target.find("://") + 3));
    return has_scheme &&
           (authority.find(',') != authority.npos || target.find("host=") != target.npos);
}

void read_target(building& of, check_policy& check, const type_row& row) {
    const auto path = "check." + check.name + ".target";
    if (check.type == postgres && check.target.find("service=") != check.target.npos) {
        of.wrong().add(
            of.setter(path),
            '`' + path + "` names a service, whose file could name hosts that nobody looked up",
            "write the host: " + std::string{row.example}
        );
        return;
    }
    if (check.type == postgres && is_for_libpq_alone(check.target)) return;
    auto parsed = parse_service_url(check.target, row.schemes);
    if (!parsed) {
        auto& [sentence, hint] = parsed.error();
        of.wrong().add(of.setter(path), '`' + path + "`: " + sentence, hint);
        return;
    }
    check.where = *std::move(parsed);
    const bool has_login = !check.where.user.empty() || !check.where.password.empty();
    const bool has_path = !check.where.path.empty();
    const bool is_plain = check.type == tcp || check.type == tls;
    const bool path_fits = check.type == redis ? is_database_number(check.where.path)
                                               : !is_plain && check.type != nats;
    const bool login_fits = !is_plain && check.type != http;
    if ((has_login && !login_fits) || (has_path && !path_fits)) {
        of.wrong().add(
            of.setter(path),
            '`' + path + "` has a " + (has_login && !login_fits ? "user" : "path") +
                ", and a check of the type " + std::string{to_string(check.type)} +
                " does not use one",
            "write: " + std::string{row.example}
        );
    }
}

/// A NATS server may ask for TLS by itself.
void refuse_trust_without_tls(building& of, const check_policy& check, const type_row& row) {
    const auto secure = std::ranges::find(row.schemes, true, &known_scheme::over_tls);
    if (check.type == nats || secure == row.schemes.end() || check.where.over_tls) return;
    const std::string scheme{secure->name};
    for (const auto* key : {"valid_for", "ca_file"}) {
        const auto path = "check." + check.name + '.' + key;
        if (!of.is_set(path)) continue;
        of.wrong().add(
            of.setter(path),
            '`' + path + "` means nothing without " + scheme,
            "write: target = \"" + scheme + "://...\""
        );
    }
}

void check_one(building& of, check_policy& check) {
    const auto prefix = "check." + check.name + '.';
    const auto row = std::ranges::find(types, check.type, &type_row::type);
    if (row == types.end()) {
        of.wrong().add(
            of.declared("check." + check.name),
            "the check `" + check.name + "` does not say its `type`",
            "write: type = \"tcp\", or one of tls, http, postgres, redis, nats, command, disk, "
            "memory, clock"
        );
        return;
    }
    refuse_what_means_nothing(of, check, *row);
    const bool lacks = row->needs == "target"    ? check.target.empty()
                       : row->needs == "command" ? check.command.empty()
                                                 : false;
    if (lacks) {
        of.wrong().add(
            of.declared("check." + check.name),
            "the check `" + check.name + "` has no `" + std::string{row->needs} + '`',
            "write: " + std::string{row->example}
        );
    } else if (!row->schemes.empty()) {
        read_target(of, check, *row);
    }
    if (!check.command.empty() && check.command.front().empty()) {
        of.wrong().add(of.setter(prefix + "command"), "a command has a name", {});
    }
    refuse_trust_without_tls(of, check, *row);
    check.is_timeout_said = of.is_set(prefix + "timeout");
    if (check.type == postgres && !check.is_timeout_said) {
        check.timeout = of.made.database.initialization;
        of.derive(prefix + "timeout", "as database.initialization");
    }
}

}  // namespace

void check_surroundings(building& of) {
    for (auto& check : of.made.checks) {
        check_one(of, check);
    }
}

}  // namespace curfew::policy
