#pragma once

#include <cstdint>
#include <string_view>

namespace curfew::admin {

/// How `/-/metrics` is written. They differ in how a counter's family is named (OpenMetrics
/// without `_total`), in `le` (`1` and `1.0`), and in OpenMetrics telling its end, so that half a
/// page is known for what it is.
enum class metrics_format : std::uint8_t {
    prometheus,    ///< text format 0.0.4
    open_metrics,  ///< OpenMetrics 1.0.0
};

/// What Content-Type says of it; static storage.
[[nodiscard]] std::string_view content_type(metrics_format format) noexcept;

/// The format for an Accept field (RFC 9110, 12.5.1): OpenMetrics where it is named in version 1 or
/// in none and weighs no less than `text/plain`; else Prometheus, also where neither is asked for.
[[nodiscard]] metrics_format metrics_format_for(std::string_view accept) noexcept;

}  // namespace curfew::admin
