#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace curfew::report {

/// One column a value, its height between nothing and the highest of them: "▁▂█ ▃". Where nothing
/// is known a space; a zero is a dot. More values than `columns` are joined, the highest of each
/// group standing for it, so that no peak is lost.
[[nodiscard]] std::string sparkline(
    std::span<const std::optional<double>> values, std::size_t columns
);

}  // namespace curfew::report
