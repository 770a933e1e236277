#include "real.hpp"
#include <curfew/process/python_hook.hpp>
#include <curfew/process/stack_dump.hpp>

#include <gtest/gtest.h>

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <csignal>
#include <functional>

namespace curfew::process {
namespace {

using namespace real;
using namespace std::chrono_literals;

constexpr int not_allowed = 77;

// Runs `body` in a child process and gives its exit status.
int in_child(const std::function<int()>& body) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(body());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool private_mounts(int more) {
    return ::unshare(CLONE_NEWNS | more) == 0 &&
           ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

// The whole life of a unit with two that get away; 0 if all went well, else the number of the step.
int start_look_and_stop() {
    auto unit = start(shell("setsid sleep 60 & (sleep 60 &); echo ready; wait"));
    if (!unit || read_lines(unit->standard_output(), 1).size() != 1) {
        return 1;
    }
    if (unit->scan().members.size() != 3) {
        return 2;
    }
    dump_request request;
    request.members = unit->scan().members;
    if (dump_stacks(request, now() + 2s).text.find("sleep") == std::string::npos) {
        return 3;
    }
    if (stop_and_wait(*unit, {.grace = 1s}, steady_clock{}).abandoned != 0) {
        return 4;
    }
    unit.reset();
    reap_children();
    return read_process_table().size() <= 2 || ::getpid() != 1 ? 0 : 5;
}

TEST(surroundings, works_as_pid_1_and_reaps_what_falls_to_it) {
    const int status = in_child([] {
        if (!private_mounts(CLONE_NEWPID)) {
            return not_allowed;
        }
        return in_child([] {
            if (::mount("proc", "/proc", "proc", 0, nullptr) != 0) {
                return not_allowed;
            }
            return ::getpid() == 1 ? start_look_and_stop() : 99;
        });
    });
    if (status == not_allowed) {
        GTEST_SKIP() << "no namespaces here";
    }
    EXPECT_EQ(status, 0);
}

TEST(surroundings, works_as_nobody_on_a_read_only_root) {
    const int status = in_child([] {
        if (!private_mounts(0) ||
            ::mount("none", "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) != 0 ||
            ::setgid(65534) != 0 || ::setuid(65534) != 0) {
            return not_allowed;
        }
        if (::access("/tmp", W_OK) == 0 && ::access("/", W_OK) == 0) {
            return 98;
        }
        return start_look_and_stop();
    });
    if (status == not_allowed) {
        GTEST_SKIP() << "no namespaces here";
    }
    EXPECT_EQ(status, 0);
}

TEST(surroundings, refused_ptrace_is_told_and_proc_still_speaks) {
    const int status = in_child([] {
        auto unit = start(shell("echo ready; exec sleep 60"));
        read_lines(unit->standard_output(), 1);
        dump_request request;
        request.members = unit->scan().members;
        if (::setuid(65534) != 0) {
            return not_allowed;
        }
        const auto text = dump_stacks(request, now() + 2s).text;
        const bool said = text.find("ptrace refused: Operation not permitted") != text.npos;
        const bool spoke = text.find("thread ") != text.npos;
        return said && spoke ? 0 : 1;
    });
    if (status == not_allowed) {
        GTEST_SKIP() << "not root";
    }
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace curfew::process
