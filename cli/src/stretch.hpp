#pragma once

#include "output.hpp"
#include <curfew/core/clock.hpp>
#include <curfew/core/event.hpp>

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

/// The surface of that name; none for an empty one.
[[nodiscard]] std::expected<std::optional<surface>, usage_problem> surface_of(
    const std::string& name
);

/// A problem of the command line.
[[nodiscard]] std::unexpected<usage_problem> wrong(std::string sentence, std::string hint);

}  // namespace curfew::cli
