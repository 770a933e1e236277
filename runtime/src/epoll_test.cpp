#include <curfew/runtime/descriptor.hpp>
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/signals.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/runtime/task_group.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <thread>

namespace curfew::runtime {
namespace {

using namespace std::chrono_literals;

const endpoint any_port = *endpoint::parse("127.0.0.1:0");

/// The real kernel, bounded: a scenario that does not end within 10 s fails.
struct epoll_test : testing::Test {
    epoll outside;
    loop on{outside};
    scope root{on, {deadline::after(on.now(), 10s), true, "test", 10s}};
    task_group tasks;

    void finish() {
        while (tasks.running() > 0) {
            on.turn();
        }
        EXPECT_FALSE(root.ended()) << "the scenario took too long";
    }
};

task<std::string> read_all(stream& from, scope& under) {
    std::string all;
    for (;;) {
        char buffer[4096];
        const io_result got = from.try_read(buffer);
        if (got.status == io::ok) {
            all.append(buffer, got.bytes);
        } else if (got.status == io::would_block) {
            auto readable = from.ready().wait_readable(under);
            const auto woken = co_await readable;
            if (woken == wake::ended) {
                co_return all;
            }
        } else {
            co_return all;
        }
    }
}

task<> write_all(stream& to, std::string text, scope& under) {
    std::size_t sent = 0;
    while (sent < text.size()) {
        const iovec part{text.data() + sent, text.size() - sent};
        const io_result put = to.try_write({&part, 1});
        if (put.status == io::ok) {
            sent += put.bytes;
        } else if (put.status == io::would_block) {
            auto writable = to.ready().wait_writable(under);
            const auto woken = co_await writable;
            if (woken == wake::ended) {
                co_return;
            }
        } else {
            co_return;
        }
    }
    to.shutdown_write();
}

task<result<std::unique_ptr<stream>>> accept_one(listener& at, scope& under) {
    for (;;) {
        auto accepted = at.try_accept();
        if (!accepted || *accepted) {
            co_return std::move(accepted);
        }
        auto readable = at.ready().wait_readable(under);
        const auto woken = co_await readable;
        if (woken == wake::ended) {
            co_return fail(errc::cancelled);
        }
    }
}

task<> echo_server(listener& at, scope& under, std::string& heard) {
    auto accepting = accept_one(at, under);
    const auto accepted = co_await accepting;
    auto reading = read_all(**accepted, under);
    heard = co_await reading;
}

task<> talk(network& through, endpoint to, scope& under, std::string text) {
    auto connecting = connect(through, to, under);
    const auto connected = co_await connecting;
    auto writing = write_all(**connected, text, under);
    co_await writing;
}

TEST_F(epoll_test, more_than_the_kernel_buffers_arrives_whole_and_in_order) {
    const auto listening = outside.listen(any_port, false);
    ASSERT_TRUE(listening.has_value());
    std::string text(8'000'000, ' ');
    for (std::size_t i = 0; i < text.size(); ++i) {
        text[i] = static_cast<char>('a' + i % 23);
    }
    std::string heard;
    tasks.spawn(echo_server(**listening, root, heard));
    tasks.spawn(talk(outside, (*listening)->local(), root, text));
    finish();
    EXPECT_EQ(heard, text);
}

task<> connect_into(network& through, endpoint to, scope& under, failure& told) {
    auto connecting = connect(through, to, under);
    const auto connected = co_await connecting;
    told = connected ? failure{} : connected.error();
}

TEST_F(epoll_test, connect_to_a_closed_port_is_refused) {
    endpoint closed;
    {
        const auto listening = outside.listen(any_port, false);
        closed = (*listening)->local();
    }
    failure told;
    tasks.spawn(connect_into(outside, closed, root, told));
    finish();
    EXPECT_EQ(told.code, errc::connect_refused);
}

TEST_F(epoll_test, a_taken_port_is_told_as_such) {
    const auto first = outside.listen(any_port, false);
    const auto second = outside.listen((*first)->local(), false);
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, errc::address_in_use);
}

TEST_F(epoll_test, without_a_descriptor_left_the_connection_waits_in_the_queue) {
    const auto listening = outside.listen(any_port, false);
    auto client = outside.begin_connect((*listening)->local());
    ASSERT_TRUE(client.has_value());
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{static_cast<rlim_t>(dup(0)), before.rlim_max};
    ::close(static_cast<int>(none.rlim_cur));
    setrlimit(RLIMIT_NOFILE, &none);
    const auto refused = (*listening)->try_accept();
    setrlimit(RLIMIT_NOFILE, &before);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, errc::local_resource);
    const auto accepted = (*listening)->try_accept();
    ASSERT_TRUE(accepted.has_value());
    EXPECT_NE(*accepted, nullptr);
}

