#include "real.hpp"
#include <curfew/process/backend.hpp>
#include <curfew/runtime/epoll.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/runtime/task_group.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <csignal>
#include <functional>
#include <tuple>

namespace curfew::process {
namespace {

using namespace real;
using namespace std::chrono_literals;
using state = backend_state;
using testing::Contains;
using testing::HasSubstr;

// A server of one thread: each connection gets one line, but after the first byte 'h' it hangs.
constexpr const char* server_text = R"(
import socket, sys, time
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('127.0.0.1', int(sys.argv[1])))
listener.listen()
print('listening', flush=True)
def serve(connection):
    first = connection.recv(1)
    if first == b'x': sys.exit(3)
    if first == b'h': connection.recv(1)
    connection.close()
while True:
    serve(listener.accept()[0])
)";

// Ready is an accepted connection; alive is one that is closed by the server after a byte.
class echo_probe final : public backend_probe {
  public:
    echo_probe(runtime::network& through, const runtime::endpoint& to)
        : through_{through}, to_{to} {}

    runtime::task<bool> answers(purpose, runtime::scope& under) override {
        auto connecting = runtime::connect(through_, to_, under);
        auto connected = co_await connecting;
        if (!connected) {
            co_return false;
        }
        auto& stream = **connected;
        char byte = 'p';
        const iovec out{&byte, 1};
        std::ignore = stream.try_write({&out, 1});
        while (true) {
            const auto got = stream.try_read({&byte, 1});
            if (got.status != runtime::io::would_block) {
                co_return got.status == runtime::io::end;
            }
            auto waiting = stream.ready().wait_readable(under);
            const auto woken = co_await waiting;
            if (woken == runtime::wake::ended) {
                co_return false;
            }
        }
    }

  private:
    runtime::network& through_;
    runtime::endpoint to_;
};

struct recorder final : backend_watcher {
    void told(state now, std::string_view sentence) override {
        sentences.emplace_back(sentence);
        on_change(now);
    }

    void printed(std::string_view line) override {
        lines.emplace_back(line.substr(0, 100));
        on_line();
    }

    std::function<void(state)> on_change = [](state) {};
    std::function<void()> on_line = [] {};
    std::vector<std::string> sentences;
    std::vector<std::string> lines;
};

struct backend_integration : testing::Test {
    runtime::epoll outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    runtime::task_group tasks;
    system_host machine;
    recorder heard;
    runtime::endpoint address = free_address();
    echo_probe probe{outside, address};
    backend_options options;
    std::optional<backend> subject;
    std::optional<result<>> ended;

    runtime::endpoint free_address() {
        const auto any = runtime::endpoint::parse("127.0.0.1:0");
        return (*outside.listen(*any, false))->local();
    }

    void begin(const char* text = server_text) {
        options.what.arguments = {"/usr/bin/python3", "-c", text, std::to_string(address.port())};
        options.limits.live_interval = 100ms;
        options.probe_timeout = 300ms;
        options.stop.grace = 500ms;
        subject.emplace(on, machine, probe, heard, options);
        tasks.spawn(run());
    }

    runtime::task<> run() {
        auto running = subject->run(root);
        ended = co_await running;
    }

    void turn_until(const std::function<bool()>& holds) {
        const auto end = deadline::after(now(), patience);
        tasks.spawn(tick());
        while (!holds() && !end.expired(now())) {
            on.turn();
        }
        EXPECT_TRUE(holds()) << testing::PrintToString(heard.sentences);
        ticking.cancel();
        while (tasks.running() > (ended ? 0U : 1U)) {
            on.turn();
        }
    }

    // Bounds each turn of the loop, so that patience is looked at.
    runtime::scope ticking{on};

    runtime::task<> tick() {
        while (!ticking.ended()) {
            auto sleeping = runtime::sleep_until(ticking, now() + 10ms);
            co_await sleeping;
        }
    }

    void say(char byte) {
        const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ASSERT_EQ(::connect(client, address.address(), address.size()), 0);
        ASSERT_EQ(::send(client, &byte, 1, 0), 1);
        clients.push_back(client);
    }

    void TearDown() override {
        for (const int client : clients) {
            ::close(client);
        }
    }

    std::vector<int> clients;
};

