#include <curfew/core/failure.hpp>

#include <array>

namespace curfew {

namespace {

using enum errc;

// code, id, exit, http, sqlstate, retryable, title, remedy
constexpr std::array table{
    errc_entry{
        bad_usage,
        "bad-usage",
        2,
        0,
        "22023",
        false,
        "The command line is not valid.",
        "Run `curfew help` and the verb's `--help`."
    },
    errc_entry{
        policy_invalid,
        "policy-invalid",
        2,
        0,
        "22023",
        false,
        "The policy does not validate.",
        "Mend the line that is shown; `curfew check` tells when it is right."
    },
    errc_entry{
        policy_unreadable,
        "policy-unreadable",
        2,
        0,
        "58030",
        false,
        "The policy file cannot be read.",
        "Check the path and its permissions."
    },
    errc_entry{
        bad_request,
        "bad-request",
        1,
        400,
        "08P01",
        false,
        "The request is malformed.",
        "Mend the client: the message breaks the HTTP grammar (RFC 9112); see `detail`."
    },
    errc_entry{
        framing,
        "framing",
        1,
        400,
        "08P01",
        false,
        "The message's length is ambiguous, so it was refused.",
        "Send either one Content-Length or one final `chunked`, never both; see `detail`."
    },
    errc_entry{
        header_too_large,
        "header-too-large",
        1,
        431,
        "54000",
        false,
        "The request's header fields are too large.",
        "Send fewer or shorter fields, or raise `http.header_bytes` and `http.header_count`."
    },
    errc_entry{
        uri_too_long,
        "uri-too-long",
        1,
        414,
        "54000",
        false,
        "The request's target is too long.",
        "Move data into the body, or raise `http.target_bytes`."
    },
    errc_entry{
        body_too_large,
        "body-too-large",
        1,
        413,
        "54000",
        false,
        "The request's body is too large.",
        "Send less, or raise `http.body_bytes`."
    },
    errc_entry{
        client_too_slow,
        "client-too-slow",
        1,
        408,
        "57014",
        true,
        "The request did not arrive in time.",
        "Check the client's network, or raise `http.header_timeout` or `request.body_idle`."
    },
    errc_entry{
        expectation_failed,
        "expectation-failed",
        1,
        417,
        "0A000",
        false,
        "The Expect field asks for something unknown.",
        "Only `100-continue` is known."
    },
    errc_entry{
        method_not_implemented,
        "method-not-implemented",
        1,
        501,
        "0A000",
        false,
        "The request method is not supported.",
        "CONNECT and unknown forms are refused."
    },
    errc_entry{
        coding_not_implemented,
        "coding-not-implemented",
        1,
        501,
        "0A000",
        false,
        "The transfer coding is not supported.",
        "Use `chunked` alone."
    },
    errc_entry{
        upgrade_not_implemented,
        "upgrade-not-implemented",
        1,
        501,
        "0A000",
        false,
        "Protocol upgrades are not served yet.",
        "Let WebSocket traffic pass beside Curfew for now."
    },
    errc_entry{
        version_not_supported,
        "version-not-supported",
        1,
        505,
        "0A000",
        false,
        "The HTTP version is not supported.",
        "Use HTTP/1.1, or any HTTP/1."
    },
    errc_entry{
        misdirected,
        "misdirected",
        1,
        421,
        "08P01",
        false,
        "No route serves this host.",
        "Check the Host field and the policy's routes."
    },
    errc_entry{
        not_found, "not-found", 1, 404, "42704", false, "There is nothing here.", "Check the path."
    },
    errc_entry{
        method_not_allowed,
        "method-not-allowed",
        1,
        405,
        "0A000",
        false,
        "This resource does not take that method.",
        "The answer's Allow field lists those it takes."
    },
    errc_entry{
        unauthorized,
        "unauthorized",
        1,
        401,
        "28000",
        false,
        "A token is needed.",
        "Send `Authorization: Bearer TOKEN`."
    },
    errc_entry{
        forbidden,
        "forbidden",
        1,
        403,
        "42501",
        false,
        "This must not be asked from here.",
        "Ask from a shell, or from a page of the same address."
    },
    errc_entry{
        own_timeout,
        "own-timeout",
        124,
        504,
        "57014",
        true,
        "A limit of this operation was reached.",
        "The account shows which stage took the time; the limit is named in `limit`."
    },
    errc_entry{
        inherited_deadline,
        "inherited-deadline",
        124,
        504,
        "57014",
        true,
        "The caller's time ran out.",
        "Give the call more time, or find the stage that used it up."
    },
    errc_entry{
        cancelled,
        "cancelled",
        130,
        499,
        "57014",
        true,
        "The caller left.",
        "Nothing to mend here: the caller did not wait."
    },
    errc_entry{
        queue_full,
        "queue-full",
        1,
        503,
        "53300",
        true,
        "Too many requests are waiting already.",
        "Wait as Retry-After says; if it stays, the upstream is too slow for its load."
    },
    errc_entry{
        queue_timeout,
        "queue-timeout",
        124,
        503,
        "53300",
        true,
        "The deadline passed while waiting for a place.",
        "The upstream is saturated: see its limit and in-flight count in `/-/health`."
    },
    errc_entry{
        in_flight_cap,
        "in-flight-cap",
        1,
        503,
        "53300",
        true,
        "As many requests as allowed are in flight.",
        "Wait as Retry-After says, or raise `gateway.in_flight`."
    },
    errc_entry{
        route_share,
        "route-share",
        1,
        503,
        "53300",
        true,
        "This route holds its whole share of the upstream.",
        "The route is slow or hung; other routes keep their share."
    },
    errc_entry{
        abandoned_cap,
        "abandoned-cap",
        1,
        503,
        "53300",
        true,
        "Work that could not be ended holds every place.",
        "The backend ignores disconnects and is hung: find where, or restart it."
    },
    errc_entry{
        breaker_open,
        "breaker-open",
        1,
        503,
        "08004",
        true,
        "The breaker is open: the target failed repeatedly.",
        "Wait as Retry-After says; `/-/health` tells when the next probe is due."
    },
    errc_entry{
        no_time_left,
        "no-time-left",
        124,
        504,
        "57014",
        true,
        "Too little time is left to begin.",
        "Give the call more time."
    },
    errc_entry{
        memory_pressure,
        "memory-pressure",
        1,
        503,
        "53200",
        true,
        "Memory is short, so the request was refused.",
        "Wait as Retry-After says; see `memory_percent` in `/-/health`."
    },
    errc_entry{
        shutting_down,
        "shutting-down",
        1,
        503,
        "57P01",
        true,
        "Curfew is stopping.",
        "Try another instance."
    },
    errc_entry{
        resolve_failed,
        "resolve-failed",
        1,
        502,
        "08001",
        true,
        "The upstream's name does not resolve.",
        "Check the upstream's host and the DNS."
    },
    errc_entry{
        resolve_timeout,
        "resolve-timeout",
        124,
        504,
        "08001",
        true,
        "The upstream's name did not resolve in time.",
        "Check the DNS servers."
    },
    errc_entry{
        connect_refused,
        "connect-refused",
        1,
        502,
        "08001",
        true,
        "The upstream refused the connection.",
        "Is it running, and on this port?"
    },
    errc_entry{
        connect_timeout,
        "connect-timeout",
        124,
        504,
        "08001",
        true,
        "The upstream did not accept the connection in time.",
        "Its accept queue is full, or packets are dropped on the way."
    },
    errc_entry{
        connect_failed,
        "connect-failed",
        1,
        502,
        "08001",
        true,
        "The upstream cannot be reached.",
        "Check the address and the network."
    },
    errc_entry{
        upstream_reset,
        "upstream-reset",
        1,
        502,
        "08006",
        true,
        "The upstream reset the connection.",
        "It crashed, or refuses this request."
    },
    errc_entry{
        upstream_closed,
        "upstream-closed",
        1,
        502,
        "08006",
        true,
        "The upstream closed the connection before its answer was whole.",
        "It crashed or gave up; see its log."
    },
    errc_entry{
        upstream_protocol,
        "upstream-protocol",
        1,
        502,
        "08P01",
        false,
        "The upstream's answer breaks the protocol.",
        "Mend the upstream."
    },
    errc_entry{
        upstream_down,
        "upstream-down",
        1,
        503,
        "57P03",
        true,
        "The backend is not running now.",
        "It is being restarted; wait as Retry-After says."
    },
    errc_entry{
        database_login,
        "database-login",
        1,
        502,
        "28000",
        false,
        "The database refused the login.",
        "Check user, password and database, and the server's pg_hba.conf."
    },
    errc_entry{
        database_full,
        "database-full",
        1,
        503,
        "53300",
        true,
        "The database has no connection, memory or disk left for it.",
        "Raise its limit, or lower the sizes of the pools: together they must fit."
    },
    errc_entry{
        database_conflict,
        "database-conflict",
        1,
        503,
        "40001",
        true,
        "The transaction got into the way of another one.",
        "Run the whole transaction again."
    },
    errc_entry{
        database_refused,
        "database-refused",
        1,
        500,
        "42000",
        false,
        "The database refused the statement.",
        "Mend the statement or its data; the SQLSTATE says what is wrong."
    },
    errc_entry{
        result_too_large,
        "result-too-large",
        1,
        500,
        "54000",
        false,
        "The answer of the database has more rows or bytes than may be kept.",
        "Ask for less, with LIMIT or fewer columns, or raise the bound."
    },
    errc_entry{
        command_not_found,
        "command-not-found",
        127,
        0,
        "58000",
        false,
        "The command was not found.",
        "Check its name and PATH."
    },
    errc_entry{
        command_not_executable,
        "command-not-executable",
        126,
        0,
        "58000",
        false,
        "The command cannot be executed.",
        "Check its permissions and its first line."
    },
    errc_entry{
        command_failed,
        "command-failed",
        1,
        0,
        "58000",
        true,
        "The command failed.",
        "See its output."
    },
    errc_entry{
        command_hung,
        "command-hung",
        124,
        0,
        "57014",
        true,
        "The command did not become ready in time.",
        "See where it hung in the stack dump."
    },
    errc_entry{
        keeper_lost,
        "keeper-lost",
        125,
        0,
        "58000",
        true,
        "The process that keeps the command was killed.",
        "See who kills what it does not know; how the command ended is not known."
    },
    errc_entry{
        crash_loop,
        "crash-loop",
        1,
        503,
        "58000",
        false,
        "The command keeps ending, so it is not restarted any more.",
        "See its output, mend it, and start again."
    },
    errc_entry{
        address_in_use,
        "address-in-use",
        125,
        0,
        "58000",
        true,
        "The address is taken by another process.",
        "Stop that process, or listen on port 0 or another port."
    },
    errc_entry{
        address_denied,
        "address-denied",
        125,
        0,
        "42501",
        false,
        "The address cannot be listened on.",
        "Ports below 1024 need a privilege; the address must be one of this machine's."
    },
    errc_entry{
        local_resource,
        "local-resource",
        125,
        503,
        "53000",
        true,
        "This machine is out of descriptors, ports or memory.",
        "Raise the limit that is named (`ulimit -n`)."
    },
    errc_entry{
        io_error,
        "io-error",
        125,
        0,
        "58030",
        true,
        "Reading or writing failed.",
        "See the system's message."
    },
    errc_entry{
        ledger_newer,
        "ledger-newer",
        125,
        0,
        "58030",
        false,
        "The ledger was written by a newer Curfew.",
        "Use that version, or another file: `--ledger FILE`."
    },
    errc_entry{
        ledger_foreign,
        "ledger-foreign",
        2,
        0,
        "58030",
        false,
        "The file is not a ledger.",
        "Name another file: `--ledger FILE`. This one was not touched."
    },
    errc_entry{
        ledger_corrupt,
        "ledger-corrupt",
        125,
        0,
        "58030",
        false,
        "The ledger is damaged.",
        "A serving Curfew sets it aside and begins a new one; its log tells the name."
    },
    errc_entry{
        internal,
        "internal",
        125,
        500,
        "XX000",
        false,
        "Curfew itself failed.",
        "This is a bug: please report it."
    },
};

consteval bool is_in_order() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (static_cast<std::size_t>(table[i].code) != i || table[i].sqlstate.size() != 5) {
            return false;
        }
    }
    return table.size() == static_cast<std::size_t>(internal) + 1;
}

static_assert(is_in_order(), "the table follows the enumeration, one row a code");

}  // namespace

std::span<const errc_entry> errc_table() noexcept {
    return table;
}

const errc_entry& describe(errc code) noexcept {
    return table[static_cast<std::size_t>(code)];
}

}  // namespace curfew
