#include <curfew/load/generator_priority.hpp>

#include <sched.h>
#include <sys/resource.h>

namespace curfew::load {
namespace {

constexpr int wished_nice = -10;

/// Reset-on-fork keeps it from the children. Linux: all of this belongs to the calling thread.
bool schedule_as(int policy, int priority) noexcept {
    const sched_param wished{.sched_priority = priority};
    return ::sched_setscheduler(0, policy | SCHED_RESET_ON_FORK, &wished) == 0;
}

}  // namespace

generator_priority::generator_priority() noexcept
    : before_{::getpriority(PRIO_PROCESS, 0)}, raised_{schedule_as(SCHED_FIFO, 1)} {
    if (!raised_) {
        raised_ = schedule_as(SCHED_OTHER, 0) && ::setpriority(PRIO_PROCESS, 0, wished_nice) == 0;
    }
}

generator_priority::~generator_priority() {
    if (raised_) {
        const sched_param none{};
        ::sched_setscheduler(0, SCHED_OTHER, &none);
        ::setpriority(PRIO_PROCESS, 0, before_);
    }
}

}  // namespace curfew::load
