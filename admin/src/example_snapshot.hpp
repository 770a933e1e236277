#pragma once

#include <curfew/gateway/snapshot.hpp>
#include <curfew/ledger/ledger.hpp>
#include <curfew/process/process_sampler.hpp>

#include <chrono>

namespace curfew::admin {

/// A gateway with a healthy route, a hung one behind an open breaker and one that was never asked.
inline gateway::snapshot example_snapshot() {
    using namespace std::chrono_literals;
    gateway::snapshot now;
    now.version = "1.2.3";
    now.uptime = 90s + 500ms;
    now.ready = true;
    now.in_flight = 5;
    now.in_flight_cap = 1000;
    now.queued = 2;
    now.connections = 7;
    now.connections_limit = 10'000;
    now.connections_accepted = 40;
    now.connections_let_go = 3;
    now.bad_requests = 3;

    gateway::upstream_snapshot main;
    main.name = "main";
    main.limit = 10;
    main.in_flight = 5;
    main.abandoned = 4;
    main.route_cap = 5;
    main.queued = 2;
    main.limit_reason = "latency";
    main.endpoints.push_back({"127.0.0.1:8000", true, 5, 2, 12, 1});
    now.upstreams.push_back(main);

    gateway::route_snapshot healthy;
    healthy.name = "GET /users/{id}";
    healthy.upstream = "main";
    healthy.in_flight = 1;
    healthy.usual = 40ms;
    healthy.numbers.by_outcome[0] = 3;
    healthy.numbers.by_cause[0] = 3;
    healthy.numbers.by_status[2] = 3;
    healthy.numbers.whole.record(2ms, 2);
    healthy.numbers.whole.record(300ms);
    healthy.numbers.upstream.record(1ms, 2);
    healthy.numbers.upstream.record(290ms);
    healthy.numbers.slow = 1;
    now.routes.push_back(healthy);

    gateway::route_snapshot hung;
    hung.name = "GET /slow";
    hung.upstream = "main";
    hung.breaker = breaker_state::open;
    hung.retry_after = 42s;
    hung.breaker_opened = 1;
    hung.in_flight = 4;
    hung.abandoned = 4;
    hung.queued = 2;
    hung.numbers.by_outcome[static_cast<std::size_t>(outcome::timeout)] = 5;
    hung.numbers.by_outcome[static_cast<std::size_t>(outcome::ignored)] = 2;
    hung.numbers.by_cause[static_cast<std::size_t>(cause_kind::own_timeout)] = 5;
    hung.numbers.by_cause[static_cast<std::size_t>(cause_kind::shed)] = 2;
    hung.numbers.by_refusal[static_cast<std::size_t>(shed_reason::route_share)] = 2;
    hung.numbers.by_status[5] = 7;
    hung.numbers.whole.record(5s, 5);
    hung.numbers.whole.record(1us, 2);
    hung.numbers.upstream.record(5s, 5);
    now.routes.push_back(hung);

    gateway::route_snapshot idle;
    idle.name = "other";
    idle.upstream = "main";
    now.routes.push_back(idle);
    now.pressure.push_back({"memory", 0.25, 0.1, {}, {"request.timeout x1.5"}});
    now.pressure.push_back({"cpu", 0, 0, {}, {}});
    now.access_log = gateway::access_log_snapshot{.written = 40, .dropped = 2};
    return now;
}

inline process::process_sample example_process() {
    return {50 << 20, 200 << 20, 25, 1.5, 2, 12.5};
}

inline ledger::status example_ledger() {
    using namespace std::chrono_literals;
    ledger::status made;
    made.is = ledger::status::condition::storing;
    made.path = "/state/curfew/ledger.db";
    made.last_written = ledger::wall_time{1'700'000'000s};
    made.file_bytes = 1 << 20;
    made.wal_bytes = 4 << 20;
    made.success_rows_one_in = 16;
    made.rows_waiting = 3;
    made.so_far[static_cast<std::size_t>(ledger::fate::recorded)] = 100;
    made.so_far[static_cast<std::size_t>(ledger::fate::row_kept)] = 20;
    made.so_far[static_cast<std::size_t>(ledger::fate::row_sampled_out)] = 80;
    made.so_far[static_cast<std::size_t>(ledger::fate::ring_full_timeout)] = 2;
    return made;
}

}  // namespace curfew::admin
