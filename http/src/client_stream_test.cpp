#include <curfew/http/client.hpp>
#include <curfew/http/server.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/runtime/task_group.hpp>
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

namespace curfew::http {
namespace {

using namespace std::chrono_literals;
using runtime::task;

const auto address = *runtime::endpoint::parse("127.0.0.1:80");

struct counted {
    int made = 0;
    bool left = false;  ///< it was told that nobody reads any more
};

/// So many pieces, one a second.
class ticking_body final : public live_body {
  public:
    ticking_body(counted& told, int pieces) : told_{told}, left_{pieces} {}

    task<> send(body_writer& to, runtime::scope& under) override {
        while (left_-- > 0) {
            runtime::sleep_until until{under, under.on().now() + 1s};
            const auto woken = co_await until;
            if (woken == runtime::wake::ended) {
                told_.left = true;
                co_return;
            }
            ++told_.made;
            auto writing = to.write("tick;");
            co_await writing;
        }
    }

  private:
    counted& told_;
    int left_;
};

task<> serve_once(
    runtime::listener& from,
    runtime::scope& under,
    const handler& answer,
    const server_limits& limits
) {
    for (;;) {
        auto accepted = from.try_accept();
        if (*accepted) {
            auto serving = serve_connection(std::move(*accepted), under, answer, limits);
            co_await serving;
            co_return;
        }
        auto readable = from.ready().wait_readable(under);
        co_await readable;
    }
}

struct client_stream_test : testing::Test {
    sim::world outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    runtime::task_group tasks;
    time_point start = on.now();
    std::unique_ptr<runtime::listener> listening = *outside.listen(address, false);
    server_limits limits;
    counted told;
    int pieces = 3;
    handler streaming = [this](const request&) { return stream(); };

    task<response> stream() {
        response made;
        made.live = std::make_shared<ticking_body>(told, pieces);
        co_return made;
    }

    void run(task<> reader) {
        tasks.spawn(serve_once(*listening, root, streaming, limits));
        tasks.spawn(std::move(reader));
        ASSERT_TRUE(outside.run(on, [this] { return tasks.running() == 0; }));
        EXPECT_EQ(outside.open_streams(), 0U);
    }

    task<> read_impatiently(client& with, std::string& heard, errc& ended) {
        const std::string text = get_request("x", "/");
        auto beginning = with.begin(http1::method_id::get, text, root);
        const auto answered = co_await beginning;
        EXPECT_TRUE(answered);
        {
            runtime::scope short_one{root, bound::after(on.now(), 100ms, "test")};
            auto reading = with.more(short_one);
            const auto none = co_await reading;
            ended = none ? errc::internal : none.error().code;
        }
        for (bool goes_on = true; goes_on;) {
            auto reading = with.more(root);
            const auto piece = co_await reading;
            goes_on = piece && !piece->empty();
            heard += goes_on ? *piece : "end";
        }
        with.close();
    }

    task<> read(client& with, int most, std::string& heard, errc& ended) {
        const std::string text = get_request("x", "/");
        auto beginning = with.begin(http1::method_id::get, text, root);
        const auto answered = co_await beginning;
        EXPECT_TRUE(answered && answered->status == 200);
        for (int i = 0; i < most; ++i) {
            auto reading = with.more(root);
            const auto piece_read = co_await reading;
            if (!piece_read) {
                ended = piece_read.error().code;
                break;
            }
            if (piece_read->empty()) {
                heard += "end";
                break;
            }
            heard += *piece_read;
        }
        with.close();
    }
};

TEST_F(client_stream_test, pieces_arrive_as_they_are_made_and_the_end_is_told) {
    client with{outside, address};
    std::string heard;
    errc ended = errc::internal;
    run(read(with, 10, heard, ended));
    EXPECT_EQ(heard, "tick;tick;tick;end");
    EXPECT_EQ(ended, errc::internal) << "no failure was told";
    EXPECT_LT(on.now(), start + 4s) << "it took its three seconds, and nobody waited on";
}

TEST_F(client_stream_test, a_client_that_leaves_ends_the_body) {
    pieces = 1'000'000;
    client with{outside, address};
    std::string heard;
    errc ended = errc::internal;
    run(read(with, 2, heard, ended));
    EXPECT_EQ(heard, "tick;tick;");
    EXPECT_TRUE(told.left);
    EXPECT_EQ(told.made, 2);
}

TEST_F(client_stream_test, a_silent_stream_is_given_up_at_its_bound_and_goes_on_under_another) {
    client with{outside, address};
    errc ended = errc::internal;
    std::string heard;
    pieces = 1;
    run(read_impatiently(with, heard, ended));
    EXPECT_EQ(ended, errc::own_timeout);
    EXPECT_EQ(heard, "tick;end") << "nothing was lost by the first one";
}

}  // namespace
}  // namespace curfew::http
