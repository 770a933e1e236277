#pragma once

#include <array>
#include <chrono>

namespace curfew::http1 {

/// IMF-fixdate (RFC 9110, 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
using date_text = std::array<char, 29>;

/// Of a point in the years 0 to 9999.
[[nodiscard]] date_text format_date(std::chrono::sys_seconds at) noexcept;

}  // namespace curfew::http1
