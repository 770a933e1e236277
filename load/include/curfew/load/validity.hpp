#pragma once

#include <curfew/core/clock.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace curfew::load {

/// What tells whether a run measured the target or the generator.
struct generator_evidence {
    std::uint64_t due = 0;     ///< requests the schedule wanted
    std::uint64_t tried = 0;   ///< requests the generator got to; a refused connection is a try
    duration lag_p99{};        ///< picked - due
    duration response_p99{};   ///< the reported P99
    double busiest_5s = 0;     ///< the highest CPU share of a loop's thread over 5 s
    double steal_share = 0;    ///< of this machine's CPU time, taken by its host
    bool cap_reached = false;  ///< the in-flight cap held requests back: the target's doing
    std::uint64_t local_errors = 0;  ///< no descriptors, ports or buffers
};

/// SUSPECT is above half of a limit that would make it INVALID (for the CPU: above 70 %).
enum class validity_grade : std::uint8_t { valid, suspect, invalid };

struct validity {
    validity_grade grade = validity_grade::valid;
    std::vector<std::string> reasons;  ///< one sentence each; none when valid
};

/// The limits of the verdict: lag P99 over max(1 ms, 10 % of the reported P99), a loop over 85 %
/// CPU for 5 s, under 99.9 % tried although the in-flight cap was never reached, any local error,
/// over 2 % steal, or nothing due at all.
[[nodiscard]] validity judge(const generator_evidence& evidence);

[[nodiscard]] const char* to_string(validity_grade grade) noexcept;

}  // namespace curfew::load
