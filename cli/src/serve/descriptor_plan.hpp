#pragma once

#include <cstddef>
#include <string>

namespace curfew::cli {

/// How a process's descriptors are shared out, so that clients can never take those that the rest
/// needs. A client may cost two: its own connection, and one to an upstream.
struct descriptor_plan {
    std::size_t limit = 0;        ///< RLIMIT_NOFILE; what is unlimited counts as a billion
    std::size_t reserved = 0;     ///< kept for loops, listeners, admin, lookups, log and dumps
    std::size_t connections = 0;  ///< client connections at a time, at least 1
    std::size_t admin = 0;        ///< admin connections at a time, at least 4

    /// The limit under which the reserve is whole and one client is served.
    [[nodiscard]] std::size_t least() const noexcept { return reserved + 2; }

    [[nodiscard]] bool serves() const noexcept { return limit >= least(); }
};

/// Shares out `limit` among `workers`, for at most `wanted` client connections. With
/// fewer than least() descriptors it does not serve.
[[nodiscard]] descriptor_plan plan_descriptors(
    std::size_t limit, std::size_t workers, std::size_t wanted
) noexcept;

/// What an operator is told who asked for `wanted` connections and gets fewer.
[[nodiscard]] std::string sentence_of(const descriptor_plan& plan, std::size_t wanted);

/// The soft limit of this process.
[[nodiscard]] std::size_t descriptor_limit() noexcept;

}  // namespace curfew::cli
