#pragma once

#include <curfew/core/failure.hpp>
#include <curfew/ledger/reader.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::report {

/// A change of a pressure signal, as a serving Curfew recorded it.
struct pressure_step {
    ledger::wall_time at{};
    std::int64_t instance = 0;
    std::string signal;
    double before = 0;  ///< 0 to 1
    double after = 0;
    std::string effect;  ///< what it did to limits: "request.timeout 30s to 45s"; may be empty
};

/// What its row is called.
inline constexpr std::string_view pressure_event = "pressure";

/// The newest 10 000 of a stretch of time, oldest first.
[[nodiscard]] result<std::vector<pressure_step>> find_pressure(
    ledger::reader& from, const ledger::range& when
);

/// A row of such a change; nothing of any other row.
[[nodiscard]] std::optional<pressure_step> pressure_of(const ledger::kept_operation& row);

/// "memory rose from 0 % to 25 %: request.timeout 30s to 45s". Of what is from outside, control
/// bytes are spaces.
[[nodiscard]] std::string change_of(const pressure_step& of);

/// What was up at a moment in one process: the last step before it of each signal, unless that was
/// down to 0. `steps` by time.
[[nodiscard]] std::vector<pressure_step> pressure_at(
    const std::vector<pressure_step>& steps, std::int64_t instance, ledger::wall_time at
);

/// One signal, slot by slot: its mean over each, of the process in which it was the highest.
struct pressure_series {
    std::string signal;
    std::vector<double> means;
};

/// Of `count` slots from `begin` on, each `length`. A process that is not there any more counts
/// until it was seen last. By name; what was 0 all the time is left out. `steps` by time.
[[nodiscard]] std::vector<pressure_series> average_pressure(
    const std::vector<pressure_step>& steps,
    const std::vector<ledger::instance>& processes,
    ledger::wall_time begin,
    duration length,
    std::size_t count
);

}  // namespace curfew::report
