#pragma once

#include <curfew/runtime/descriptor.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/quiet_thread.hpp>
#include <curfew/runtime/scope.hpp>
#include <curfew/runtime/task.hpp>

#include <fcntl.h>
#include <sys/eventfd.h>

#include <atomic>
#include <memory>
#include <system_error>
#include <utility>

namespace curfew::runtime {

/// Work that may block for ever (a file system that hangs), done on a thread of its own. Nobody can
/// end it: who has waited long enough leaves it, and asks `done` before he begins another, so that
/// what is stuck is one thread and not one more at each try.
template <class Result>
class aside {
  public:
    /// `work` is called once and owns all it touches. Nothing where there is no thread or no
    /// descriptor to be had.
    template <class Work>
    [[nodiscard]] static std::shared_ptr<aside> begin(Work work) {
        auto job = std::make_shared<aside>();
        job->bell_ = descriptor{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
        if (!job->bell_) return nullptr;
        try {
            start_quiet_thread([job, work = std::move(work)]() mutable {
                job->made_ = work();
                job->done_.store(true, std::memory_order_release);
                ::eventfd_write(job->bell_.number(), 1);
            });
        } catch (const std::system_error&) {
            return nullptr;
        }
        return job;
    }

    [[nodiscard]] bool done() const noexcept { return done_.load(std::memory_order_acquire); }

    /// Whether it was done before `under` ended. One waits at a time. `job` is held meanwhile.
    [[nodiscard]] static task<bool> wait(std::shared_ptr<aside> job, scope& under) {
        watched_descriptor bell{
            under.on().outside(), descriptor{::fcntl(job->bell_.number(), F_DUPFD_CLOEXEC, 3)}
        };
        while (bell.status() && !job->done() && !under.ended()) {
            bell.ready().clear_readable();
            auto waiting = bell.ready().wait_readable(under);
            co_await waiting;
        }
        co_return job->done();
    }

    /// Once it is done.
    [[nodiscard]] Result& result() noexcept { return made_; }

  private:
    descriptor bell_;
    Result made_{};
    std::atomic<bool> done_ = false;
};

}  // namespace curfew::runtime
