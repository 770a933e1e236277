#pragma once

#include <curfew/core/clock.hpp>

#include <chrono>
#include <string>

namespace curfew {

/// RFC 3339 in UTC with milliseconds: "2026-11-20T22:31:05.123Z". Wall time is for display only.
[[nodiscard]] std::string rfc3339(std::chrono::sys_time<duration> at);

}  // namespace curfew
