#include <curfew/http/input_buffer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace curfew::http {
namespace {

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

}  // namespace
}  // namespace curfew::http
