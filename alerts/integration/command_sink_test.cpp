#include <curfew/alerts/sink.hpp>
#include <curfew/process/proc.hpp>
#include <curfew/process/spawn.hpp>
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/task_group.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace curfew::alerts {
namespace {

using namespace std::chrono_literals;
using runtime::task;

class command_sink_test : public testing::Test {
  public:
    command_sink_test(const command_sink_test&) = delete;
    command_sink_test& operator=(const command_sink_test&) = delete;

    ~command_sink_test() override { std::filesystem::remove_all(directory); }

  protected:
    command_sink_test() {
        std::string name = std::filesystem::temp_directory_path() / "curfew-sink-XXXXXX";
        directory = ::mkdtemp(name.data());
        what.id = "x-1";
        what.changes.push_back({transition::fired, {.alert = "slow", .operation = "GET /a\nb"}, {}}
        );
        rules.timeout = 10s;
    }

    /// Runs a shell script as the sink's command.
    delivery run(const std::string& script) {
        rules.command = {"/bin/sh", "-c", script};
        to.emplace(on, machine, rules, source{.version = "1.2.3"});
        tasks.spawn(send());
        on.run();
        return told;
    }

    task<> send() {
        auto sending = to->deliver(what, root);
        told = co_await sending;
        on.stop();
    }

    [[nodiscard]] std::string file(const std::string& name) const {
        std::ifstream from{directory + "/" + name};
        std::ostringstream text;
        text << from.rdbuf();
        return text.str();
    }

    std::string directory;
    runtime::epoll outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    runtime::task_group tasks;
    process::system_host machine;
    policy::sink_policy rules;
    notice what;
    std::optional<command_sink> to;
    delivery told;
};

TEST_F(command_sink_test, gets_the_notice_on_its_input_and_a_few_variables) {
    const delivery how =
        run("cat > " + directory +
            "/in; echo \"$CURFEW_ALERT_NAME $CURFEW_ALERT_STATE "
            "$CURFEW_ALERT_SEVERITY $CURFEW_ALERT_COUNT $CURFEW_ALERT_OPERATION\" > " +
            directory + "/env");
    EXPECT_TRUE(how.good()) << how.said;
    EXPECT_EQ(file("in"), to_json(what, source{.version = "1.2.3"}));
    EXPECT_EQ(file("env"), "slow firing warning 1 GET /a?b\n");
}

TEST_F(command_sink_test, its_variables_are_of_what_fires_before_what_ends) {
    change over = what.changes.front();
    over.what = transition::resolved;
    over.now.alert = "other";
    what.changes.insert(what.changes.begin(), over);
    run("echo \"$CURFEW_ALERT_NAME $CURFEW_ALERT_STATE $CURFEW_ALERT_COUNT\" > " + directory +
        "/env");
    EXPECT_EQ(file("env"), "slow firing 2\n");
}

TEST_F(command_sink_test, one_that_fails_is_told_by_its_exit_status) {
    const delivery how = run("exit 3");
    EXPECT_EQ(how.wrong, errc::command_failed);
    EXPECT_EQ(how.said, "exit status 3");
}

TEST_F(command_sink_test, one_that_is_not_there_is_told) {
    rules.command = {directory + "/none"};
    to.emplace(on, machine, rules, source{});
    tasks.spawn(send());
    on.run();
    EXPECT_EQ(told.wrong, errc::command_not_found);
}

TEST_F(command_sink_test, one_that_hangs_is_killed_with_all_it_started) {
    rules.timeout = 1s;
    const delivery how =
        run("trap '' TERM; setsid sleep 600 & (sleep 600 & echo $! > " + directory +
            "/pid; wait) & sleep 600");
    EXPECT_EQ(how.wrong, errc::own_timeout);
    EXPECT_EQ(how.said, "did not end in time and was killed");
    EXPECT_GE(how.took, 1s - 10ms) << "its deadline counts from the time of the loop's turn";
    const std::string pid = file("pid");
    ASSERT_FALSE(pid.empty());
    EXPECT_NE(::kill(std::stoi(pid), 0), 0) << "its grandchild lives";
}

TEST_F(command_sink_test, what_it_leaves_behind_is_killed_too) {
    const delivery how =
        run("(trap '' HUP TERM; sleep 600 & echo $! > " + directory +
            "/pid; wait) & "
            "until [ -s " +
            directory + "/pid ]; do :; done; exit 0");
    EXPECT_TRUE(how.good()) << how.said;
    EXPECT_NE(::kill(std::stoi(file("pid")), 0), 0);
}

TEST_F(command_sink_test, megabytes_that_it_prints_are_no_matter) {
    const delivery how = run("head -c 20000000 /dev/zero; head -c 20000000 /dev/zero >&2");
    EXPECT_TRUE(how.good()) << how.said;
}

TEST_F(command_sink_test, one_that_does_not_read_its_input_is_no_matter) {
    what.changes.resize(notice::changes_max, what.changes.front());
    for (change& each : what.changes) {
        each.now.figure_text.assign(100'000, 'x');
    }
    EXPECT_TRUE(run("exit 0").good());
}

}  // namespace
}  // namespace curfew::alerts
