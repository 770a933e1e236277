#pragma once

#include <curfew/core/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace curfew::load {

/// Why a request was no success. A closed list: free text is for bounded samples, never for keys.
enum class error_category : std::uint8_t {
    none,
    dns,
    connect_refused,
    connect_timeout,
    reset,
    eof,
    tls,
    timeout_first_byte,  ///< the client's patience ended before anything arrived
    timeout_total,       ///< ... and after something had
    http_4xx,
    http_429,
    http_503,
    http_504,
    http_5xx,  ///< the others
    protocol,
    assert_failed,   ///< an answer that is not what the operation expects
    not_sent,        ///< shed by the generator: its in-flight cap was reached
    local_resource,  ///< EMFILE, EADDRNOTAVAIL, ENOBUFS: the generator's fault
    unfinished,      ///< still open when the run ended
};

inline constexpr std::size_t error_categories = 19;

[[nodiscard]] std::string_view to_string(error_category category) noexcept;

/// The category of an HTTP status; `none` below 400.
[[nodiscard]] constexpr error_category category_of_status(int status) noexcept {
    if (status == 429) return error_category::http_429;
    if (status == 503) return error_category::http_503;
    if (status == 504) return error_category::http_504;
    if (status >= 500) return error_category::http_5xx;
    return status >= 400 ? error_category::http_4xx : error_category::none;
}

/// How a request ended, in the words of the tables.
enum class ending : std::uint8_t { success, refused, timed_out, failed, unfinished };

inline constexpr std::size_t endings = 5;

[[nodiscard]] std::string_view to_string(ending how) noexcept;

/// Refused is an answer that says no: 429 and 503. Timed out is the client's patience or a 504.
[[nodiscard]] ending ending_of(error_category category) noexcept;

/// Whether the true response time is only known from below: the client gave up, or the run ended.
[[nodiscard]] constexpr bool is_censored(error_category category) noexcept {
    return category == error_category::timeout_first_byte ||
           category == error_category::timeout_total ||
           category == error_category::connect_timeout || category == error_category::unfinished;
}

/// The life of one request, on the loop's timeline.
struct stamps {
    time_point due;     ///< when the schedule wanted it
    time_point picked;  ///< when the loop got to it
    time_point sent;    ///< when a connection was ready and the first byte written
    time_point done;    ///< when the last byte had come, or it was given up

    /// What the user waits: the headline.
    [[nodiscard]] duration response() const noexcept { return done - due; }

    /// What a closed-loop tool would tell.
    [[nodiscard]] duration service() const noexcept { return done - sent; }

    /// Our own fault.
    [[nodiscard]] duration lag() const noexcept { return picked - due; }

    /// The target's fault: no connection, or too many requests open already.
    [[nodiscard]] duration queue_wait() const noexcept { return sent - picked; }
};

/// One finished request. A request that was given up before it was sent has `sent == done`.
struct sample {
    std::uint64_t index = 0;
    std::uint32_t operation = 0;
    stamps at{};
    error_category error = error_category::none;
    bool breaker_open = false;  ///< the refusal names an open breaker as its cause
};

/// Takes samples, each request once, as they end. Thread rule: the driver's loop.
class sample_sink {
  public:
    virtual ~sample_sink() = default;
    virtual void record(const sample& what) noexcept = 0;
};

}  // namespace curfew::load
