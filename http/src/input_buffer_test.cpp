#include <curfew/http/input_buffer.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/task_group.hpp>
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

namespace curfew::http {
namespace {

using namespace std::chrono_literals;
using runtime::io;
using runtime::io_result;

/// Gives what it holds, as a socket does, and counts how often it is asked.
class counting_stream final : public runtime::stream {
  public:
    [[nodiscard]] io_result try_read(std::span<char> into) noexcept override {
        ++asked;
        const auto bytes = std::min(into.size(), held.size());
        std::copy_n(held.begin(), bytes, into.begin());
        held.erase(0, bytes);
        if (bytes < into.size()) {
            ready_.clear_readable();
        }
        return bytes > 0 ? io_result{io::ok, bytes} : io_result{ended ? io::end : io::would_block};
    }

    [[nodiscard]] io_result try_write(std::span<const iovec>) noexcept override { return {}; }

    [[nodiscard]] result<> connected() noexcept override { return {}; }

    void shutdown_write() noexcept override {}

    void abort() noexcept override {}

    [[nodiscard]] std::size_t unacknowledged() const noexcept override { return 0; }

    [[nodiscard]] runtime::endpoint peer() const noexcept override { return {}; }

    [[nodiscard]] runtime::endpoint local() const noexcept override { return {}; }

    std::string held;
    bool ended = false;
    int asked = 0;
};

TEST(input_buffer, a_stream_that_gave_all_it_had_is_not_asked_again_before_it_is_readable) {
    counting_stream from;
    from.held = "one";
    input_buffer into;
    EXPECT_EQ(into.try_fill(from, block::usual).bytes, 3U);
    from.held = "two";
    EXPECT_EQ(into.try_fill(from, block::usual).status, io::would_block);
    EXPECT_EQ(from.asked, 1);
    from.ready().signal_readable();
    EXPECT_EQ(into.try_fill(from, block::usual).bytes, 3U);
    EXPECT_EQ(into.unread(), "onetwo");
}

TEST(input_buffer, an_end_is_seen_although_the_read_before_it_was_short) {
    counting_stream from;
    from.held = "last";
    input_buffer into;
    from.ready().signal_hang_up();
    from.ended = true;
    EXPECT_EQ(into.try_fill(from, block::usual).status, io::ok);
    EXPECT_EQ(into.try_fill(from, block::usual).status, io::end);
}

TEST(input_buffer, fullness_is_told_even_when_nothing_can_be_read) {
    counting_stream from;
    from.held = "four";
    input_buffer into;
    EXPECT_EQ(into.try_fill(from, 4).bytes, 4U);
    const auto full = into.try_fill(from, 4);
    EXPECT_EQ(full.status, io::ok);
    EXPECT_EQ(full.bytes, 0U);
}

/// Always has more to read, and takes one byte at a time, without ever making anybody wait.
class endless_stream final : public runtime::stream {
  public:
    [[nodiscard]] io_result try_read(std::span<char> into) noexcept override {
        ++reads;
        std::ranges::fill(into, 'x');
        return {io::ok, into.size()};
    }

    [[nodiscard]] io_result try_write(std::span<const iovec>) noexcept override {
        ++writes;
        return {io::ok, 1};
    }

    [[nodiscard]] result<> connected() noexcept override { return {}; }

    void shutdown_write() noexcept override {}

    void abort() noexcept override {}

    [[nodiscard]] std::size_t unacknowledged() const noexcept override { return 0; }

    [[nodiscard]] runtime::endpoint peer() const noexcept override { return {}; }

    [[nodiscard]] runtime::endpoint local() const noexcept override { return {}; }

    int reads = 0;
    int writes = 0;
};

struct input_buffer_scope : testing::Test {
    sim::world outside;
    runtime::loop on{outside};
    runtime::scope under{on};
    runtime::task_group tasks;
    endless_stream peer;

    bool finish() {
        return outside.run(on, [this] { return tasks.running() == 0; });
    }
};

runtime::task<> read_on(runtime::stream& from, runtime::scope& under, io& told) {
    input_buffer into;
    do {
        auto filling = fill(into, from, block::usual, under);
        const auto got = co_await filling;
        told = got.status;
        into.consume(got.bytes);
    } while (told == io::ok);
}

runtime::task<> write_on(
    runtime::stream& to, runtime::scope& under, std::string_view text, io_result& told
) {
    std::array parts{part(text)};
    auto writing = write_all(to, parts, under);
    told = co_await writing;
}

TEST_F(input_buffer_scope, who_reads_from_a_peer_that_always_has_more_sees_its_scope_end) {
    io told{};
    tasks.spawn(read_on(peer, under, told));
    for (int turns = 0; turns < 3; ++turns) {
        on.turn();
    }
    EXPECT_EQ(tasks.running(), 1U);
    under.cancel();
    const int before = peer.reads;
    ASSERT_TRUE(finish());
    EXPECT_EQ(told, io::would_block);
    EXPECT_EQ(peer.reads, before) << "nothing is read any more";
}

TEST_F(input_buffer_scope, a_bound_ends_the_reading_of_an_endless_peer) {
    io told{};
    runtime::scope limited{under, {deadline::after(on.now(), 0s), true, "own", 0s}};
    tasks.spawn(read_on(peer, limited, told));
    ASSERT_EQ(tasks.running(), 0U);
    EXPECT_EQ(told, io::would_block);
    EXPECT_EQ(peer.reads, 0);
}

TEST_F(input_buffer_scope, a_last_word_is_tried_once_after_the_scope_has_ended) {
    under.cancel();
    io_result short_one{};
    io_result long_one{};
    tasks.spawn(write_on(peer, under, "x", short_one));
    EXPECT_EQ(short_one.status, io::ok);
    EXPECT_EQ(peer.writes, 1);
    tasks.spawn(write_on(peer, under, "long", long_one));
    EXPECT_EQ(long_one.status, io::would_block);
    EXPECT_EQ(long_one.bytes, 1U);
    EXPECT_EQ(peer.writes, 2);
    EXPECT_EQ(tasks.running(), 0U);
}

}  // namespace
}  // namespace curfew::http
