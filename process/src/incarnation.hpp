#pragma once

#include <curfew/process/backend.hpp>
#include <curfew/process/line_splitter.hpp>
#include <curfew/runtime/task_group.hpp>

namespace curfew::process {

/// One run of the backend's command: its tree, and the tasks that listen to it. Its `life` is
/// ended and its tasks are joined before it is destroyed.
struct backend::incarnation {
    incarnation(
        runtime::loop& on,
        std::unique_ptr<unit> started,
        const line_splitter::taker& take,
        const std::string& prefix
    );

    /// Starts to listen. Everything wakes `attention`.
    void listen(runtime::baton& attention);

    runtime::loop& loop;
    std::unique_ptr<unit> tree;
    runtime::scope life;
    runtime::task_group tasks;
    line_splitter output;
    line_splitter error;
    bool exit_told = false;
    bool owner_asked = false;  ///< after its exit
};

}  // namespace curfew::process
