#pragma once

#include <curfew/core/clock.hpp>

#include <cstdint>
#include <string_view>

namespace curfew {

/// Why an operation ended.
enum class cause_kind : std::uint8_t {
    completed,           ///< the work itself ended, well or badly
    own_timeout,         ///< a limit of this very operation was reached
    inherited_deadline,  ///< the caller's time ran out
    cancelled,           ///< the caller left
    shed,                ///< a guard refused on purpose
    breaker_open,        ///< a breaker refused
    shutdown,            ///< Curfew is stopping
    rejected,            ///< what was asked for is not served: malformed, too large, not built
    failed,              ///< the work broke off: no answer, half of one, or means that ran out
};

/// Whether nobody ended the work: it came to its end, or broke off by itself.
[[nodiscard]] constexpr bool ended_by_itself(cause_kind kind) noexcept {
    return kind == cause_kind::completed || kind == cause_kind::failed;
}

/// Which guard shed, and for want of what.
enum class shed_reason : std::uint8_t {
    none,
    queue_full,     ///< the queue of the route is at its bound
    queue_timeout,  ///< the deadline passed while waiting for a permit
    in_flight,      ///< the total in-flight cap is reached
    route_share,    ///< one route already holds its share of the upstream
    abandoned,      ///< work that could not be ended holds every place
    upstream_down,  ///< the backend is not running
    no_time_left,   ///< too little time left to start
    memory,         ///< memory pressure
    rate,           ///< a rate limit
};

[[nodiscard]] std::string_view to_string(cause_kind kind) noexcept;
[[nodiscard]] std::string_view to_string(shed_reason reason) noexcept;

/// The single reason an operation ended. The texts are in static storage.
struct cause {
    cause_kind kind = cause_kind::completed;
    shed_reason reason = shed_reason::none;
    std::string_view limit_name{};  ///< policy key of the limit that decided; empty: none did
    duration limit{};               ///< its value, where it is a time
    std::uint64_t limit_value = 0;  ///< where it is a count, or a size in bytes; 0: not told
    std::string_view detail{};      ///< what exactly was wrong, where the kind does not tell

    friend bool operator==(const cause&, const cause&) noexcept = default;
};

/// Whether a time decided, even one of zero: only then is `limit` to be shown.
[[nodiscard]] constexpr bool is_limited_in_time(const cause& why) noexcept {
    if (why.limit != duration::zero() || why.limit_name.empty()) {
        return why.limit != duration::zero();
    }
    return why.kind == cause_kind::own_timeout || why.kind == cause_kind::inherited_deadline ||
           why.reason == shed_reason::queue_timeout || why.reason == shed_reason::no_time_left;
}

/// How an operation counts.
enum class outcome : std::uint8_t { success, failure, timeout, cancelled, ignored };

[[nodiscard]] std::string_view to_string(outcome result) noexcept;

/// Whether a guard counts this end against its target: failure, and a timeout of its own. An
/// inherited deadline, a cancellation and a refusal of ours say nothing about the target.
[[nodiscard]] constexpr bool counts_against_target(outcome result, cause_kind why) noexcept {
    return result == outcome::failure ||
           (result == outcome::timeout && why == cause_kind::own_timeout);
}

}  // namespace curfew
