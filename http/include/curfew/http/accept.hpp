#pragma once

#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/network.hpp>
#include <curfew/runtime/task.hpp>
#include <curfew/runtime/task_group.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace curfew::http {

/// Numbers of one listener, read by others at any time.
struct accept_numbers {
    std::uint64_t accepted = 0;
    std::uint64_t shortages = 0;  ///< times no descriptor was left
    std::size_t open = 0;
};

/// Makes the task that serves one connection.
using connection_handler =
    std::function<runtime::task<>(std::unique_ptr<runtime::stream>, runtime::scope&)>;

/// Accepts until `under` ends, each connection a task in `into` under `connections`. At
/// `connections_max` open ones, and while the machine has no descriptor left, the rest wait in the
/// kernel's queue: nothing is dropped, and one look every 50 ms is all it costs.
[[nodiscard]] runtime::task<> accept_connections(
    runtime::listener& from,
    runtime::scope& under,
    runtime::scope& connections,
    runtime::task_group& into,
    std::size_t connections_max,
    const connection_handler& serve,
    accept_numbers& numbers
);

}  // namespace curfew::http
