#include <curfew/load/generator_priority.hpp>

#include <gtest/gtest.h>

#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace curfew::load {
namespace {

TEST(generator_priority, is_given_back_and_never_inherited) {
    const int before = ::getpriority(PRIO_PROCESS, 0);
    {
        const generator_priority asked;
        const bool first = ::sched_getscheduler(0) == (SCHED_FIFO | SCHED_RESET_ON_FORK) ||
                           ::getpriority(PRIO_PROCESS, 0) < before;
        EXPECT_EQ(asked.raised(), first);
        const pid_t child = ::fork();
        if (child == 0) {
            const bool plain = ::sched_getscheduler(0) == SCHED_OTHER;
            ::_exit(plain && ::getpriority(PRIO_PROCESS, 0) >= before ? 0 : 1);
        }
        int how = 0;
        ASSERT_EQ(::waitpid(child, &how, 0), child);
        EXPECT_EQ(how, 0);
    }
    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), before);
    EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER);
}

}  // namespace
}  // namespace curfew::load
