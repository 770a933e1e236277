#include "real.hpp"
#include <curfew/process/line_writer.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>

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

}  // namespace
}  // namespace curfew::process
