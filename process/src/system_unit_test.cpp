#include <curfew/process/unit.hpp>

#include <gtest/gtest.h>

#include <csignal>

namespace curfew::process {
namespace {

exit_report by_signal(int number) {
    exit_report made;
    made.signal = number;
    return made;
}

exit_report with_status(int code) {
    exit_report made;
    made.code = code;
    return made;
}

TEST(exit_report, what_a_program_does_to_itself_is_not_by_others) {
    for (const int fault : {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGSYS}) {
        EXPECT_FALSE(by_signal(fault).by_others()) << fault;
        EXPECT_FALSE(with_status(128 + fault).by_others()) << fault;
    }
    for (const int status : {0, 1, 3, 127, 255}) {
        EXPECT_FALSE(with_status(status).by_others()) << status;
    }
}

TEST(exit_report, what_is_sent_from_outside_is_by_others_below_a_shell_too) {
    for (const int sent : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGKILL}) {
        EXPECT_TRUE(by_signal(sent).by_others()) << sent;
        EXPECT_TRUE(with_status(128 + sent).by_others()) << sent;
    }
    exit_report lost;
    lost.unknown = true;
    EXPECT_TRUE(lost.by_others()) << "nobody knows";
}

TEST(exit_report, the_kernel_that_is_out_of_memory_is_nobody_else) {
    auto killed = by_signal(SIGKILL);
    killed.out_of_memory = true;
    EXPECT_FALSE(killed.by_others());
    killed.signal = SIGTERM;
    EXPECT_TRUE(killed.by_others());
}

}  // namespace
}  // namespace curfew::process
