#pragma once

#include "output.hpp"
#include <curfew/core/clock.hpp>
#include <curfew/core/event.hpp>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace curfew::cli {

// What the verbs that read the ledger ask alike.

/// A duration that may begin with days: "7d", "1d12h", "90m"; from one minute to 3650 days.
[[nodiscard]] std::expected<duration, usage_problem> span_of(
    std::string_view flag, std::string_view text
);

/// Which surfaces there is something to tell of.
enum class surfaces : std::uint8_t {
    with_operations,
    all,  ///< the steps of the backend too, and those of the policy and its alerts
};

/// The surface of that name; none for an empty one.
[[nodiscard]] std::expected<std::optional<surface>, usage_problem> surface_of(
    const std::string& name, surfaces which = surfaces::with_operations
);

/// A problem of the command line.
[[nodiscard]] std::unexpected<usage_problem> wrong(std::string sentence, std::string hint);

}  // namespace curfew::cli
