#pragma once

#include <curfew/process/unit.hpp>

namespace curfew::process {

/// This machine.
///
/// `spawn` blocks for about 2 ms: one fork (the keeper), one vfork and exec, and the keeper's
/// answer; at most `start_limit`. It makes the calling process a child subreaper. The command
/// starts with default signal dispositions, an empty signal mask, and no descriptor of ours beyond
/// its three streams.
class system_host final : public host {
  public:
    [[nodiscard]] result<std::unique_ptr<unit>> spawn(const command& what) override;
};

/// Reaps every child that has ended and returns how many. To be called on SIGCHLD by whoever runs
/// the process: keepers end as our children, and as PID 1 or as a subreaper we are given orphans.
/// No exit status is lost by it: a unit learns its leader's from the keeper. While
/// stacks are dumped it does nothing: call it again when a dump is done. Nobody else may wait for
/// any child (waitpid(-1)).
std::size_t reap_children() noexcept;

/// A random (version 4) UUID: the marker of a unit.
[[nodiscard]] std::string make_marker();

}  // namespace curfew::process
