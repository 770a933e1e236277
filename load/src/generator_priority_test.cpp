#include <curfew/load/generator_priority.hpp>

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace curfew::load {
namespace {

TEST(generator_priority, is_given_back_and_never_inherited) {
    const int before = ::getpriority(PRIO_PROCESS, 0);
    {
        const generator_priority asked;
        EXPECT_EQ(asked.raised(), ::getpriority(PRIO_PROCESS, 0) < before);
        const pid_t child = ::fork();
        if (child == 0) {
            ::_exit(::getpriority(PRIO_PROCESS, 0) < 0 ? 1 : 0);
        }
        int how = 0;
        ASSERT_EQ(::waitpid(child, &how, 0), child);
        EXPECT_EQ(how, 0);
    }
    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), before);
}

}  // namespace
}  // namespace curfew::load
