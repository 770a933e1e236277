#include "watching.hpp"
#include <curfew/http/server.hpp>
#include <curfew/protocol/sse.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

namespace curfew::cli {
namespace {

using namespace std::chrono_literals;
using runtime::task;

const auto place = *runtime::endpoint::parse("127.0.0.1:9090");

/// Says `text` once, then is silent until the reader leaves.
class said_body final : public http::live_body {
  public:
    explicit said_body(std::string text, bool ends) : text_{std::move(text)}, ends_{ends} {}

    task<> send(http::body_writer& to, runtime::scope& under) override {
        auto writing = to.write(text_);
        co_await writing;
        if (!ends_) {
            runtime::sleep_until until{under, under.on().now() + 1h};
            co_await until;
        }
    }

  private:
    std::string text_;
    bool ends_;
};

std::string state_text(std::string version) {
    admin::live_state state;
    state.version = std::move(version);
    state.ready = true;
    std::string text;
    sse::append_event(text, "state", admin::to_json(state));
    return text;
}

struct watched_fleet_test : testing::Test {
    sim::world outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    runtime::scope serving{on};
    runtime::task_group tasks;
    runtime::task_group servers;
    runtime::baton changed;
    watch_request what{{{"127.0.0.1:9090", "127.0.0.1", 9090}}, "secret", {}, 500ms};
    watched_fleet fleet{on, outside, what};
    std::unique_ptr<runtime::listener> listening;
    http::server_limits limits;
    std::string text = state_text("1.0.0");
    bool ends = false;
    int status = 200;
    std::string authorization;
    int asked = 0;
    http::handler answering = [this](const http::request& from) {
        authorization = from.authorization;
        EXPECT_EQ(from.path, "/-/events");
        EXPECT_EQ(from.host, "127.0.0.1:9090");
        return answer();
    };

    ~watched_fleet_test() override {
        root.cancel();
        serving.cancel();
        EXPECT_TRUE(outside.run(on, [this] { return tasks.running() + servers.running() == 0; }));
    }

    task<http::response> answer() {
        ++asked;
        http::response reply;
        reply.status = status;
        if (status == 200) {
            reply.content_type = "text/event-stream";
            reply.live = std::make_shared<said_body>(text, ends);
        }
        co_return reply;
    }

    task<> serve() {
        for (;;) {
            auto accepted = listening->try_accept();
            if (*accepted) {
                servers.spawn(
                    http::serve_connection(std::move(*accepted), serving, answering, limits)
                );
                continue;
            }
            auto readable = listening->ready().wait_readable(serving);
            const auto woken = co_await readable;
            if (woken == runtime::wake::ended) {
                co_return;
            }
        }
    }

    void listen() {
        listening = *outside.listen(place, false);
        servers.spawn(serve());
    }

    void run_for(duration length) {
        bool done = false;
        servers.spawn(wait(length, done));
        ASSERT_TRUE(outside.run(on, [&] { return done; }));
    }

    task<> wait(duration length, bool& done) {
        runtime::sleep_until until{serving, on.now() + length};
        co_await until;
        done = true;
    }

    const admin::watched_process& process() { return fleet.model().known().processes[0]; }
};

TEST_F(watched_fleet_test, attaches_and_takes_what_comes) {
    admin::live_end end;
    end.name = "GET /slow";
    sse::append_event(text, "end", admin::to_json(end));
    sse::append_event(text, "missed", admin::to_json(admin::live_missed{2, 5}));
    sse::append_event(text, "later-versions", "{}");
    listen();
    tasks.spawn(fleet.follow(root, changed));
    run_for(1s);
    EXPECT_EQ(process().is, admin::attachment::attached);
    EXPECT_EQ(process().state->version, "1.0.0");
    EXPECT_EQ(process().missed.ends, 5U);
    EXPECT_EQ(fleet.model().known().ends.front().what.name, "GET /slow");
    EXPECT_EQ(authorization, "Bearer secret");
}

TEST_F(watched_fleet_test, one_that_is_not_there_is_tried_with_growing_pauses_and_found) {
    tasks.spawn(fleet.follow(root, changed));
    run_for(100ms);
    EXPECT_EQ(process().is, admin::attachment::lost);
    EXPECT_EQ(process().trouble, "nothing listens there");
    const auto first = *process().next_try;
    run_for(200ms);
    EXPECT_GE(*process().next_try - first, 500ms - 1ms);
    run_for(60s);
    EXPECT_LE(*process().next_try - on.now(), retry_pause::longest);
    listen();
    run_for(retry_pause::longest);
    EXPECT_EQ(process().is, admin::attachment::attached);
    EXPECT_EQ(process().state->version, "1.0.0");
}

TEST_F(watched_fleet_test, one_that_falls_silent_is_gone_and_tried_again) {
    listen();
    tasks.spawn(fleet.follow(root, changed));
    run_for(attachment::silence + 100ms);
    EXPECT_EQ(process().is, admin::attachment::lost);
    EXPECT_EQ(process().trouble, "it has fallen silent");
    EXPECT_TRUE(process().state) << "its last word is kept";
    run_for(1s);
    EXPECT_EQ(process().is, admin::attachment::attached);
    EXPECT_EQ(asked, 2);
}

TEST_F(watched_fleet_test, why_a_stream_ended_is_said) {
    listen();
    ends = true;
    tasks.spawn(fleet.follow(root, changed));
    run_for(10ms);
    EXPECT_EQ(process().trouble, "it has ended the stream");
    sse::append_event(text, "bye", "{}");
    run_for(1s);
    EXPECT_EQ(process().trouble, "it has shut down");
    text = "event: state\ndata: nonsense\n\n";
    run_for(5s);
    EXPECT_NE(process().trouble.find("not understood"), std::string::npos);
    text = "data: \xff\n\n";
    run_for(6s);
    EXPECT_NE(process().trouble.find("no stream of events"), std::string::npos);
    status = 401;
    run_for(6s);
    EXPECT_NE(process().trouble.find("token"), std::string::npos);
    status = 503;
    run_for(6s);
    EXPECT_NE(process().trouble.find("no stream to give"), std::string::npos);
}

TEST_F(watched_fleet_test, one_look_takes_one_state_and_tells_who_is_silent) {
    listen();
    tasks.spawn(fleet.look_once(root));
    ASSERT_TRUE(outside.run(on, [this] { return tasks.running() == 0; }));
    EXPECT_TRUE(process().state);
    EXPECT_TRUE(process().trouble.empty());
    status = 404;
    tasks.spawn(fleet.look_once(root));
    ASSERT_TRUE(outside.run(on, [this] { return tasks.running() == 0; }));
    EXPECT_NE(process().trouble.find("no admin listener"), std::string::npos);
}

TEST(retry_pause, doubles_up_to_its_bound_and_begins_anew) {
    retry_pause pause;
    EXPECT_EQ(pause.next(), 250ms);
    EXPECT_EQ(pause.next(), 500ms);
    for (int i = 0; i < 10; ++i) {
        (void)pause.next();
    }
    EXPECT_EQ(pause.next(), 5s);
    pause.reset();
    EXPECT_EQ(pause.next(), 250ms);
}

}  // namespace
}  // namespace curfew::cli
