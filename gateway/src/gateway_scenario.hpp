#pragma once

#include <curfew/gateway/gateway.hpp>
#include <curfew/gateway/ticker.hpp>
#include <curfew/gateway/worker.hpp>
#include <curfew/http/input_buffer.hpp>
#include <curfew/runtime/baton.hpp>
#include <curfew/runtime/loop.hpp>
#include <curfew/runtime/sleep.hpp>
#include <curfew/runtime/task_group.hpp>
#include <curfew/sim/world.hpp>

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace curfew::gateway {

/// Events as they were told.
struct kept_event {
    std::string name;
    outcome ended{};
    cause_kind why{};
    std::optional<errc> error;
    duration took{};
    std::string_view limit_name;
    duration limit{};
    bool has_facts = false;  ///< and what they are, where an access log is kept
    std::string method{};
    std::string host{};
    std::string path{};
    std::string upstream{};
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
};

struct kept_events final : event_sink {
    void record(const event& what) noexcept override {
        all.push_back(
            {std::string{what.name},
             what.ended,
             what.why.kind,
             what.error,
             what.took,
             what.why.limit_name,
             what.why.limit,
             what.request != nullptr}
        );
        if (what.request != nullptr) {
            kept_event& kept = all.back();
            kept.method = what.request->method;
            kept.host = what.request->host;
            kept.path = what.request->path;
            kept.upstream = what.request->upstream;
            kept.bytes_in = what.request->bytes_in;
            kept.bytes_out = what.request->bytes_out;
        }
    }

    std::vector<kept_event> all;
};

/// What a backend of a scenario does with one request (its head, as text).
struct scripted_answer {
    duration after{};       ///< thinks this long, whatever the client does, and reads nothing
    std::size_t body = 0;   ///< then reads so many bytes of a body
    std::string text{};     ///< then says this
    duration rest_after{};  ///< and, so much later, reading nothing meanwhile,
    std::string rest{};     ///< this
    bool close = false;     ///< and hangs up, in order
    bool reset = false;     ///< or breaks off
    bool never = false;     ///< or says nothing, ever, until the client has gone and `released`
};

/// A gateway, a backend on port 9000 and clients, all on one simulated loop.
class gateway_scenario : public testing::Test {
  public:
    ~gateway_scenario() override { close(); }

  protected:
    using script = std::function<scripted_answer(const std::string& head)>;

    gateway_scenario() {
        rules.upstreams.emplace_back();
        rules.upstreams.back().name = "default";
        rules.upstreams.back().urls.push_back({"127.0.0.1", 9000});
    }

    void open() {
        shared = std::make_unique<gateway>(std::make_shared<const policy::policy>(rules), on.now());
        ticking = std::make_unique<ticker>(shared->guards(), on);
        serving = std::make_unique<worker>(*shared, on, outside, events, 1);
        serving->begin(*outside.listen(*runtime::endpoint::parse("127.0.0.1:8080"), false));
        if (script_) {
            open_backend();
        }
    }

    /// `rules` are reloaded.
    void reload() {
        const auto next = shared->adopt(std::make_shared<const policy::policy>(rules), on.now());
        ASSERT_TRUE(next.has_value());
        serving->adopt(*next);
    }

    void open_backend(std::string_view at = "127.0.0.1:9000") {
        earlier_backends.push_back(std::move(backend));
        backend = *outside.listen(*runtime::endpoint::parse(at), false);
        backends.spawn(accept_backend(*backend, script_));
    }

    /// A further endpoint of the upstream, with a script that outlives the scenario's run.
    void open_another(std::uint16_t port, const script& its) {
        const auto at = "127.0.0.1:" + std::to_string(port);
        others.push_back(*outside.listen(*runtime::endpoint::parse(at), false));
        backends.spawn(accept_backend(*others.back(), its));
    }

    void close() {
        if (!serving) {
            return;
        }
        bool done = false;
        tasks.spawn(drain_all(done));
        EXPECT_TRUE(outside.run(on, [&] { return done; })) << "the drain hangs";
        backend_scope.cancel();
        EXPECT_TRUE(outside.run(on, [&] { return backends.running() == 0; }));
        EXPECT_TRUE(outside.run(on, [&] { return tasks.running() == 0; }));
        EXPECT_EQ(shared->guards().in_flight(), 0U) << "a permit was lost";
        serving.reset();
        ticking.reset();
        shared.reset();
    }

    /// What one client heard, and when the connection ended.
    struct heard {
        std::string text;
        time_point first{};
        time_point ended{};
        bool over = false;
        bool broken = false;  ///< it did not end in order

        [[nodiscard]] int status() const {
            return text.size() > 12 ? std::atoi(text.c_str() + 9) : 0;
        }

        [[nodiscard]] bool has(std::string_view what) const {
            return text.find(what) != std::string::npos;
        }
    };

    struct manners {
        duration begin{};        ///< waits before it connects
        duration leave_after{};  ///< hangs up so long after connecting; zero: never
        std::size_t piece = 1 << 20;
        std::size_t first = 0;  ///< bytes of the first piece; 0: as the others
        duration pace{};        ///< between pieces
        duration read_pace{};   ///< between reads
    };

    heard& client(std::string text, manners how) {
        auto& told = *clients.emplace_back(std::make_unique<heard>());
        tasks.spawn(talk(std::move(text), how, told));
        return told;
    }

    heard& client(std::string text) { return client(std::move(text), manners{}); }

    /// A request that is answered before all others, so that its route has given a sign of life.
    void acquaint(std::string text) {
        client(std::move(text));
        run();
        ASSERT_EQ(clients.back()->status(), 200);
        clients.clear();
        seen.clear();
        events.all.clear();
        ASSERT_EQ(on.now(), start);
    }

    static std::string get(std::string_view path, std::string_view more = "") {
        return "GET " + std::string{path} + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
               std::string{more} + "\r\n";
    }

    static std::string post(std::string_view path, std::size_t length, std::string_view body) {
        return "POST " + std::string{path} +
               " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
               std::to_string(length) + "\r\n\r\n" + std::string{body};
    }

    static std::string ok(std::string_view body) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
               std::string{body};
    }

    /// Runs until every client has ended.
    void run() {
        ASSERT_TRUE(outside.run(on, [&] {
            return std::ranges::all_of(clients, [](const auto& each) { return each->over; });
        })) << "somebody waits for ever";
    }

    void run_for(duration length) {
        const time_point until = on.now() + length;
        wake_at(until);
        ASSERT_TRUE(outside.run(on, [&] { return on.now() >= until; }));
    }

    runtime::task<> sleep_task(time_point until) {
        runtime::sleep_until sleeping{backend_scope, until};
        co_await sleeping;
    }

    void wake_at(time_point until) { backends.spawn(sleep_task(until)); }

    policy::policy rules;
    kept_events events;
    sim::world outside;
    runtime::loop on{outside};
    runtime::scope root{on};
    runtime::scope backend_scope{on};
    runtime::task_group tasks;
    runtime::task_group backends;
    std::unique_ptr<gateway> shared;
    std::unique_ptr<ticker> ticking;
    std::unique_ptr<worker> serving;
    std::unique_ptr<runtime::listener> backend;
    std::vector<std::unique_ptr<runtime::listener>> earlier_backends;  ///< somebody waits on them
    std::vector<std::unique_ptr<runtime::listener>> others;
    std::vector<std::unique_ptr<heard>> clients;
    std::vector<std::string> seen;  ///< heads that the backend got
    script script_;
    std::size_t connections = 0;  ///< that the backend accepted
    std::size_t workers = 0;      ///< of the backend, one for each connection; 0: as many as wanted
    time_point start = on.now();

  private:
    std::size_t busy_workers_ = 0;
    runtime::baton worker_freed_;

    runtime::task<> drain_all(bool& done) {
        auto draining = serving->drain(std::chrono::seconds{10});
        co_await draining;
        auto ending = ticking->close();
        co_await ending;
        done = true;
    }

    runtime::task<> accept_backend(runtime::listener& from, const script& its) {
        while (!backend_scope.ended()) {
            if (workers > 0 && busy_workers_ == workers) {
                auto freed = worker_freed_.wait(backend_scope);
                co_await freed;
                continue;
            }
            auto accepted = from.try_accept();
            if (*accepted) {
                ++connections;
                ++busy_workers_;
                backends.spawn(work(std::move(*accepted), its));
                continue;
            }
            auto readable = from.ready().wait_readable(backend_scope);
            co_await readable;
        }
    }

    runtime::task<> work(std::unique_ptr<runtime::stream> connection, const script& its) {
        auto serving_it = serve_backend(std::move(connection), its);
        co_await serving_it;
        --busy_workers_;
        worker_freed_.pass();
    }

    runtime::task<> serve_backend(std::unique_ptr<runtime::stream> connection, const script& its) {
        http::input_buffer input;
        while (!backend_scope.ended()) {
            auto end = input.unread().find("\r\n\r\n");
            while (end == std::string_view::npos) {
                auto filling = http::fill(input, *connection, 1 << 20, backend_scope);
                const auto got = co_await filling;
                if (got.status != runtime::io::ok) {
                    co_return;
                }
                end = input.unread().find("\r\n\r\n");
            }
            const std::string head{input.unread().substr(0, end + 4)};
            input.consume(end + 4);
            seen.push_back(head);
            const scripted_answer answer = its(head);
            if (answer.never) {
                // A worker that ignores disconnects: it is over only with the scenario.
                runtime::sleep_until for_ever{backend_scope, time_point::max()};
                co_await for_ever;
                co_return;
            }
            auto thinking = pause(answer.after);
            co_await thinking;
            std::size_t left = answer.body;
            for (;;) {
                const std::size_t taken = std::min(left, input.unread().size());
                input.consume(taken);
                left -= taken;
                if (left == 0) {
                    break;
                }
                auto filling = http::fill(input, *connection, 1 << 20, backend_scope);
                const auto got = co_await filling;
                if (got.status != runtime::io::ok) {
                    co_return;
                }
            }
            std::array parts{http::part(answer.text)};
            auto writing = http::write_all(*connection, parts, backend_scope);
            co_await writing;
            auto pausing = pause(answer.rest_after);
            co_await pausing;
            std::array rest{http::part(answer.rest)};
            auto ending = http::write_all(*connection, rest, backend_scope);
            co_await ending;
            if (answer.reset) {
                connection->abort();
            }
            if (answer.close || answer.reset) {
                co_return;
            }
        }
    }

    runtime::task<> pause(duration length) {
        if (length > duration::zero()) {
            runtime::sleep_until until{backend_scope, on.now() + length};
            co_await until;
        }
    }

    runtime::task<> talk(std::string text, manners how, heard& told) {
        if (how.begin > duration::zero()) {
            runtime::sleep_until until{root, on.now() + how.begin};
            co_await until;
        }
        bound limit{};
        if (how.leave_after > duration::zero()) {
            limit = bound::after(on.now(), how.leave_after, "client");
        }
        runtime::scope patience{root, limit};
        auto connecting =
            runtime::connect(outside, *runtime::endpoint::parse("127.0.0.1:8080"), patience);
        auto made = co_await connecting;
        if (!made) {
            told.over = true;
            co_return;
        }
        runtime::stream& to = **made;
        std::size_t length = how.first > 0 ? how.first : how.piece;
        for (std::size_t at = 0; at < text.size(); at += std::exchange(length, how.piece)) {
            if (at > 0 && how.pace > duration::zero()) {
                runtime::sleep_until until{patience, on.now() + how.pace};
                co_await until;
            }
            std::array parts{http::part(std::string_view{text}.substr(at, length))};
            auto writing = http::write_all(to, parts, patience);
            const auto wrote = co_await writing;
            if (wrote.status != runtime::io::ok) {
                break;
            }
        }
        http::input_buffer input;
        for (;;) {
            auto filling = http::fill(input, to, 1 << 24, patience);
            const auto got = co_await filling;
            if (got.status != runtime::io::ok) {
                told.broken = got.status == runtime::io::failed;
                break;
            }
            if (told.text.empty()) {
                told.first = on.now();
            }
            told.text.append(input.unread());
            input.consume(input.unread().size());
            if (how.read_pace > duration::zero()) {
                runtime::sleep_until until{patience, on.now() + how.read_pace};
                co_await until;
            }
        }
        told.ended = on.now();
        told.over = true;
    }
};

}  // namespace curfew::gateway
