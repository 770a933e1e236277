#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace curfew {

/// The closed list of what can go wrong. Exit code, HTTP status, SQLSTATE, whether a retry may
/// help, and docs/errors.md all come from one table (errc_entry) over it.
enum class errc : std::uint8_t {
    // usage and policy
    bad_usage,
    policy_invalid,
    policy_unreadable,
    // what a client of ours did
    bad_request,
    framing,
    header_too_large,
    uri_too_long,
    body_too_large,
    client_too_slow,
    expectation_failed,
    method_not_implemented,
    coding_not_implemented,
    upgrade_not_implemented,
    version_not_supported,
    misdirected,
    not_found,
    method_not_allowed,
    unauthorized,
    forbidden,
    // time
    own_timeout,
    inherited_deadline,
    cancelled,
    // guards
    queue_full,
    queue_timeout,
    in_flight_cap,
    route_share,
    abandoned_cap,
    breaker_open,
    no_time_left,
    memory_pressure,
    shutting_down,
    // the other side
    resolve_failed,
    resolve_timeout,
    connect_refused,
    connect_timeout,
    connect_failed,
    upstream_reset,
    upstream_closed,
    upstream_protocol,
    upstream_down,
    // a database
    database_login,
    database_full,
    database_conflict,
    database_refused,
    result_too_large,
    // commands
    command_not_found,
    command_not_executable,
    command_failed,
    command_hung,
    keeper_lost,
    crash_loop,
    // this machine
    address_in_use,
    address_denied,
    local_resource,
    io_error,
    ledger_newer,
    ledger_foreign,
    ledger_corrupt,
    internal,
};

/// One row of the table.
struct errc_entry {
    errc code;
    std::string_view id;        ///< stable: "connect-refused"; the end of the problem `type`
    int exit_code;              ///< DESIGN section 6
    int http_status;            ///< 0: never answered over HTTP
    std::string_view sqlstate;  ///< five characters
    bool retryable;             ///< the same call may succeed later
    std::string_view title;     ///< a short sentence for a person
    std::string_view remedy;    ///< what to do about it
};

/// The whole table, in the order of the enumeration.
[[nodiscard]] std::span<const errc_entry> errc_table() noexcept;

[[nodiscard]] const errc_entry& describe(errc code) noexcept;

/// What went wrong and one number that belongs to it: an errno, a status, a line; 0 for none.
/// Eight bytes, no allocation: a refusal costs nothing.
struct failure {
    errc code = errc::internal;
    std::int32_t detail = 0;

    friend bool operator==(failure, failure) noexcept = default;
};

template <class T = void>
using result = std::expected<T, failure>;

[[nodiscard]] inline std::unexpected<failure> fail(errc code, std::int32_t detail = 0) noexcept {
    return std::unexpected{failure{code, detail}};
}

/// `next(*value)` on success, the failure otherwise (libstdc++ 12 has no and_then).
template <class T, class F>
[[nodiscard]] auto and_then(result<T> value, F&& next) -> std::invoke_result_t<F, T&&> {
    if (!value) {
        return std::unexpected{value.error()};
    }
    return std::forward<F>(next)(*std::move(value));
}

}  // namespace curfew
