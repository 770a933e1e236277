#include "real.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>

#include <csignal>

namespace curfew::process {
namespace {

using namespace real;
using namespace std::chrono_literals;

struct escape {
    const char* name;
    const char* script;  // prints one line when it has got away
};

// Each gets away from a kill of the leader, of the group, or of the session.
const escape escapes[] = {
    {"background_child", "sleep 60 & echo ready; wait"},
    {"own_session", "setsid sleep 60 & echo ready; wait"},
    {"double_fork", "(setsid bash -c 'sleep 60 & disown; exit' &) ; echo ready; sleep 60"},
    {"nohup", "nohup sleep 60 >/dev/null 2>&1 & echo ready; wait"},
    {"cleared_environment", "env -i setsid sleep 60 & echo ready; exit 0"},
    {"stopped_child", "sleep 60 & kill -STOP $!; echo ready; wait"},
    {"deaf_leader", "trap '' TERM INT HUP; echo ready; while :; do sleep 1; done"},
    {"deaf_grandchild",
     "bash -c \"trap '' TERM; echo ready; while :; do sleep 1; done\" & trap 'exit 0' TERM; wait"},
    {"leader_gone", "bash -c \"trap '' TERM HUP; echo ready; while :; do sleep 1; done\" & exit 0"},
};

class escaping : public testing::TestWithParam<escape> {};

TEST_P(escaping, nothing_survives_the_ladder) {
    auto unit = start(shell(GetParam().script));
    ASSERT_EQ(read_lines(unit->standard_output(), 1).size(), 1U);
    const auto report = stop_and_wait(*unit, {.grace = 200ms}, steady_clock{});
    EXPECT_EQ(report.abandoned, 0U) << describe(report);
    EXPECT_TRUE(unit->scan().members.empty());
    await(*unit, [&] { return unit->empty(); });
    EXPECT_TRUE(unit->empty()) << "the keeper, which knows exactly, agrees";
}

TEST_P(escaping, nothing_survives_the_end_of_its_unit) {
    auto unit = start(shell(GetParam().script));
    ASSERT_EQ(read_lines(unit->standard_output(), 1).size(), 1U);
    const auto members = unit->scan().members;
    const auto keeper = unit->identity().keeper;
    unit.reset();
    for (const auto& one : members) {
        const auto now = read_stat_numbers(one.id.pid);
        EXPECT_FALSE(now && now->id == one.id && now->alive()) << one.name;
    }
    const auto now = read_stat_numbers(keeper.pid);
    EXPECT_FALSE(now && now->id == keeper);
}

TEST_P(escaping, nothing_survives_a_killed_keeper_and_the_ladder) {
    auto unit = start(shell(GetParam().script));
    ASSERT_EQ(read_lines(unit->standard_output(), 1).size(), 1U);
    const auto before = unit->scan().members;
    ASSERT_TRUE(signal_exactly(unit->identity().keeper, SIGKILL));
    await(*unit, [&] { return unit->exited().has_value(); });
    ASSERT_TRUE(unit->exited()) << "its loss is an end";
    const auto report = stop_and_wait(*unit, {.grace = 100ms}, steady_clock{});
    EXPECT_EQ(report.abandoned, 0U) << describe(report);
    const bool marker_was_cleared = std::string{GetParam().name} == "cleared_environment";
    for (const auto& one : before) {
        const auto now = read_stat_numbers(one.id.pid);
        if (now && now->id == one.id && now->alive()) {
            EXPECT_TRUE(marker_was_cleared) << one.name << " got away";
            signal_exactly(one.id, SIGKILL);
        }
    }
    reap_children();
}

INSTANTIATE_TEST_SUITE_P(every_way, escaping, testing::ValuesIn(escapes), [](const auto& info) {
    return std::string{info.param.name};
});

TEST(stop, a_leader_that_obeys_ends_within_its_grace_and_keeps_its_exit_status) {
    auto unit = start(shell("trap 'exit 42' TERM; echo ready; while :; do sleep 0.05; done"));
    read_lines(unit->standard_output(), 1);
    const auto report = stop_and_wait(*unit, {.grace = 20s}, steady_clock{});
    EXPECT_FALSE(report.forced);
    EXPECT_EQ(await_exit(*unit).code, 42);
}

TEST(stop, a_leader_that_takes_a_second_sigterm_for_at_once_gets_to_the_end_of_its_drain) {
    auto unit = start(python(R"(
import os, signal, time
told, tell = os.pipe()
def drain(*_):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.read(told, 1)
    time.sleep(0.2)
    print('saved', flush=True)
    os._exit(7)
signal.signal(signal.SIGTERM, drain)
if os.fork() == 0:
    def leave(*_):
        os.write(tell, b'x')
        os._exit(0)
    signal.signal(signal.SIGTERM, leave)
    print('ready', flush=True)
time.sleep(60)
)"));
    ASSERT_EQ(read_lines(unit->standard_output(), 1).size(), 1U);
    EXPECT_FALSE(stop_and_wait(*unit, {.grace = 3s}, steady_clock{}).forced);
    EXPECT_EQ(await_exit(*unit).code, 7) << "no signal ended it";
    EXPECT_EQ(read_lines(unit->standard_output(), 1), std::vector<std::string>{"saved"});
}

TEST(stop, a_group_that_forks_all_the_time_is_killed_to_the_last) {
    auto unit = start(python(R"(
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
deadline = time.monotonic() + 60
def keep_forking(depth):
    while time.monotonic() < deadline:
        if os.fork() == 0:
            if depth % 3 == 0: os.setsid()
            depth += 1
            continue
        os._exit(0) if depth > 0 else os.wait()
for _ in range(20):
    if os.fork() == 0: keep_forking(1)
print('ready', flush=True)
time.sleep(60)
)"));
    ASSERT_EQ(read_lines(unit->standard_output(), 1).size(), 1U);
    const auto marker = unit->identity().marker;
    const auto report = stop_and_wait(*unit, {.grace = {}}, steady_clock{});
    EXPECT_EQ(report.abandoned, 0U) << describe(report);
    unit.reset();
    EXPECT_TRUE(gone(marker));
}

TEST(stop, thirty_units_at_once_do_not_touch_each_other) {
    std::vector<std::unique_ptr<unit>> units;
    for (int i = 0; i < 30; ++i) {
        units.push_back(start(shell("sleep 60 & echo ready; wait")));
    }
    for (auto& one : units) {
        read_lines(one->standard_output(), 1);
    }
    for (std::size_t i = 0; i < units.size(); i += 2) {
        EXPECT_EQ(stop_and_wait(*units[i], {}, steady_clock{}).abandoned, 0U);
    }
    for (std::size_t i = 0; i < units.size(); ++i) {
        EXPECT_EQ(units[i]->scan().members.size(), i % 2 == 0 ? 0U : 2U);
    }
}

// In a process of its own: starts a unit, says so, and is killed without warning.
[[noreturn]] void supervise_until_killed(int tell, const char* script) {
    auto unit = start(shell(script));
    read_lines(unit->standard_output(), 1);
    [[maybe_unused]] const auto sent = ::write(tell, "x", 1);
    ::poll(nullptr, 0, 60'000);
    ::_exit(1);
}

TEST(stop, kill_9_of_the_supervising_process_leaves_no_orphan) {
    for (const auto& one : escapes) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        const pid_t supervisor = ::fork();
        if (supervisor == 0) {
            supervise_until_killed(ends[1], one.script);
        }
        ::close(ends[1]);
        char told = 0;
        ASSERT_EQ(::read(ends[0], &told, 1), 1) << one.name;
        ::close(ends[0]);

        unit_identity all;
        all.keeper = read_stat_numbers(supervisor)->id;
        const auto below = members_of(read_process_table(), all, ::getpid()).members;
        EXPECT_GE(below.size(), 2U) << one.name << ": a keeper and who got away";
        ::kill(supervisor, SIGKILL);
        ::waitpid(supervisor, nullptr, 0);
        EXPECT_TRUE(ended(below)) << one.name;
    }
}

}  // namespace
}  // namespace curfew::process
