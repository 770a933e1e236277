#include <curfew/load/generator_priority.hpp>

#include <sched.h>
#include <sys/resource.h>

namespace curfew::load {
namespace {

constexpr int wished = -10;

}  // namespace

generator_priority::generator_priority() noexcept
    : before_{::getpriority(PRIO_PROCESS, 0)}, raised_{false} {
    // Linux: the nice value belongs to the thread. Reset-on-fork keeps it from the children.
    const sched_param none{};
    raised_ = ::sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none) == 0 &&
              ::setpriority(PRIO_PROCESS, 0, wished) == 0;
}

generator_priority::~generator_priority() {
    if (raised_) {
        ::setpriority(PRIO_PROCESS, 0, before_);
        const sched_param none{};
        ::sched_setscheduler(0, SCHED_OTHER, &none);
    }
}

}  // namespace curfew::load
