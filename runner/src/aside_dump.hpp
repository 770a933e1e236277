#pragma once

#include <curfew/process/stack_dump.hpp>

#include <optional>

namespace curfew::runner {

/// dump_stacks on a thread of its own, waited for until `until` and a little: what a file that
/// hangs keeps for longer is left to itself. Nothing: it was not done in time.
[[nodiscard]] std::optional<process::stack_dump> dump_aside(
    process::dump_request what, time_point until, const clock& time
);

}  // namespace curfew::runner
