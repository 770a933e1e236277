#pragma once

#include <curfew/core/cause.hpp>
#include <curfew/core/clock.hpp>
#include <curfew/core/histogram.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace curfew::gateway {

inline constexpr std::size_t outcome_count = static_cast<std::size_t>(outcome::ignored) + 1;
inline constexpr std::size_t cause_count = static_cast<std::size_t>(cause_kind::failed) + 1;
inline constexpr std::size_t reason_count = static_cast<std::size_t>(shed_reason::rate) + 1;

/// How one request ended, for the numbers of its route.
struct request_end {
    outcome ended = outcome::success;
    cause why{};
    int status = 0;        ///< the status the client got; 0: none could be sent
    duration whole{};      ///< from arrival to the last byte
    duration upstream{};   ///< the part the upstream took; 0 with `reached` false: none
    bool reached = false;  ///< the upstream was asked
    bool slow = false;     ///< over the slow-request limit
    bool retried = false;  ///< repeated on a fresh connection
};

/// Everything counted for one route. Plain data: each loop thread has its own set and adds it to
/// another one when asked, on its own thread; a reader sums the sets. Nothing here ever falls.
struct route_numbers {
    std::array<std::uint64_t, outcome_count> by_outcome{};  ///< index: outcome
    std::array<std::uint64_t, cause_count> by_cause{};      ///< index: cause_kind
    std::array<std::uint64_t, reason_count> by_refusal{};   ///< index: shed_reason; [0] stays 0
    std::array<std::uint64_t, 6> by_status{};  ///< [0] no status sent, [1] 1xx ... [5] 5xx
    std::uint64_t slow = 0;
    std::uint64_t retried = 0;
    histogram whole;     ///< arrival to last byte, every request, refusals too
    histogram upstream;  ///< asked to answered, requests that reached the upstream

    void record(const request_end& end) noexcept;
    void add(const route_numbers& other) noexcept;

    /// The two parts of add(). Counts are read on the thread that owns `other`; histograms on any.
    void add_counts(const route_numbers& other) noexcept;
    void add_times(const route_numbers& other) noexcept;

    [[nodiscard]] std::uint64_t requests() const noexcept;
};

}  // namespace curfew::gateway
