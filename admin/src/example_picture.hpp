#pragma once

#include <curfew/admin/watch_model.hpp>

#include <cmath>

namespace curfew::admin {

inline void add_routes(live_state& made) {
    using namespace std::chrono_literals;
    made.upstreams.push_back({"main", true, 10, 7, 2, 4});
    made.routes.push_back(
        {"GET /users/{id}",
         "main",
         118.2,
         7100,
         0,
         3,
         0,
         4ms,
         21ms,
         80ms,
         1,
         5,
         0,
         0,
         0,
         "closed",
         {}}
    );
    made.routes.push_back(
        {"GET /slow", "main", 2.3, 61, 5, 0, 42, 1us, 5s, 5s, 5, 5, 2, 1, 4, "open", 42s}
    );
    made.routes.push_back(
        {"POST /caf\u00e9/\u65e5\u672c\x1b[2J",
         "main",
         0,
         0,
         0,
         0,
         0,
         {},
         {},
         {},
         1,
         5,
         0,
         0,
         0,
         "half_open",
         {}}
    );
}

inline void add_calls(live_state& made) {
    using namespace std::chrono_literals;
    made.calls_count = 7;
    made.calls.push_back(
        {"GET /users/{id}",
         "GET",
         "attempt",
         1,
         12ms,
         11ms,
         29988ms,
         false,
         false,
         "0123456789abcdef0123456789abcdef"}
    );
    made.calls.push_back(
        {"GET /slow",
         "GET",
         "attempt",
         1,
         4500ms,
         4499ms,
         500ms,
         true,
         false,
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
    );
    made.calls.push_back(
        {"GET /slow",
         "GET",
         "queue",
         0,
         900ms,
         900ms,
         4100ms,
         false,
         false,
         "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}
    );
    made.calls.push_back(
        {"GET /slow",
         "GET",
         "attempt",
         0,
         65s,
         60s,
         240s,
         false,
         true,
         "cccccccccccccccccccccccccccccccc"}
    );
    made.calls.push_back({"GET /events", "GET", "body", 0, 3h, 3h, {}, false, false, ""});
}

/// A process with a hung route behind an open breaker, a busy one and one with a foreign name.
inline live_state example_state() {
    using namespace std::chrono_literals;
    live_state made;
    made.version = "1.2.3";
    made.timestamp = "2026-11-20T22:31:05.123Z";
    made.status = "degraded";
    made.uptime = 1h + 2min + 3s;
    made.ready = true;
    made.memory_percent = 12.4;
    made.cpu_percent = 3;
    made.resident_bytes = 50 << 20;
    made.in_flight = 7;
    made.in_flight_limit = 1000;
    made.queued = 2;
    made.connections = 31;
    made.rate = 120.5;
    made.bad_rate = 0.8;
    made.window = 62s;
    made.backend = live_backend{"ready", 2, "hung"};
    made.ledger.state = "storing";
    made.pressure.push_back({"memory", 0.25});
    add_routes(made);
    add_calls(made);
    return made;
}

inline live_end example_end(std::string outcome, std::string cause, std::string limit_name) {
    using namespace std::chrono_literals;
    live_end made;
    made.timestamp = "2026-11-20T22:31:04.900Z";
    made.surface = "http";
    made.name = "GET /slow";
    made.outcome = std::move(outcome);
    made.cause = std::move(cause);
    made.limit_name = std::move(limit_name);
    made.limit = 5s;
    made.took = 5001ms;
    made.trace_id = "dddddddddddddddddddddddddddddddd";
    return made;
}

/// Two processes, one of them gone.
inline watch_model example_model(bool second = false) {
    std::vector<std::string> addresses{"127.0.0.1:9090"};
    if (second) {
        addresses.emplace_back("127.0.0.1:9091");
    }
    watch_model made{addresses};
    made.attached(0);
    for (int i = 0; i < 90; ++i) {
        live_state state = example_state();
        state.rate = i == 89 ? state.rate : 60 + 60 * std::sin(i / 9.0);
        state.bad_rate = i < 80 ? 0 : state.bad_rate;
        made.take(0, std::move(state));
    }
    made.take(0, example_end("failure", "completed", ""));
    live_end near = example_end("success", "completed", "");
    near.near_miss = true;
    near.took = std::chrono::milliseconds{4200};
    made.take(0, std::move(near));
    made.take(0, example_end("ignored", "breaker_open", "breaker.failures"));
    made.take(0, example_end("timeout", "own_timeout", "request.timeout"));
    if (second) {
        made.lost(1, "nothing listens there", time_point{std::chrono::seconds{3}});
    }
    return made;
}

}  // namespace curfew::admin
