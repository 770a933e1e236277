#pragma once

#include "output.hpp"
#include "pressure_flag.hpp"
#include <curfew/policy/policy.hpp>
#include <curfew/preflight/examination.hpp>
#include <curfew/preflight/report.hpp>

#include <cstdint>
#include <expected>
#include <functional>
#include <span>

namespace curfew::cli {

/// Whether BYPASS_STARTUP_VALIDATION tells to start whatever fails.
[[nodiscard]] std::expected<bool, usage_problem> told_to_start();

[[nodiscard]] preflight::bypass_rules bypass_rules_of(const policy::policy& of);

/// It views `pressure`.
[[nodiscard]] preflight::report_frame report_frame_of(
    const policy::policy& of, std::span<const told_signal> pressure
);

/// What a hangup means meanwhile.
enum class hangup_while_examining : std::uint8_t { ends_it, is_ignored };

/// Looks at everything that the start needs, on a loop of its own, with the limits as they are
/// under `pressure`. The error is the number of the signal that ended it (SIGINT, SIGTERM, ...).
[[nodiscard]] std::expected<preflight::examined, int> examine_surroundings(
    const policy::policy& rules,
    std::span<const told_signal> pressure,
    bool told,
    hangup_while_examining hangup,
    std::function<void(const preflight::look&)> settled
);

/// What failed, and a bypass or a block, for who does not keep the ledger open: left beside it for
/// the next Curfew that does. What keeps it from being written is a warning.
void leave_in_ledger(
    const policy::policy& of, const preflight::report_frame& frame, const preflight::examined& seen
);

/// The signal that says that the way into the private network struggles.
inline constexpr std::string_view connector_signal = "vpc_connector_scaling";

}  // namespace curfew::cli
