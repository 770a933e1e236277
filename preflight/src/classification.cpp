#include <curfew/preflight/classification.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

namespace curfew::preflight {

namespace {

constexpr unsigned bit(check_type of) noexcept {
    return 1U << static_cast<unsigned>(of);
}

constexpr unsigned anybody = ~0U;
/// Those whose words are of a protocol. What a page or a command prints is no diagnosis of ours.
constexpr unsigned service =
    bit(check_type::postgres) | bit(check_type::redis) | bit(check_type::nats);

/// What must hold for a rule to fit; what it leaves out may be anything.
struct rule {
    failure_kind kind;
    std::string_view why;
    std::string_view sqlstate{};  ///< a beginning
    std::string_view message{};   ///< a part of it, in lower case
    int error_number = 0;
    bool timed_out = false;
    bool database_only = false;
    bool connector_scales = false;
    int http_status = 0;
    unsigned spoken_by = anybody;  ///< of a message: whose words it can be
};

using enum failure_kind;

constexpr rule spoken(
    failure_kind kind, std::string_view why, std::string_view message, unsigned by = service
) noexcept {
    rule made{kind, why};
    made.message = message;
    made.spoken_by = by;
    return made;
}

constexpr rule while_scaling(
    failure_kind kind, std::string_view why, std::string_view message
) noexcept {
    auto made = spoken(kind, why, message, anybody);
    made.connector_scales = true;
    return made;
}

// clang-format off
constexpr std::array table{
    rule{auth, "SQLSTATE 28: the login was refused", "28"},
    rule{auth, "SQLSTATE 42501: no right to do this", "42501"},
    rule{config, "SQLSTATE 3D000: there is no such database", "3D000"},
    rule{config, "SQLSTATE 3F000: there is no such schema name", "3F000"},
    rule{schema, "SQLSTATE 42: the database is not as the service expects it", "42"},
    rule{schema, "SQLSTATE P0: the schema's own check failed", "P0"},
    rule{cloud_sql_capacity, "SQLSTATE 53300: too many connections", "53300"},
    rule{cloud_sql_capacity, "SQLSTATE 53200: the database is out of memory", "53200"},
    rule{disk, "SQLSTATE 53100: the database's disk is full", "53100"},
    rule{disk, "SQLSTATE 58030: the database cannot read or write its files", "58030"},
    rule{cloud_sql_capacity, "SQLSTATE 53: the database is out of a resource", "53"},
    rule{database_timeout, "SQLSTATE 57014: the statement was cancelled", "57014"},
    rule{database_timeout, "SQLSTATE 57P03: the database is starting up", "57P03"},
    rule{database_timeout, "SQLSTATE 55P03: a lock was not to be had", "55P03"},
    rule{database_timeout, "SQLSTATE 25P03: a transaction was idle for too long", "25P03"},
    rule{network, "SQLSTATE 57P: the database shut the connection", "57P"},
    rule{network, "SQLSTATE 08: the connection broke", "08"},

    spoken(config, "nobody has that name", "name does not exist", anybody),
    while_scaling(vpc_connector, "names cannot be looked up while the connector scales",
                  "name lookup failed"),
    spoken(network, "the name servers cannot be asked, or do not know", "name lookup failed",
           anybody),
    spoken(vpc_connector, "the message names the VPC connector", "vpc connector"),
    spoken(vpc_connector, "the message names the VPC connector", "vpc_connector"),
    spoken(vpc_connector, "the message names serverless VPC access", "vpc access"),
    spoken(cloud_sql_capacity, "the message tells of too many connections", "too many clients"),
    spoken(cloud_sql_capacity, "the message tells of too many connections",
           "too many connections"),
    spoken(cloud_sql_capacity, "the message tells of reserved connection slots",
           "remaining connection slots"),
    spoken(disk, "the message tells that the quota of the disk is used up",
           "disk quota exceeded"),
    spoken(cloud_sql_capacity, "the message tells that a quota is used up", "quota exceeded"),
    spoken(cloud_sql_capacity, "the message tells that clients are at their most",
           "max number of clients reached"),
    spoken(auth, "the message tells of a wrong password", "password authentication failed"),
    spoken(auth, "the message tells that a password is missing", "no password supplied"),
    spoken(auth, "the message tells that a login is asked for", "noauth"),
    spoken(auth, "the message tells of a wrong password", "wrongpass"),
    spoken(auth, "the message tells that a right is missing", "noperm"),
    spoken(auth, "the message tells that authorization failed", "authorization violation"),
    spoken(auth, "the message tells that a right is missing", "permission denied"),
    spoken(auth, "the message tells of a host that is not let in", "no pg_hba.conf entry"),
    spoken(config, "the message tells of a database that is not there", "does not exist"),
    rule{config, "the certificate does not fit", {}, "certificate"},
    rule{config, "the target is not well written", {}, "invalid sslmode value"},
    rule{config, "the target is not well written", {}, "invalid port number"},
    rule{config, "the target is not well written", {}, "invalid integer value"},
    rule{config, "no TLS is spoken there", {}, "no tls"},

    rule{auth, "401: the login was refused", {}, {}, 0, false, false, false, 401},
    rule{auth, "403: no right to do this", {}, {}, 0, false, false, false, 403},
    rule{config, "404: there is no such page", {}, {}, 0, false, false, false, 404},
    rule{network, "502: the service behind it is not there", {}, {}, 0, false, false, false, 502},
    rule{network, "503: it does not serve now", {}, {}, 0, false, false, false, 503},
    rule{network, "504: the service behind it did not answer", {}, {}, 0, false, false, false,
         504},

    rule{disk, "ENOSPC: no space left", {}, {}, ENOSPC},
    rule{disk, "EDQUOT: the quota of the disk is used up", {}, {}, EDQUOT},
    rule{disk, "EROFS: the disk is read-only", {}, {}, EROFS},
    rule{disk, "EIO: the disk fails", {}, {}, EIO},
    rule{auth, "EACCES: no right to do this", {}, {}, EACCES},
    rule{auth, "EPERM: no right to do this", {}, {}, EPERM},
    rule{database_timeout, "ENOENT: no socket: the database is stopped or starting up",
         {}, {}, ENOENT, false, true},
    rule{config, "ENOTDIR: what the check names is no directory", {}, {}, ENOTDIR},
    rule{config, "ENOENT: what the check names is not there", {}, {}, ENOENT},
    rule{vpc_connector, "ETIMEDOUT while the connector scales", {}, {}, ETIMEDOUT, false, false,
         true},
    rule{vpc_connector, "EHOSTUNREACH while the connector scales", {}, {}, EHOSTUNREACH, false,
         false, true},
    rule{vpc_connector, "ENETUNREACH while the connector scales", {}, {}, ENETUNREACH, false,
         false, true},
    rule{database_timeout, "ETIMEDOUT: the database did not answer", {}, {}, ETIMEDOUT, false,
         true},
    rule{database_timeout, "ECONNREFUSED: the database is stopped or starting up", {}, {},
         ECONNREFUSED, false, true},
    rule{network, "ECONNREFUSED: nobody listens there", {}, {}, ECONNREFUSED},
    rule{network, "ECONNRESET: the other side broke it off", {}, {}, ECONNRESET},
    rule{network, "EPIPE: the other side broke it off", {}, {}, EPIPE},
    rule{network, "EHOSTUNREACH: no way there", {}, {}, EHOSTUNREACH},
    rule{network, "ENETUNREACH: no way there", {}, {}, ENETUNREACH},
    rule{network, "ENETDOWN: the network is down", {}, {}, ENETDOWN},
    rule{network, "ETIMEDOUT: no answer", {}, {}, ETIMEDOUT},

    rule{vpc_connector, "no answer in time while the connector scales", {}, {}, 0, true, false,
         true},
    rule{database_timeout, "the database did not answer in time", {}, {}, 0, true, true},
    rule{network, "no answer in time", {}, {}, 0, true},
};
// clang-format on

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool holds(std::string_view text, std::string_view part) noexcept {
    const auto same = [](char a, char b) { return lower(a) == b; };
    return !std::ranges::search(text, part, same).empty();
}

bool fits(const rule& of, const symptom& what) noexcept {
    const bool from_network = what.check != check_type::command && what.check != check_type::disk &&
                              what.check != check_type::memory && what.check != check_type::clock;
    return what.sqlstate.starts_with(of.sqlstate) &&
           (of.message.empty() ||
            ((of.spoken_by & bit(what.check)) != 0 && holds(what.message, of.message))) &&
           (of.error_number == 0 || of.error_number == what.error_number) &&
           (of.http_status == 0 || of.http_status == what.http_status) &&
           (!of.timed_out || (what.timed_out && from_network)) &&
           (!of.connector_scales || what.connector_scales) &&
           (!of.database_only || what.check == check_type::postgres);
}

}  // namespace

classification classify(const symptom& what) noexcept {
    const auto found = std::ranges::find_if(table, [&](const rule& of) { return fits(of, what); });
    return found == table.end() ? classification{unknown, "no rule knows it"}
                                : classification{found->kind, found->why};
}

}  // namespace curfew::preflight
