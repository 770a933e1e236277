#pragma once

#include <curfew/process/unit.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/task.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace curfew::process {

/// How an errand went.
struct errand_report {
    std::optional<exit_report> ended;  ///< nothing: its time ran out, or it was called off
    std::size_t abandoned = 0;         ///< of its processes, those that could not be killed
    std::string said;  ///< the end of what it wrote to its standard error, where that is captured
};

/// Runs a command beside the loop until it ends or `under` does; then whatever it has started and
/// left behind is killed with SIGKILL, which takes at most two seconds more. `what.start_limit`
/// blocks the loop: keep it short. Of a captured standard error at most `errand_tail` bytes are
/// kept; a captured standard output is not read.
/// Errors: those of host::spawn.
/// Thread rule: the loop's thread. `machine` outlives the task.
[[nodiscard]] runtime::task<result<errand_report>> run_errand(
    host& machine, command what, runtime::scope& under
);

inline constexpr std::size_t errand_tail = 2048;

}  // namespace curfew::process
