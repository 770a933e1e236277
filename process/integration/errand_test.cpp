#include "real.hpp"
#include <curfew/process/errand.hpp>
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/task_group.hpp>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <utility>

namespace curfew::process {
namespace {

using namespace std::chrono_literals;

class errand_test : public testing::Test {
  public:
    result<errand_report> run(std::string script, duration patience = real::patience) {
        auto what = real::shell(std::move(script));
        what.standard_output = output::discard;
        what.standard_error = output::capture;
        tasks.spawn(send(std::move(what), patience));
        on.run();
        return std::move(*told);
    }

    runtime::task<> send(command what, duration patience) {
        runtime::scope limited{root, bound::after(on.now(), patience, "test")};
        auto running = run_errand(machine, std::move(what), limited);
        auto ran = co_await running;
        told.emplace(std::move(ran));
        on.stop();
    }

    runtime::epoll outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    runtime::task_group tasks;
    system_host machine;
    std::optional<result<errand_report>> told;
};

TEST_F(errand_test, its_end_and_its_last_words_are_told) {
    const auto report = run("echo one >&2; echo two >&2; exit 3");
    ASSERT_TRUE(report);
    EXPECT_EQ(report->ended->code, 3);
    EXPECT_EQ(report->said, "one\ntwo\n");
    EXPECT_EQ(report->abandoned, 0U);
}

TEST_F(errand_test, one_that_talks_much_is_not_stopped_by_it) {
    const auto report = run("head -c 1000000 /dev/zero | tr '\\0' x >&2; echo end >&2");
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->ended->clean());
    EXPECT_EQ(report->said.size(), errand_tail);
    EXPECT_TRUE(report->said.ends_with("xend\n"));
}

TEST_F(errand_test, one_that_hangs_is_killed_with_its_tree) {
    const auto report = run("echo began >&2; sleep 600 & sleep 600", 200ms);
    ASSERT_TRUE(report);
    EXPECT_FALSE(report->ended);
    EXPECT_EQ(report->said, "began\n");
    EXPECT_EQ(report->abandoned, 0U);
}

TEST_F(errand_test, what_it_leaves_behind_goes_with_it) {
    const auto report = run("setsid sleep 600 >/dev/null 2>&1 & echo $! >&2");
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->ended->clean());
    EXPECT_NE(::kill(std::stoi(report->said), 0), 0);
}

TEST_F(errand_test, one_that_is_not_there_is_an_error) {
    command what;
    what.arguments = {"/no/such/program"};
    tasks.spawn(send(std::move(what), real::patience));
    on.run();
    ASSERT_FALSE(*told);
    EXPECT_EQ(told->error().code, errc::command_not_found);
}

}  // namespace
}  // namespace curfew::process
