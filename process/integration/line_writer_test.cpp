#include "real.hpp"
#include <curfew/process/line_writer.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>

#include <string>
#include <thread>
#include <vector>

namespace curfew::process {
namespace {

using namespace real;
using namespace std::chrono_literals;

struct pipe_pair {
    pipe_pair() { EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0); }

    ~pipe_pair() {
        ::close(ends[0]);
        ::close(ends[1]);
    }

    int ends[2];
};

TEST(line_writer, writes_in_order_and_what_is_left_when_it_ends) {
    pipe_pair pipe;
    {
        line_writer writer{pipe.ends[1]};
        for (int i = 0; i < 100; ++i) {
            writer.write(std::to_string(i) + '\n');
        }
    }
    ::fcntl(pipe.ends[0], F_SETFL, O_NONBLOCK);
    const auto lines = read_lines(pipe.ends[0], 100);
    ASSERT_EQ(lines.size(), 100U);
    EXPECT_EQ(lines.front(), "0");
    EXPECT_EQ(lines.back(), "99");
}

TEST(line_writer, a_stuck_reader_blocks_nobody_and_what_is_dropped_is_counted) {
    pipe_pair pipe;
    const auto began = now();
    {
        line_writer writer{pipe.ends[1]};
        const std::string line(1000, 'x');
        for (int i = 0; i < 2000; ++i) {
            writer.write(line + '\n');
        }
        EXPECT_GT(writer.dropped(), 1000U);
        EXPECT_LT(writer.dropped(), 2000U);
    }
    EXPECT_LT(now() - began, 5s) << "not even its end waits for the reader";
}

TEST(line_writer, tells_a_loss_as_it_is_told_to) {
    pipe_pair pipe;
    line_writer writer{pipe.ends[1], [](std::size_t dropped) {
                           return "lost " + std::to_string(dropped) + '\n';
                       }};
    const std::string longest(line_writer::capacity, 'x');
    writer.write(longest + "is too much");
    writer.write("next\n");
    ::fcntl(pipe.ends[0], F_SETFL, O_NONBLOCK);
    EXPECT_EQ(read_lines(pipe.ends[0], 2), (std::vector<std::string>{"next", "lost 1"}));
}

// A second writer, like the log, gets its lines between whole ones even while the pipe is full.
TEST(line_writer, lines_are_not_torn_by_who_else_writes_there) {
    pipe_pair pipe;
    constexpr int each = 2000;
    line_writer writer{pipe.ends[1]};
    const std::string own(90, 'a');
    const std::string others(70, 'b');
    std::thread other{[&] {
        const auto line = others + '\n';
        for (int i = 0; i < each; ++i) {
            EXPECT_EQ(::write(pipe.ends[1], line.data(), line.size()), 71);
        }
    }};
    for (int i = 0; i < each; ++i) {
        writer.write(own + '\n');
    }
    ::fcntl(pipe.ends[0], F_SETFL, O_NONBLOCK);
    for (const auto& line : read_lines(pipe.ends[0], std::size_t{2} * each)) {
        EXPECT_TRUE(line == own || line == others) << line;
    }
    other.join();
}

}  // namespace
}  // namespace curfew::process
