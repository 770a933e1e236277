#pragma once

#include <curfew/runtime/endpoint.hpp>

namespace curfew::cli {

/// Writes `ready http=ADDR admin=ADDR` to stdout at once. 0, or the errno of what went wrong.
[[nodiscard]] int write_ready_line(const runtime::endpoint& http, const runtime::endpoint& admin);

}  // namespace curfew::cli
