#pragma once

#include <curfew/policy/load.hpp>
#include <curfew/policy/policy.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace curfew::policy {

/// One key about which a new policy says something else. Values are as they would be written in the
/// file; a secret is "(hidden)".
struct change {
    std::string key;                    ///< "request.timeout", "route.cart.timeout"
    std::optional<std::string> before;  ///< nothing: there was no such upstream or route
    std::optional<std::string> after;   ///< nothing: there is none any more
    layer said_by = layer::builtin;     ///< who says what is new
    std::string origin;                 ///< "curfew.toml:3:11"; of what is gone: "built-in"
    bool after_restart = false;         ///< what was before holds until then
};

/// What a running process makes of a new policy.
struct transition {
    std::shared_ptr<const policy> next;  ///< what is in force from now on
    std::vector<change> changes;         ///< in the order of docs/policy.md
};

/// What of `asked`, which has a snapshot, can be in force without a restart, and what it changes.
///
/// Listeners, workers, the shape of the log, the backend and the ledger are as they were at the
/// start: their keys say so in docs/policy.md. So is where the supervised backend answers (the
/// first upstream, and its urls), and a token that a listener beyond loopback was started with is
/// not taken away. A key that a route or nobody sets, and that is inherited before and after, is
/// told of where it is set alone. Pure.
[[nodiscard]] transition plan_transition(const policy& running, const loading& asked);

/// "request.timeout from 30s to 5s, route.cart.queue new, 10 and 2 more", in at most `most` bytes;
/// what does not fit is counted. "nothing" where nothing changed.
[[nodiscard]] std::string summary_of(const std::vector<change>& of, std::size_t most);

}  // namespace curfew::policy
