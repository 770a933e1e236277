#pragma once

#include <curfew/load/tally.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace curfew::load {

// Figures as people read them, in tables and reports.

/// "0.31 ms", "4.2 ms", "120 ms", "1.50 s", "12.0 s"; "0" for nothing.
[[nodiscard]] std::string time_figure(duration value);

/// "99.95 %": two digits, rounded down, so that 100.00 % means all.
[[nodiscard]] std::string share_figure(double share);

/// "1 234 567".
[[nodiscard]] std::string count_figure(std::uint64_t count);

/// The quantile `q` of a tally: "4.2 ms", ">= 5.00 s" where it is only known from below, "-" where
/// there are too few samples to carry it.
[[nodiscard]] std::string quantile_figure(const tally& of, double q);

/// With `&`, `<`, `>` and quotes replaced: for HTML and SVG.
[[nodiscard]] std::string escape_markup(std::string_view text);

}  // namespace curfew::load