TEST_F(backend_integration, runs_prefixes_its_output_and_stops_the_tree) {
    begin();
    pid_t leader = 0;
    heard.on_change = [&](state now) {
        if (now == state::ready) {
            leader = subject->pid();
            subject->stop();
        }
    };
    turn_until([&] { return ended.has_value(); });
    EXPECT_TRUE(ended->has_value());
    EXPECT_THAT(heard.lines, testing::ElementsAre("backend | listening\n"));
    ASSERT_NE(leader, 0);
    const auto left = read_stat_numbers(leader);
    EXPECT_FALSE(left && left->alive());
}

TEST_F(backend_integration, a_crash_is_followed_by_a_new_start) {
    begin();
    int ready = 0;
    heard.on_change = [&](state now) {
        if (now == state::ready && ++ready == 1) {
            say('x');
        } else if (ready == 2) {
            subject->stop();
        }
    };
    turn_until([&] { return ended.has_value(); });
    EXPECT_EQ(subject->starts(), 2U);
    EXPECT_THAT(heard.sentences, Contains("the backend ended: exit status 3"));
}

TEST_F(backend_integration, a_hang_is_dumped_then_restarted) {
    begin();
    int ready = 0;
    heard.on_change = [&](state now) {
        if (now == state::ready && ++ready == 1) {
            say('h');
        } else if (ready == 2) {
            subject->stop();
        }
    };
    turn_until([&] { return ended.has_value(); });
    EXPECT_EQ(subject->starts(), 2U);
    EXPECT_THAT(heard.sentences, Contains("the backend hangs: 3 probes in a row failed"));
    EXPECT_THAT(
        heard.sentences,
        Contains(testing::MatchesRegex(
            "hung in <string> serve -> recvfrom fd [0-9]+ .127.0.0.1:[0-9]+., [0-9.]+ s"
        ))
    );
}

TEST_F(backend_integration, a_command_that_ends_at_once_is_a_crash_loop_with_its_last_words) {
    options.limits.backoff_min = 1ms;
    begin("import sys; print('no such database', file=sys.stderr); sys.exit(9)");
    turn_until([&] { return ended.has_value(); });
    EXPECT_EQ(ended->error(), failure{errc::crash_loop});
    EXPECT_THAT(heard.sentences.back(), HasSubstr("last exit status 9"));
    EXPECT_THAT(heard.sentences.back(), HasSubstr("\n  no such database"));
}

TEST_F(backend_integration, a_command_that_does_not_exist_is_told_at_once) {
    options.what.arguments = {"no-such-server"};
    subject.emplace(on, machine, probe, heard, options);
    tasks.spawn(run());
    turn_until([&] { return ended.has_value(); });
    EXPECT_EQ(ended->error().code, errc::command_not_found);
}

TEST_F(backend_integration, a_killed_keeper_is_a_crash_that_leaves_nobody) {
    begin();
    int ready = 0;
    std::vector<process_facts> first;
    heard.on_change = [&](state now) {
        if (now == state::ready && ++ready == 1) {
            const auto keeper = read_stat_numbers(subject->pid())->parent;
            ::kill(keeper, SIGKILL);
        } else if (ready == 2) {
            subject->stop();
        }
    };
    turn_until([&] { return ended.has_value(); });
    EXPECT_THAT(heard.sentences, Contains("the backend ended: lost with its keeper"));
    EXPECT_EQ(subject->starts(), 2U);
}

TEST_F(backend_integration, a_flood_of_output_starves_nothing_and_an_open_pipe_holds_nothing_up) {
    options.limits.stable_after = 1h;
    begin(R"(
import os, sys, threading, socket
listener = socket.socket(); listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('127.0.0.1', int(sys.argv[1]))); listener.listen()
def flood():
    while True: os.write(1, b'x' * 50000 + b'\n')
threading.Thread(target=flood, daemon=True).start()
while True: listener.accept()[0].close()
)");
    int ready = 0;
    std::size_t lines_when_ready = 0;
    heard.on_change = [&](state now) {
        if (now == state::ready && ++ready == 1) {
            lines_when_ready = heard.lines.size();
            heard.on_line = [&] {
                if (heard.lines.size() == lines_when_ready + 5001) {
                    subject->stop();
                }
            };
        }
    };
    turn_until([&] { return ended.has_value(); });
    EXPECT_TRUE(ended->has_value());
    EXPECT_EQ(ready, 1);
    EXPECT_GT(heard.lines.size(), lines_when_ready + 5000);
}

}  // namespace
}  // namespace curfew::process
