#pragma once

#include "output.hpp"
#include <curfew/policy/policy.hpp>
#include <curfew/policy/stretch.hpp>

#include <expected>
#include <span>
#include <string>
#include <vector>

namespace curfew::cli {

/// A signal that is told by --pressure, and how much of it.
struct told_signal {
    std::string name;
    double value = 1;
};

/// The same as the policy takes them; they view `told`.
[[nodiscard]] std::vector<policy::signal_value> signal_values(std::span<const told_signal> told);

/// Reads NAME[=VALUE][,...] of each `--pressure`: signals of that policy, each once, with values
/// from 0 to 1.
[[nodiscard]] std::expected<std::vector<told_signal>, usage_problem> read_pressure(
    std::span<const std::string> flags, const policy::policy& of
);

}  // namespace curfew::cli
