#pragma once

#include <curfew/ledger/reader.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace curfew::report {

/// Steps of the backend around an operation, oldest first.
struct backend_steps {
    std::vector<ledger::kept_operation> all;
    std::size_t left_out = 0;
};

/// A death, a hang or what was seen of one: not a start, a stop or a restart that was planned.
[[nodiscard]] bool is_incident(const ledger::kept_operation& step) noexcept;

/// How far a step is from an operation in time; zero while it ran.
[[nodiscard]] duration distance(
    const ledger::kept_operation& step, const ledger::kept_operation& what
) noexcept;

/// The `most` that tell most about it, in order of time: incidents before the others, the nearest
/// first.
[[nodiscard]] backend_steps nearest_steps(
    std::vector<ledger::kept_operation> steps, const ledger::kept_operation& what, std::size_t most
);

/// From 2 min before it began to 1 min after it ended, in its process: the nearest 30.
[[nodiscard]] result<backend_steps> steps_of_backend(
    ledger::reader& from, const ledger::kept_operation& what
);

/// What it said of itself; empty: nothing.
[[nodiscard]] std::string_view said_of(const ledger::kept_operation& step) noexcept;

}  // namespace curfew::report
