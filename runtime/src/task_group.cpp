#include <curfew/runtime/task_group.hpp>

namespace curfew::runtime {

/// A coroutine that nobody awaits: it starts at once and frees itself at its end.
struct task_group::runner {
    struct promise_type : detail::promise_base {
        runner get_return_object() noexcept { return {}; }

        std::suspend_never initial_suspend() noexcept { return {}; }

        std::suspend_never final_suspend() noexcept { return {}; }

        void return_void() noexcept {}
    };
};

task_group::runner task_group::run(task_group& group, task<> work) {
    ++group.running_;
    co_await work;
    if (--group.running_ == 0) {
        group.empty_.pass();
    }
}

void task_group::spawn(task<> work) {
    run(*this, std::move(work));
}

task<bool> task_group::join(scope& under) {
    while (running_ != 0) {
        auto waiting = empty_.wait(under);
        const auto woken = co_await waiting;
        if (woken == wake::ended) {
            co_return false;
        }
    }
    co_return true;
}

}  // namespace curfew::runtime
