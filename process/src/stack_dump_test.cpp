#include "headline.hpp"
#include "python_stack.hpp"
#include "thread_facts.hpp"
#include <curfew/process/stack_dump.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/syscall.h>

namespace curfew::process {
namespace {

using namespace std::chrono_literals;

TEST(redact, blots_out_what_looks_like_a_secret) {
    EXPECT_EQ(redact("password=hunter2 x"), "password=[redacted] x");
    EXPECT_EQ(redact("DB_PASSWORD=hunter2"), "DB_PASSWORD=[redacted]");
    EXPECT_EQ(redact("{\"token\": \"abc\", \"a\": 1}"), "{\"token\": \"[redacted]\", \"a\": 1}");
    EXPECT_EQ(redact("Authorization: Bearer abc.def\n"), "Authorization: [redacted]\n");
    EXPECT_EQ(redact("postgres://u:p@ss@h/db"), "postgres://[redacted]@h/db");
    EXPECT_EQ(redact("/x?api_key=1&b=2"), "/x?api_key=[redacted]&b=2");
    EXPECT_EQ(redact("secret="), "secret=[redacted]");
}

TEST(redact, leaves_the_rest_alone) {
    for (const char* text :
         {"",
          "recvfrom fd 7 (127.0.0.1:5432)",
          "check_password  [shop]",
          "http://host/path",
          "tokenizer.py",
          "://",
          "password"}) {
        EXPECT_EQ(redact(text), text);
    }
}

TEST(parse_syscall, knows_the_call_and_its_descriptor) {
    const auto facts = parse_syscall(
        std::to_string(SYS_recvfrom) + " 0x7 0x7ffd 0x2000 0x0 0x0 0x0 0x7ffc 0x7f00\n"
    );
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->name, "recvfrom");
    EXPECT_EQ(facts->descriptor, 7);
    EXPECT_EQ(facts->telling, interest::blocked);
}

TEST(parse_syscall, a_poll_of_one_is_a_wait_and_of_many_is_idling) {
    const auto number = std::to_string(SYS_ppoll);
    EXPECT_EQ(parse_syscall(number + " 0x10 0x1 0x0")->telling, interest::blocked);
    EXPECT_EQ(parse_syscall(number + " 0x10 0x1 0x0")->polled_at, 16U);
    EXPECT_EQ(parse_syscall(number + " 0x10 0x9 0x0")->telling, interest::idle);
}

TEST(parse_syscall, nothing_for_a_thread_outside_and_a_number_for_a_strange_call) {
    EXPECT_FALSE(parse_syscall("running"));
    EXPECT_FALSE(parse_syscall("-1 0x7ffc 0x7f00"));
    EXPECT_FALSE(parse_syscall(""));
    EXPECT_EQ(parse_syscall("99999 0x1")->name, "system call 99999");
}

TEST(parse_inet_sockets, gives_peers_by_inode) {
    socket_table table;
    parse_inet_sockets(
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
        "timeout inode\n"
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        "
        "0 111 1 0 100 0 0 10 0\n"
        "   1: 0100007F:C350 0100007F:1538 01 00000000:00000000 00:00000000 00000000     0        "
        "0 222 1 0 20 4 30 10 -1\n"
        "   2: 00000000000000000000000001000000:C350 00000000000000000000000001000000:1538 01 "
        "00000000:00000000 00:00000000 00000000     0        0 333 1 0 20 4 30 10 -1\n"
        "   3: 0000000000000000FFFF00000100007F:C350 0000000000000000FFFF00000100007F:0050 01 "
        "00000000:00000000 00:00000000 00000000     0        0 444 1 0 20 4 30 10 -1\n"
        "   4: garbage\n",
        table
    );
    EXPECT_EQ(
        table,
        (socket_table{
            {111, "listening on 127.0.0.1:8080"},
            {222, "127.0.0.1:5432"},
            {333, "[::1]:5432"},
            {444, "127.0.0.1:80"},
        })
    );
}

TEST(parse_unix_sockets, gives_paths_by_inode) {
    socket_table table;
    parse_unix_sockets(
        "Num       RefCount Protocol Flags    Type St Inode Path\n"
        "0000000000000000: 00000002 00000000 00010000 0001 01 123 /run/app.sock\n"
        "0000000000000000: 00000003 00000000 00000000 0001 03 124\n",
        table
    );
    EXPECT_EQ(table, (socket_table{{123, "unix /run/app.sock"}, {124, "unix socket"}}));
}

constexpr std::string_view faulthandler_text =
    "Thread 0x00007f1 (most recent call first):\n"
    "  File \"/usr/lib/python3.11/threading.py\", line 324 in wait\n"
    "  File \"/usr/lib/python3.11/threading.py\", line 1002 in _bootstrap\n"
    "\n"
    "noise\n"
    "Current thread 0x00007f2 (most recent call first):\n"
    "  File \"/usr/lib/python3.11/socket.py\", line 706 in readinto\n"
    "  File \"/app/venv/lib/python3.11/site-packages/psycopg2/__init__.py\", line 122 in connect\n"
    "  File \"/app/main.py\", line 3 in <module>\n";

TEST(parse_faulthandler, reads_threads_and_frames) {
    const auto threads = parse_faulthandler(faulthandler_text);
    ASSERT_EQ(threads.size(), 2U);
    EXPECT_FALSE(threads[0].current);
    EXPECT_TRUE(threads[1].current);
    ASSERT_EQ(threads[1].frames.size(), 3U);
    EXPECT_EQ(threads[1].frames[1].function, "connect");
    EXPECT_EQ(threads[1].frames[1].line, 122);
    EXPECT_EQ(threads[1].frames[2].file, "/app/main.py");
}

TEST(parse_faulthandler, survives_every_truncation) {
    for (std::size_t size = 0; size < faulthandler_text.size(); ++size) {
        EXPECT_LE(parse_faulthandler(faulthandler_text.substr(0, size)).size(), 2U);
    }
}

TEST(name_place, is_the_innermost_frame_outside_the_standard_library) {
    const auto threads = parse_faulthandler(faulthandler_text);
    EXPECT_EQ(name_place(threads[0]), "") << "an idle worker";
    EXPECT_EQ(name_place(threads[1]), "psycopg2 connect");
}

process_picture picture_of(std::vector<thread_facts> threads) {
    process_picture picture;
    picture.facts.name = "shop";
    picture.threads = std::move(threads);
    picture.descriptors = {
        {7, "socket:[1]", "127.0.0.1:5432"}, {3, "socket:[2]", "listening on x"}
    };
    return picture;
}

thread_facts thread_in(pid_t tid, long call, int descriptor) {
    thread_facts thread;
    thread.tid = tid;
    thread.state = 'S';
    thread.in = parse_syscall(std::to_string(call) + " " + std::to_string(descriptor));
    return thread;
}

TEST(headline, says_where_on_what_how_many_and_for_how_long) {
    auto picture = picture_of({
        thread_in(1, SYS_accept4, 3),
        thread_in(2, SYS_recvfrom, 7),
        thread_in(3, SYS_recvfrom, 7),
        thread_in(4, SYS_futex, 0),
    });
    for (pid_t tid = 1; tid <= 4; ++tid) {
        picture.native.threads.push_back(
            {tid, {{"recv", "libc.so.6"}, {"shop::list_orders(int)", "shop"}}}
        );
    }
    EXPECT_EQ(
        make_headline({picture}, 58'900ms),
        "hung in shop shop::list_orders -> recvfrom fd 7 (127.0.0.1:5432), 2 threads, 58.9 s"
    );
}

TEST(headline, python_names_the_place_before_the_interpreter_does) {
    auto picture = picture_of({thread_in(1, SYS_recvfrom, 7)});
    picture.python = parse_faulthandler(faulthandler_text);
    picture.native.threads.push_back({1, {{"recv", "libc.so.6"}, {"main", "python3.11"}}});
    EXPECT_EQ(
        make_headline({picture}, 1s),
        "hung in psycopg2 connect -> recvfrom fd 7 (127.0.0.1:5432), 1.0 s"
    );
}

TEST(headline, each_thread_has_the_python_place_that_is_its_own) {
    auto picture = picture_of({thread_in(12, SYS_recvfrom, 7)});
    picture.native.threads = {{12, {}, 0x7f02}};
    picture.python = parse_faulthandler(
        "Thread 0x00007f02 (most recent call first):\n"
        "  File \"/usr/lib/python3/dist-packages/psycopg2/__init__.py\", line 122 in connect\n"
        "\n"
        "Current thread 0x00007f01 (most recent call first):\n"
        "  File \"/srv/app.py\", line 10 in <module>\n"
    );
    EXPECT_EQ(
        make_headline({picture}, {}), "hung in psycopg2 connect -> recvfrom fd 7 (127.0.0.1:5432)"
    );
}

TEST(headline, a_parent_that_waits_for_its_worker_is_not_the_place) {
    auto parent = picture_of({thread_in(1, SYS_wait4, 0)});
    auto worker = picture_of({thread_in(2, SYS_read, 7)});
    EXPECT_EQ(make_headline({parent, worker}, {}), "hung in shop: read fd 7 (127.0.0.1:5432)");
}

TEST(headline, a_wait_for_new_connections_is_idle_whatever_the_call) {
    const auto picture = picture_of({thread_in(1, SYS_read, 3), thread_in(2, SYS_futex, 0)});
    EXPECT_EQ(make_headline({picture}, {}), "hung in shop: futex");
}

TEST(headline, a_spin_is_told_as_running) {
    thread_facts spinning;
    spinning.state = 'R';
    EXPECT_EQ(make_headline({picture_of({spinning})}, {}), "hung in shop: running");
}

TEST(headline, what_was_stopped_by_a_signal_outranks_whoever_waits) {
    auto stopped = picture_of({thread_in(1, SYS_accept4, 3)});
    stopped.threads.front().state = 'T';
    auto uninterruptible = picture_of({thread_in(3, SYS_read, 7)});
    uninterruptible.threads.front().state = 'D';
    const auto waiting = picture_of({thread_in(2, SYS_recvfrom, 7)});
    EXPECT_EQ(make_headline({waiting, stopped}, {}), "hung in shop: stopped by a signal (state T)");
    EXPECT_EQ(
        make_headline({waiting, uninterruptible}, {}), "hung in shop: read fd 7 (127.0.0.1:5432)"
    );
}

TEST(headline, of_equal_waits_the_servers_is_named_then_the_leaders) {
    const auto bystander = picture_of({thread_in(1, SYS_nanosleep, 0), thread_in(2, SYS_futex, 0)});
    auto leader = picture_of({thread_in(3, SYS_futex, 0)});
    leader.facts.name = "launcher";
    leader.stands = standing::leader;
    EXPECT_EQ(make_headline({bystander, leader}, {}), "hung in launcher: futex");
    auto server = picture_of({thread_in(4, SYS_futex, 0)});
    server.facts.name = "server";
    server.stands = standing::server;
    EXPECT_EQ(make_headline({server, leader, bystander}, {}), "hung in server: futex");
}

TEST(headline, an_empty_tree_is_no_riddle) {
    EXPECT_EQ(make_headline({}, 1s), "nothing left to look at");
}

}  // namespace
}  // namespace curfew::process
