#pragma once

#include <curfew/runtime/baton.hpp>
#include <curfew/runtime/task.hpp>

#include <cstddef>

namespace curfew::runtime {

/// Tasks that run beside each other. The group outlives them: `join` waits for all of them, and
/// destroying a group in which one still runs is a bug.
/// Thread rule: the loop's thread.
class task_group {
  public:
    task_group() noexcept = default;
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;

    ~task_group() { expects(running_ == 0, "a task group is joined before it is left"); }

    /// Starts `work` at once; it runs until its first wait before this returns.
    void spawn(task<> work);

    [[nodiscard]] std::size_t running() const noexcept { return running_; }

    /// Waits until none runs. `under` should not end before; when it does, false is returned and
    /// the tasks go on.
    task<bool> join(scope& under);

  private:
    struct runner;
    static runner run(task_group& group, task<> work);

    std::size_t running_ = 0;
    baton empty_;
};

}  // namespace curfew::runtime
