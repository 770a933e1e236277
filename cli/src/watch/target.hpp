#pragma once

#include "attachment.hpp"
#include "output.hpp"

#include <expected>
#include <string>

namespace curfew::cli {

/// Reads where an admin listener is: "HOST:PORT", "[::1]:PORT"; "http://" before it and "/" behind
/// it are taken too, as they are copied. The host may be a name; the port is 1 to 65535.
[[nodiscard]] std::expected<attachment::target, usage_problem> parse_target(const std::string& text
);

}  // namespace curfew::cli
