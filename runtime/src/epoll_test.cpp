#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/resolver.hpp>
#include <curfew/runtime/signals.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/runtime/task_group.hpp>

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
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

task<> resolve_into(
    resolver& with, std::string name, scope& under, result<std::vector<endpoint>>& told
) {
    auto resolving = with.resolve(name, 80, under);
    told = co_await resolving;
}

TEST_F(epoll_test, a_name_in_the_hosts_file_resolves) {
    resolver with{on};
    result<std::vector<endpoint>> told;
    tasks.spawn(resolve_into(with, "localhost", root, told));
    finish();
    ASSERT_TRUE(told.has_value());
    EXPECT_TRUE(told->front().is_loopback());
    EXPECT_EQ(told->front().port(), 80);
}

TEST_F(epoll_test, a_name_that_cannot_be_resolved_fails_within_its_scope) {
    resolver with{on};
    result<std::vector<endpoint>> told;
    scope brief{root, {deadline::after(on.now(), 200ms), true, "resolve", 200ms}};
    tasks.spawn(resolve_into(with, "no-such-host.invalid", brief, told));
    while (tasks.running() > 0) {
        on.turn();
    }
    ASSERT_FALSE(told.has_value());
    const bool known =
        told.error().code == errc::resolve_failed || told.error().code == errc::resolve_timeout;
    EXPECT_TRUE(known);
}

}  // namespace
}  // namespace curfew::runtime
