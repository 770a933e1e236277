#pragma once

#include <string>

namespace curfew::cli {

/// Where dumps of what hangs go: the XDG state directory, made if need be; empty where it cannot be
/// written.
[[nodiscard]] std::string state_directory();

}  // namespace curfew::cli
