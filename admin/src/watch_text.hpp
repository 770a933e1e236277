#pragma once

#include <curfew/core/clock.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace curfew::admin {

/// At most six cells: "0.4ms", "250ms", "1.25s", "42s", "3m05s", "5h12m", "12d".
[[nodiscard]] std::string short_time(duration time);

/// At most five cells: "0", "0.2", "12.3", "1234", "12.3k", "1.2M".
[[nodiscard]] std::string short_number(double number);

/// One cell for each of the last `width` values, the newest at the right, scaled to the greatest of
/// them; fewer values leave cells free at the left. Nothing but zeros is a flat line.
[[nodiscard]] std::string sparkline(
    std::span<const double> values, std::size_t width, bool unicode
);

/// SGR: what stands out on the screen.
enum class paint : std::uint8_t { plain, bold, dim, good, warning, bad, marked };

/// `text` in that paint; unchanged where `colour` is false.
[[nodiscard]] std::string painted(std::string_view text, paint with, bool colour);

}  // namespace curfew::admin
