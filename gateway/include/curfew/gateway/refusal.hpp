#pragma once

#include <curfew/core/account.hpp>
#include <curfew/core/cause.hpp>
#include <curfew/core/failure.hpp>
#include <curfew/core/trace_context.hpp>
#include <curfew/policy/policy.hpp>
#include <curfew/protocol/http1_violation.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace curfew::gateway {

/// Everything a refusal says (RFC 9457). Views need to live as long as the call to render it.
struct refusal {
    errc code = errc::internal;  ///< gives status, title and `type`: "urn:curfew:error:queue-full"
    cause why{};
    duration retry_after{};    ///< zero: not known; then the shortest
    std::string_view route{};  ///< empty: not known yet
    std::string_view date{};   ///< the field's value; empty: none is written
    const time_account* account = nullptr;
    std::optional<duration> left{};  ///< of the deadline, for the account
    trace_context trace{};
    bool head_only = false;   ///< answers a HEAD request: the length is told, no body sent
    bool keep_alive = false;  ///< false: `Connection: close`, as after a framing error
    std::uint8_t client_minor_version = 1;
    std::uint64_t dice = 0;  ///< any random number: spreads Retry-After
};

/// Why a request that broke `rule` is refused: the rule in words, and the policy's limit where it
/// is one of the policy's.
[[nodiscard]] cause rejection_by(http1::violation rule, const policy::http_policy& limits) noexcept;

/// Why a body over `http.body_bytes`, which is `most`, is refused.
[[nodiscard]] cause rejection_by_size(std::uint64_t most) noexcept;

/// Room that any refusal fits into.
inline constexpr std::size_t refusal_bytes = 4096;

/// Renders head and body into `room`, without allocation, and returns what was written:
///
///     HTTP/1.1 503 Service Unavailable
///     Content-Type: application/problem+json
///     Cache-Control: no-store
///     Retry-After: 3
///     Content-Length: ...
///
///     {"type":"urn:curfew:error:queue-timeout","title":"The deadline passed while waiting for a
///     place.","status":503,"cause":"shed","reason":"queue_timeout","limit":"request.timeout",
///     "limit_ms":5000,"account":{"queue":4990,"connect":10,"attempt_1":0,"left":0},
///     "route":"GET /orders/{id}","trace_id":"..."}
///
/// `type` ends in an id of the closed list (core/failure.hpp; docs/errors.md has a section for
/// each). Members that do not apply are left out, but `limit_ms` is always there: null where no
/// limit decided, and where the one that did is no time. Of a count or a size that decided
/// (`why.limit_value`) `limit_value` is the number
/// (`"limit":"http.header_bytes","limit_ms":null,"limit_value":32768`). `detail` says which rule of
/// HTTP a client broke. Milliseconds are rounded down.
///
/// Retry-After is there for every 503 that may pass by itself: `retry_after` in whole seconds,
/// rounded up, at least 1, and up to a quarter (at least 2 s) more, so that those who were refused
/// together do not come back together.
///
/// `limit` is the key that gave it, a route's own where it has one: "route.reports.timeout". What
/// came from outside (the route, the key with its name) is escaped; bytes that are not UTF-8 become
/// U+FFFD, and over 200 bytes it is cut. Thread rule: pure.
[[nodiscard]] std::string_view render_refusal(
    const refusal& what, std::span<char, refusal_bytes> room
) noexcept;

/// The seconds that `retry_after` becomes, as above.
[[nodiscard]] std::uint64_t retry_seconds(duration retry_after, std::uint64_t dice) noexcept;

}  // namespace curfew::gateway