struct greeting : posted {
    greeting() noexcept
        : posted{[](posted& self) noexcept {
              auto& mine = static_cast<greeting&>(self);
              mine.ran_on = std::this_thread::get_id();
              mine.flag.pass();
          }} {}

    std::thread::id ran_on;
    baton flag;
};

task<> wait_for(baton& flag, scope& under) {
    auto waiting = flag.wait(under);
    co_await waiting;
}

TEST_F(epoll_test, work_posted_from_another_thread_runs_on_the_loop) {
    greeting work;
    tasks.spawn(wait_for(work.flag, root));
    std::thread other{[&] { on.post(work); }};
    finish();
    other.join();
    EXPECT_EQ(work.ran_on, std::this_thread::get_id());
}

task<> next_signal(signals& from, scope& under, std::optional<int>& told) {
    auto waiting = from.next(under);
    told = co_await waiting;
}

TEST_F(epoll_test, a_signal_is_an_event) {
    signals from{outside, {SIGUSR2}};
    std::optional<int> told;
    tasks.spawn(next_signal(from, root, told));
    ::kill(::getpid(), SIGUSR2);
    finish();
    EXPECT_EQ(told, SIGUSR2);
}

TEST(epoll, whole_milliseconds_round_up_and_end) {
    EXPECT_EQ(whole_milliseconds(0ns), 0);
    EXPECT_EQ(whole_milliseconds(1ns), 1);
    EXPECT_EQ(whole_milliseconds(999'999ns), 1);
    EXPECT_EQ(whole_milliseconds(1ms), 1);
    EXPECT_EQ(whole_milliseconds(1ms + 1ns), 2);
    EXPECT_EQ(whole_milliseconds(1h - 1ns), 3'600'000);
    EXPECT_EQ(whole_milliseconds(1h + 1ns), 3'600'000);
    EXPECT_EQ(whole_milliseconds(duration::max() - 1ns), 3'600'000);
    EXPECT_EQ(whole_milliseconds(duration::max()), -1);
}

/// One contract, whichever system call keeps it.
struct epoll_precision : testing::TestWithParam<precision> {
    epoll outside{GetParam()};
};

TEST_P(epoll_precision, a_wait_never_ends_before_its_deadline) {
    for (const duration length : {1ns, 999ns, 65'536ns, 999'999ns, 1'000'001ns, 2'500'000ns}) {
        const deadline until = deadline::after(outside.now(), length);
        outside.wait(until);
        EXPECT_TRUE(until.expired(outside.now())) << length.count() << " ns";
    }
}

TEST_P(epoll_precision, a_timer_of_the_loop_fires_within_two_turns_and_not_early) {
    loop on{outside};
    scope root{on};
    const time_point due = on.now() + 700us;
    scope limited{root, {deadline{due}, true, "test", 700us}};
    int turns = 0;
    for (; !limited.ended() && turns < 10; ++turns) {
        EXPECT_LT(on.now(), due);
        on.turn();
    }
    EXPECT_GE(on.now(), due);
    EXPECT_LE(turns, 2);
}

TEST_P(epoll_precision, a_wait_for_ever_ends_with_a_wake) {
    std::thread other{[&] { outside.wake(); }};
    outside.wait(deadline::unreachable());
    other.join();
}

TEST_P(epoll_precision, a_deadline_that_has_passed_still_looks) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    watched_descriptor reading{outside, descriptor{ends[0]}};
    const descriptor writing{ends[1]};
    reading.ready().clear_readable();
    outside.wait(deadline{outside.now() - 1h});
    EXPECT_FALSE(reading.ready().readable());
    ASSERT_EQ(::write(writing.number(), "x", 1), 1);
    outside.wait(deadline{outside.now() - 1h});
    EXPECT_TRUE(reading.ready().readable());
}

INSTANTIATE_TEST_SUITE_P(
    system_calls,
    epoll_precision,
    testing::Values(precision::nanosecond, precision::millisecond),
    [](const auto& of) { return of.param == precision::nanosecond ? "pwait2" : "wait"; }
);

/// From now on the kernel is as one before Linux 5.11, for the calling thread.
bool forget_epoll_pwait2() {
    std::array<sock_filter, 4> rules{
        sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_pwait2, 0, 1),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{rules.size(), rules.data()};
    return prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(epoll, an_older_kernel_is_noticed_and_waits_are_never_early) {
    bool older = false;
    bool early = false;
    std::thread on_an_older_kernel{[&] {
        older = forget_epoll_pwait2();
        epoll outside;
        for (const duration length : {1ns, 999'999ns, 1'000'001ns, 2'500'000ns}) {
            const deadline until = deadline::after(outside.now(), length);
            outside.wait(until);
            early = early || !until.expired(outside.now());
        }
    }};
    on_an_older_kernel.join();
    if (!older) {
        GTEST_SKIP() << "seccomp is not allowed here";
    }
    EXPECT_FALSE(early);
}

}  // namespace
}  // namespace curfew::runtime
