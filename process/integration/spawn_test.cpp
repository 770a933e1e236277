#include "real.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace curfew::process {
namespace {

using namespace real;
using testing::ElementsAre;

result<std::unique_ptr<unit>> try_start(std::vector<std::string> arguments) {
    command what;
    what.arguments = std::move(arguments);
    return system_host{}.spawn(what);
}

class scratch_file {
  public:
    scratch_file(const char* text, mode_t mode) {
        const int file = ::mkstemp(path_.data());
        EXPECT_GT(::write(file, text, std::strlen(text)), 0);
        ::fchmod(file, mode);
        ::close(file);
    }

    ~scratch_file() { ::unlink(path_.c_str()); }

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_ = "/tmp/curfew-spawn-XXXXXX";
};

TEST(spawn, captures_output_and_tells_the_exit_status_and_cost) {
    auto unit = start(shell("echo one; echo two; exit 7"));
    EXPECT_THAT(read_lines(unit->standard_output(), 2), ElementsAre("one", "two"));
    const auto report = await_exit(*unit);
    EXPECT_EQ(report.code, 7);
    EXPECT_EQ(report.signal, 0);
    EXPECT_GT(report.peak_memory, 100'000U);
    EXPECT_EQ(describe(report), "exit status 7");
}

TEST(spawn, tells_the_signal_that_ended_it) {
    auto unit = start(shell("kill -SEGV $$"));
    const auto report = await_exit(*unit);
    EXPECT_EQ(report.signal, SIGSEGV);
    EXPECT_EQ(report.shell_code(), 139);
    EXPECT_THAT(describe(report), testing::StartsWith("signal 11 (SIGSEGV)"));
}

TEST(spawn, a_missing_program_is_not_found) {
    const failure absent{errc::command_not_found, ENOENT};
    EXPECT_EQ(try_start({"no-such-program-anywhere"}).error(), absent);
    EXPECT_EQ(try_start({"/no/such/program"}).error(), absent);
    EXPECT_EQ(try_start({"/etc/passwd/x"}).error().code, errc::command_not_found);
}

TEST(spawn, what_is_no_program_is_not_executable) {
    EXPECT_EQ(try_start({"/etc/passwd"}).error(), (failure{errc::command_not_executable, EACCES}));
    EXPECT_EQ(try_start({"/etc"}).error(), (failure{errc::command_not_executable, EACCES}));
    const scratch_file text{"no first line\n", 0755};
    EXPECT_EQ(try_start({text.path()}).error(), (failure{errc::command_not_executable, ENOEXEC}));
}

TEST(spawn, a_script_whose_interpreter_is_missing_is_not_executable) {
    const scratch_file script{"#!/no/such/interpreter\n", 0755};
    EXPECT_EQ(try_start({script.path()}).error().code, errc::command_not_executable);
}

TEST(spawn, nothing_to_run_and_no_such_directory_are_bad_usage) {
    EXPECT_EQ(try_start({}).error().code, errc::bad_usage);
    EXPECT_EQ(try_start({""}).error().code, errc::bad_usage);
    auto what = shell("true");
    what.directory = "/no/such/directory";
    EXPECT_EQ(system_host{}.spawn(what).error(), (failure{errc::bad_usage, ENOENT}));
}

TEST(spawn, directory_environment_and_session_are_its_own) {
    auto what = shell("pwd; echo $GREETING; ps -o sid= -p $$ | tr -d ' '; echo $$");
    what.directory = "/usr";
    what.environment = {{"GREETING", "good evening"}};
    auto unit = start(what);
    const auto lines = read_lines(unit->standard_output(), 4);
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_EQ(lines[0], "/usr");
    EXPECT_EQ(lines[1], "good evening");
    EXPECT_EQ(lines[2], lines[3]) << "leader of its session";
    EXPECT_EQ(lines[3], std::to_string(unit->identity().leader.pid));
}

/// What a parent can leave behind in a signal that glibc will not let anybody touch.
void ignore_for_glibc_only(int number) {
    const std::array<std::uint64_t, 4> ignored{1, 0, 0, 0};  // SIG_IGN, no flags, no mask
    ASSERT_EQ(::syscall(SYS_rt_sigaction, number, ignored.data(), nullptr, 8), 0);
}

TEST(spawn, no_signal_is_ignored_or_blocked_and_no_descriptor_is_left_open) {
    ::signal(SIGPIPE, SIG_IGN);
    ignore_for_glibc_only(32);
    const int leaky = ::open("/dev/null", O_RDONLY);  // no O_CLOEXEC, on purpose
    auto unit = start(shell("grep -E 'Sig(Ign|Blk)' /proc/self/status; ls /proc/self/fd | wc -l"));
    const auto lines = read_lines(unit->standard_output(), 3);
    ::close(leaky);
    ::signal(SIGPIPE, SIG_DFL);
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0], "SigBlk:\t0000000000000000");
    EXPECT_EQ(lines[1], "SigIgn:\t0000000000000000");
    EXPECT_EQ(lines[2], "4") << "its three streams, and the one ls opens";
}

TEST(spawn, standard_input_is_empty_unless_inherited) {
    auto unit = start(shell("cat; echo end"));
    EXPECT_THAT(read_lines(unit->standard_output(), 1), ElementsAre("end"));
}

TEST(spawn, a_process_group_of_its_own_stays_in_our_session) {
    auto what = shell("ps -o pgid=,sid= -p $$; echo; read x");
    what.group = grouping::own_group;
    auto unit = start(what);
    const auto own = read_stat_numbers(::getpid());
    const auto leader = read_stat_numbers(unit->identity().leader.pid);
    ASSERT_TRUE(leader);
    EXPECT_EQ(leader->session, own->session);
    EXPECT_EQ(leader->group, leader->id.pid);
    EXPECT_NE(leader->group, own->group);
}

TEST(spawn, empty_is_told_when_the_last_descendant_has_ended_not_the_leader) {
    auto unit = start(shell("read line <&0; sleep 60 & echo $!; exit 0"));
    await_exit(*unit);
    EXPECT_FALSE(unit->empty());
    const auto left = unit->scan();
    ASSERT_EQ(left.members.size(), 1U);
    EXPECT_FALSE(left.leader_alive);
    ASSERT_TRUE(signal_exactly(left.members[0].id, SIGKILL));
    await(*unit, [&] { return unit->empty(); });
    EXPECT_TRUE(unit->empty());
}

TEST(spawn, leaves_no_zombie_behind) {
    for (int i = 0; i < 20; ++i) {
        auto unit = start(shell("exit 0"));
        await_exit(*unit);
        EXPECT_FALSE(try_start({"no-such-program-anywhere"}));
    }
    reap_children();
    const auto self = ::getpid();
    EXPECT_TRUE(std::ranges::none_of(read_process_table(), [&](const auto& one) {
        return one.parent == self && one.state == 'Z';
    }));
}

}  // namespace
}  // namespace curfew::process
