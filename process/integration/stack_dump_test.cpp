#include "real.hpp"
#include <curfew/process/python_hook.hpp>
#include <curfew/process/stack_dump.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace curfew::process {
namespace {

using namespace real;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

dump_request request_for(unit& whom) {
    dump_request what;
    what.members = whom.scan().members;
    what.id = "test";
    what.hung_for = 58'900ms;
    return what;
}

TEST(stack_dump, a_stopped_server_is_named_and_not_the_sleeper_beside_it) {
    auto unit = start(shell(R"(sleep 60 & exec /usr/bin/python3 -c '
import socket
listener = socket.socket(); listener.bind(("127.0.0.1", 0)); listener.listen()
print("ready", flush=True)
listener.accept()')"));
    ASSERT_EQ(read_lines(unit->standard_output(), 1).size(), 1U);
    const auto leader = unit->identity().leader;
    ASSERT_TRUE(signal_exactly(leader, SIGSTOP));
    ASSERT_TRUE(eventually([&] { return read_stat_numbers(leader.pid)->state == 'T'; }));
    const auto dump = dump_stacks(request_for(*unit), now() + 2s);
    EXPECT_THAT(dump.headline, HasSubstr("stopped by a signal (state T)"));
    EXPECT_THAT(dump.headline, Not(HasSubstr("sleep:")));
}

TEST(stack_dump, of_two_sleepers_the_one_that_serves_is_named) {
    auto unit = start(python(R"(
import os, socket, time
if os.fork():
    time.sleep(60)
listener = socket.socket(); listener.bind(('127.0.0.1', 0)); listener.listen()
open('/proc/self/comm', 'w').write('server')
print(listener.getsockname()[1], flush=True)
time.sleep(60)
)"));
    const auto port = read_lines(unit->standard_output(), 1);
    ASSERT_EQ(port.size(), 1U);
    ASSERT_TRUE(eventually([&] {
        return std::ranges::all_of(unit->scan().members, [](const auto& one) {
            return one.state == 'S';
        });
    }));
    auto request = request_for(*unit);
    request.leader = unit->identity().leader;
    request.serves_at = *runtime::endpoint::parse("127.0.0.1:" + port.front());
    EXPECT_THAT(dump_stacks(request, now() + 2s).headline, HasSubstr("hung in server: "));
}

constexpr const char* hanging_client = R"(
import socket, threading
listener = socket.socket(); listener.bind(('127.0.0.1', 0)); listener.listen()
def fetch_orders(password):
    connection = socket.create_connection(listener.getsockname())
    print(listener.getsockname()[1], flush=True)
    connection.recv(1)
fetch_orders('hunter2')
)";

TEST(stack_dump, names_the_python_function_the_call_and_the_peer) {
    const auto hook = python_hook::make();
    ASSERT_TRUE(hook);
    auto what = python(hanging_client);
    (*hook)->arm(what);
    what.environment.emplace_back("DATABASE_PASSWORD", "swordfish");
    auto unit = start(what);
    const auto port = read_lines(unit->standard_output(), 1);
    ASSERT_EQ(port.size(), 1U);
    const auto blocked = [&] {
        return read_small_file(
                   ("/proc/" + std::to_string(unit->identity().leader.pid) + "/syscall").c_str()
        )
            .starts_with("45 ");
    };
    ASSERT_TRUE(eventually(blocked));

    auto request = request_for(*unit);
    request.python_stacks = (*hook)->stacks();
    request.directory = std::filesystem::temp_directory_path();
    const auto began = now();
    const auto dump = dump_stacks(request, began + 2s);
    EXPECT_LT(now() - began, 2s);
    EXPECT_TRUE(dump.complete);
    EXPECT_THAT(
        dump.headline,
        testing::MatchesRegex(
            "hung in <string> fetch_orders -> recvfrom fd [0-9]+ .127.0.0.1:" + port[0] +
            "., 58.9 s"
        )
    );
    EXPECT_EQ(read_small_file(dump.path.c_str(), 1 << 20), dump.text);
    EXPECT_THAT(dump.text, Not(HasSubstr("swordfish")));
    EXPECT_THAT(dump.text, Not(HasSubstr("hunter2")));
    EXPECT_THAT(dump.text, HasSubstr("listening on 127.0.0.1:" + port[0]));
    std::filesystem::remove(dump.path);
    EXPECT_TRUE(unit->scan().leader_alive) << "looking does not kill";
}

TEST(stack_dump, a_native_program_is_unwound_by_libdw) {
    auto unit = start(shell("echo ready; read line < <(sleep 60)"));
    read_lines(unit->standard_output(), 1);
    ASSERT_TRUE(eventually([&] { return unit->scan().members.size() == 2; }));
    const auto dump = dump_stacks(request_for(*unit), now() + 2s);
    EXPECT_THAT(dump.text, HasSubstr("[bash]"));
    EXPECT_THAT(dump.text, HasSubstr("[libc.so.6]"));
    EXPECT_THAT(dump.text, HasSubstr("main  [bash]"));
}

TEST(stack_dump, the_looked_at_process_goes_on) {
    auto unit = start(shell("for i in $(seq 200); do sleep 0.01; done; echo done; exit 5"));
    for (int i = 0; i < 20; ++i) {
        EXPECT_FALSE(dump_stacks(request_for(*unit), now() + 2s).text.empty());
    }
    EXPECT_EQ(await_exit(*unit).code, 5);
}

TEST(stack_dump, a_stopped_process_is_looked_at_and_stays_stopped) {
    auto unit = start(shell("kill -STOP $$; exit 0"));
    const auto stopped = [&] {
        const auto now = read_stat_numbers(unit->identity().leader.pid);
        return now && now->state == 'T';
    };
    ASSERT_TRUE(eventually(stopped));
    const auto dump = dump_stacks(request_for(*unit), now() + 2s);
    EXPECT_THAT(dump.text, HasSubstr("main  [bash]"));
    EXPECT_TRUE(eventually(stopped));
}

TEST(stack_dump, no_time_means_an_incomplete_dump_that_says_so) {
    auto unit = start(shell("sleep 60"));
    const auto dump = dump_stacks(request_for(*unit), now());
    EXPECT_FALSE(dump.complete);
    EXPECT_THAT(dump.text, HasSubstr("cut"));
}

TEST(stack_dump, an_identity_cannot_leave_its_directory) {
    auto unit = start(shell("sleep 60"));
    auto request = request_for(*unit);
    request.directory = "/tmp";
    request.id = "../../etc/x";
    EXPECT_EQ(dump_stacks(request, now() + 2s).path, "");
}

TEST(stack_dump, a_directory_of_dumps_keeps_the_newest_only) {
    const auto directory =
        std::filesystem::path{testing::TempDir()} / ("dumps-" + std::to_string(::getpid()));
    std::filesystem::create_directory(directory);
    const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours{1};
    for (int i = 0; i < 70; ++i) {
        const auto path = directory / ("hang-" + std::to_string(i) + ".txt");
        std::ofstream{path} << "old";
        std::filesystem::last_write_time(path, old + std::chrono::seconds{i});
    }
    std::ofstream{directory / "notes.txt"} << "not a dump";

    auto unit = start(shell("sleep 60"));
    auto request = request_for(*unit);
    request.directory = directory;
    const auto dump = dump_stacks(request, now() + 2s);
    EXPECT_TRUE(std::filesystem::exists(dump.path));
    EXPECT_FALSE(std::filesystem::exists(directory / "hang-6.txt"));
    EXPECT_TRUE(std::filesystem::exists(directory / "hang-7.txt"));
    EXPECT_TRUE(std::filesystem::exists(directory / "notes.txt"));
    std::filesystem::remove_all(directory);
}

TEST(python_hook, a_python_without_the_hook_is_never_signalled) {
    const auto hook = python_hook::make();
    ASSERT_TRUE(hook);
    auto what = python("import time\nprint('ready', flush=True)\ntime.sleep(60)");
    what.arguments.insert(what.arguments.begin() + 1, "-E");
    (*hook)->arm(what);
    auto unit = start(what);
    read_lines(unit->standard_output(), 1);
    auto request = request_for(*unit);
    request.python_stacks = (*hook)->stacks();
    EXPECT_THAT(dump_stacks(request, now() + 2s).text, Not(HasSubstr("Python")));
    EXPECT_TRUE(unit->scan().leader_alive) << "the signal would have ended it";
}

TEST(python_hook, hides_no_sitecustomize_and_no_path) {
    char folder[] = "/tmp/curfew-site-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    const auto file = std::string{folder} + "/sitecustomize.py";
    std::FILE* out = std::fopen(file.c_str(), "w");
    std::fputs("print('hidden one runs', flush=True)\n", out);
    std::fclose(out);
    const auto hook = python_hook::make();
    ASSERT_TRUE(hook);
    auto what = python("import sys; print([p for p in sys.path if 'curfew' in p], flush=True)");
    what.environment.emplace_back("PYTHONPATH", folder);
    (*hook)->arm(what);
    auto unit = start(what);
    EXPECT_THAT(
        read_lines(unit->standard_output(), 2),
        testing::ElementsAre("hidden one runs", "['" + std::string{folder} + "']")
    );
    await_exit(*unit);
    std::filesystem::remove_all(folder);
}

TEST(python_hook, leaves_nothing_behind) {
    auto hook = python_hook::make();
    ASSERT_TRUE(hook);
    const auto folder = std::filesystem::path{(*hook)->stacks()}.parent_path();
    auto what = python("pass");
    (*hook)->arm(what);
    await_exit(*start(what));
    EXPECT_TRUE(std::filesystem::exists(folder));
    hook->reset();
    EXPECT_FALSE(std::filesystem::exists(folder));
}

}  // namespace
}  // namespace curfew::process
