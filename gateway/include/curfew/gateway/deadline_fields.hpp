#pragma once

#include <curfew/core/budget.hpp>
#include <curfew/core/clock.hpp>
#include <curfew/protocol/http1_field.hpp>

#include <optional>
#include <string_view>

namespace curfew::gateway {

/// How long the caller says it will wait, from the request's arrival, and which field said so.
struct callers_timeout {
    duration timeout{};
    http1::field_id field = http1::field_id::other;

    friend bool operator==(const callers_timeout&, const callers_timeout&) noexcept = default;

    /// As a bound of a request that arrived at `arrival`. Zero has expired already.
    [[nodiscard]] bound from(time_point arrival) const noexcept {
        return {deadline::after(arrival, timeout), false, to_string(field), timeout};
    }
};

/// Reads what callers say about their own time:
///
///     X-Curfew-Timeout-Ms, x-envoy-expected-rq-timeout-ms   milliseconds, a whole number
///     grpc-timeout                                          1 to 8 digits and one of H M S m u n
///     X-Request-Timeout                                     seconds ("5", "2.5"), or a text as in
///                                                           the policy ("250ms", "1m30s")
///
/// The shortest one wins; more than 24 h is taken as 24 h. Zero, and a number below it ("-1",
/// "-1S", "-2.5s"), is a deadline that has passed, never "no limit". What is no number ("soon",
/// "1e3", "+1") says nothing and is ignored. The caller tightens its budget with it, so a field
/// only ever shortens. Thread rule: pure.
[[nodiscard]] std::optional<callers_timeout> read_callers_timeout(const http1::field_list& fields
) noexcept;

/// One field's value; nothing when it is malformed, or `id` names no such field.
[[nodiscard]] std::optional<duration> parse_timeout(
    http1::field_id id, std::string_view value
) noexcept;

}  // namespace curfew::gateway
