#pragma once

#include <curfew/process/proc.hpp>

#include <span>
#include <string>
#include <vector>

namespace curfew::process {

/// How the processes of a unit are recognised.
///
/// A unit is a command and everything it ever starts. Between us and the command stands its keeper:
/// a small process of ours that is a child subreaper (prctl(2)), so whatever the command's
/// descendants do (setsid, double fork, nohup, a cleared environment) they stay descendants of
/// the keeper. Should the keeper be killed, group, session and marker find them.
struct unit_identity {
    process_id keeper{};
    process_id leader{};      ///< the command; its process group is its pid, unless it is in ours
    bool own_session = true;  ///< its session is its pid too
    std::string marker;       ///< CURFEW_UNIT in the environment of whatever it starts
};

/// The members of a unit at the moment of a scan.
struct census {
    std::vector<process_facts> members;  ///< all that are alive; neither the keeper nor ourselves
    bool leader_alive = false;
    bool keeper_alive = false;

    /// Those in uninterruptible sleep (state D): no signal ends them before the kernel wakes them.
    [[nodiscard]] std::size_t uninterruptible() const noexcept;
};

/// Picks the members out of a snapshot. Under a living keeper they are its descendants; without
/// one, the union of process group, session and marker, and their descendants. `self` is never
/// one of them.
[[nodiscard]] census members_of(
    std::span<const process_facts> table, const unit_identity& unit, pid_t self
);

}  // namespace curfew::process
