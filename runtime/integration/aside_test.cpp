#include <curfew/runtime/aside.hpp>
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/task_group.hpp>

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <utility>

namespace curfew::runtime {
namespace {

using namespace std::chrono_literals;
using job = aside<int>;

task<> wait_and_stop(loop& on, std::shared_ptr<job> whom, duration patience, bool& done) {
    scope limited{on, bound::after(on.now(), patience, "test")};
    auto waiting = job::wait(std::move(whom), limited);
    done = co_await waiting;
    on.stop();
}

/// Whether it was done before its time was over.
bool wait(const std::shared_ptr<job>& whom, duration patience) {
    epoll outside;
    loop on{outside};
    task_group tasks;
    bool done = false;
    tasks.spawn(wait_and_stop(on, whom, patience, done));
    on.run();
    return done;
}

TEST(aside, what_is_done_is_told) {
    const auto begun = job::begin([] { return 42; });
    ASSERT_NE(begun, nullptr);
    EXPECT_TRUE(wait(begun, 20s));
    EXPECT_EQ(begun->result(), 42);
}

TEST(aside, what_hangs_is_left_and_may_be_waited_for_again) {
    std::promise<int> answer;
    const auto begun = job::begin([from = answer.get_future()]() mutable { return from.get(); });
    ASSERT_NE(begun, nullptr);
    EXPECT_FALSE(wait(begun, 50ms));
    EXPECT_FALSE(begun->done());
    answer.set_value(7);
    EXPECT_TRUE(wait(begun, 20s));
    EXPECT_EQ(begun->result(), 7);
}

}  // namespace
}  // namespace curfew::runtime
