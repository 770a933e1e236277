#include "session.hpp"
#include "worker_state.hpp"
#include <curfew/gateway/worker.hpp>
#include <curfew/runtime/sleep.hpp>

namespace curfew::gateway {

namespace {

/// Ten times a second: waiters that time alone has freed, connections that grew old.
runtime::task<> housekeep(worker_state& at) {
    constexpr auto pace = std::chrono::milliseconds{100};
    constexpr int sweep_every = 10;
    for (int round = 1; !at.housekeeping.ended(); ++round) {
        runtime::sleep_until until{at.housekeeping, at.on.now() + pace};
        co_await until;
        at.shared.guards().tick(at.on.now());
        if (round % sweep_every == 0) {
            for (const auto& pool : at.pools) {
                pool->sweep(at.on.now());
            }
        }
    }
}

runtime::task<> join_for(runtime::task_group& group, runtime::scope& parent, duration grace) {
    runtime::scope waiting{
        parent, {deadline::after(parent.on().now(), grace), true, "server.drain", grace}
    };
    auto joining = group.join(waiting);
    co_await joining;
}

}  // namespace

worker_state::worker_state(
    gateway& of, runtime::loop& loop, runtime::network& network, std::uint64_t seed
)
    : shared{of},
      on{loop},
      through{network},
      resolve{loop},
      traces{seed},
      by_route(of.routes().capacity()),
      connections{loop},
      arrivals{connections},
      abandoned{loop},
      housekeeping{loop} {
    for (const policy::upstream_policy& each : of.rules().upstreams) {
        pools.push_back(std::make_unique<upstream_pool>(each, network, resolve));
    }
}

route_numbers& worker_state::numbers(route_index route) {
    auto& kept = by_route[route];
    if (!kept) {
        kept = std::make_unique<route_numbers>();
    }
    return *kept;
}

worker::worker(gateway& shared, runtime::loop& on, runtime::network& through, std::uint64_t seed)
    : state_{std::make_unique<worker_state>(shared, on, through, seed)} {
    state_->leftovers.spawn(housekeep(*state_));
}

worker::~worker() = default;

void worker::begin(std::unique_ptr<runtime::listener> listening) {
    listening_ = std::move(listening);
    worker_state& at = *state_;
    at.serve = [&at](std::unique_ptr<runtime::stream> connection, runtime::scope&) {
        return serve_client(std::move(connection), at);
    };
    at.accepting.spawn(http::accept_connections(
        *listening_,
        at.arrivals,
        at.connections,
        at.sessions,
        at.shared.rules().server.connections_max,
        at.serve,
        at.accepted
    ));
}

runtime::task<> worker::drain(duration grace) {
    worker_state& at = *state_;
    runtime::scope always{at.on};
    at.arrivals.end({cause_kind::shutdown});
    auto stopping = join_for(at.accepting, always, grace);
    co_await stopping;
    listening_.reset();
    auto ending = join_for(at.sessions, always, grace);
    co_await ending;
    at.connections.end({cause_kind::shutdown});
    auto breaking = at.sessions.join(always);
    co_await breaking;
    at.abandoned.end({cause_kind::shutdown});
    at.housekeeping.end({cause_kind::shutdown});
    auto leaving = at.leftovers.join(always);
    co_await leaving;
}

void worker::count(snapshot& into) const {
    const worker_state& at = *state_;
    into.connections += static_cast<std::uint32_t>(at.accepted.open);
    into.connections_accepted += at.accepted.accepted;
    into.bad_requests += at.bad_requests;
    for (std::size_t i = 0; i < at.by_route.size() && i < into.routes.size(); ++i) {
        if (at.by_route[i]) {
            into.routes[i].numbers.add(*at.by_route[i]);
        }
    }
    for (std::size_t i = 0; i < at.pools.size() && i < into.upstreams.size(); ++i) {
        at.pools[i]->describe(into.upstreams[i].endpoints, at.on.now());
    }
}

}  // namespace curfew::gateway
