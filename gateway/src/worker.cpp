#include "session.hpp"
#include "worker_state.hpp"
#include <curfew/gateway/worker.hpp>
#include <curfew/runtime/sleep.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace curfew::gateway {

namespace {

std::optional<time_point> next_end(const worker_state& at) noexcept {
    std::optional<time_point> first;
    for (const auto& pool : at.current->pools) {
        const auto end = pool->next_end();
        if (end && (!first || *end < *first)) {
            first = end;
        }
    }
    return first;
}

/// Closes idle connections when they have grown old, and within a few seconds those that the
/// upstream has closed. Sleeps for good while there are none.
runtime::task<> housekeep(worker_state& at) {
    constexpr auto longest = std::chrono::seconds{5};
    while (!at.housekeeping.ended()) {
        const auto end = next_end(at);
        if (!end) {
            auto resting = at.used.wait(at.housekeeping);
            co_await resting;
            continue;
        }
        runtime::sleep_until until{at.housekeeping, std::min(*end, at.on.now() + longest)};
        co_await until;
        for (const auto& pool : at.current->pools) {
            pool->sweep(at.on.now());
        }
    }
}

/// Lets go of idle connections when the workers are asked to.
runtime::task<> let_go(worker_state& at) {
    while (!at.housekeeping.ended()) {
        auto resting = at.letting_go.wait(at.housekeeping);
        co_await resting;
        for (const auto& pool : at.current->pools) {
            pool->let_go_if_asked(at.on.now());
        }
    }
}

runtime::task<> join_until(runtime::task_group& group, runtime::scope& parent, time_point end) {
    const duration left = end - parent.on().now();
    runtime::scope waiting{parent, bound::after(parent.on().now(), left, "server.drain")};
    auto joining = group.join(waiting);
    co_await joining;
}

/// Lets go of one connection at rest after the other; none that was answered a moment ago, for its
/// client may be sending. Returns when none is left or `under` has ended.
runtime::task<> let_go_of_resting(worker_state& at, runtime::scope& under) {
    while (at.resting.count.load() > 0 && !under.ended()) {
        const bool gone = at.resting.let_go_longest(at.on.now(), at.closing->moment());
        const bool all_at_once = at.on.now() >= at.closing->over();
        if (gone && all_at_once) {
            continue;
        }
        const duration pause = gone ? at.closing->pause() : http::resting_connections::rest_min / 4;
        runtime::sleep_until until{under, add_saturated(at.on.now(), pause)};
        co_await until;
    }
    runtime::sleep_until until{under, at.closing->over()};
    co_await until;
}

http::head_limits limits_of(const policy::http_policy& of) noexcept {
    return {{of.header_bytes, of.header_count, of.target_bytes}, of.header_timeout, of.keep_alive};
}

}  // namespace

worker_state::worker_state(
    gateway& of,
    runtime::loop& loop,
    runtime::network& network,
    event_sink& told_to,
    std::uint64_t dice
)
    : shared{of},
      on{loop},
      through{network},
      events{told_to},
      resolve{loop},
      traces{dice},
      seed{dice},
      connections{loop},
      arrivals{connections},
      listening{loop},
      patience{loop},
      abandoned{loop},
      housekeeping{loop} {
    adopt(of.current());
}

worker_state::~worker_state() {
    for (std::size_t i = 0; i < current->pools.size(); ++i) {
        current->of->place_of(i).idle->detach(letting_go);
    }
}

std::shared_ptr<upstream_pool> worker_state::pool_for(
    const policy::upstream_policy& rules, const upstream_place& place
) {
    if (current) {
        const auto known = std::ranges::find_if(current->pools, [&](const auto& each) {
            return each->rules() == rules;
        });
        if (known != current->pools.end()) {
            return *known;
        }
    }
    auto made = std::make_shared<upstream_pool>(
        rules, *place.idle, through, resolve, leftovers, housekeeping
    );
    made->on_recovery = [this, upstream = place.guards](time_point now) {
        shared.guards().upstream_recovered(upstream, now);
    };
    return made;
}

void worker_state::adopt(std::shared_ptr<const edition> next) {
    auto made = std::make_shared<worker_edition>();
    const policy::policy& rules = next->rules();
    for (std::size_t i = 0; i < rules.upstreams.size(); ++i) {
        made->pools.push_back(pool_for(rules.upstreams[i], next->place_of(i)));
        next->place_of(i).idle->attach(letting_go);
    }
    made->of = std::move(next);
    heads = limits_of(rules.http);
    const auto before = std::exchange(current, std::move(made));
    for (std::size_t i = 0; before && i < before->pools.size(); ++i) {
        if (std::ranges::find(current->pools, before->pools[i]) == current->pools.end()) {
            before->pools[i]->retire();
        }
        idle_release* const idle = before->of->place_of(i).idle;
        bool stays = false;
        for (std::size_t at = 0; at < current->pools.size(); ++at) {
            stays = stays || current->of->place_of(at).idle == idle;
        }
        if (!stays) {
            idle->detach(letting_go);
        }
    }
    used.pass();
}

bool worker_state::keeps_alive() noexcept {
    return !arrivals.ended() && !(closing && closing->closes(on.now()));
}

route_numbers& worker_state::numbers(route_index place) {
    if (by_place.size() <= place) {
        by_place.resize(place + std::size_t{1});
    }
    auto& kept = by_place[place];
    if (!kept) {
        kept = std::make_unique<route_numbers>();
    }
    return *kept;
}

worker::worker(
    gateway& shared,
    runtime::loop& on,
    runtime::network& through,
    event_sink& events,
    std::uint64_t seed
)
    : state_{std::make_unique<worker_state>(shared, on, through, events, seed)} {
    state_->leftovers.spawn(housekeep(*state_));
    state_->leftovers.spawn(let_go(*state_));
}

worker::~worker() = default;

void worker::adopt(std::shared_ptr<const edition> next) {
    state_->adopt(std::move(next));
}

void worker::begin(std::unique_ptr<runtime::listener> listening) {
    listening_ = std::move(listening);
    worker_state& at = *state_;
    at.serve = [&at](std::unique_ptr<runtime::stream> connection, runtime::scope&) {
        return serve_client(std::move(connection), at);
    };
    at.accepting.spawn(http::accept_connections(
        *listening_, at.listening, at.connections, at.sessions, at.resting, at.serve, at.accepted
    ));
    at.accepting.spawn(at.resting.make_room_when_asked(at.listening));
}

runtime::task<> worker::drain(duration grace) {
    worker_state& at = *state_;
    runtime::scope always{at.on};
    const time_point end = add_saturated(at.on.now(), grace);
    at.listening.end({cause_kind::shutdown});
    auto stopping = at.accepting.join(always);
    co_await stopping;
    if (listening_) {
        http::accept_waiting(
            *listening_, at.connections, at.sessions, at.resting, at.serve, at.accepted
        );
    }
    listening_.reset();
    at.closing.emplace(at.on.now(), grace, at.accepted.open, at.seed);
    runtime::scope closing{at.patience, bound::after(at.on.now(), grace, "server.drain")};
    auto letting_go = let_go_of_resting(at, closing);
    co_await letting_go;
    at.arrivals.end({cause_kind::shutdown});
    auto ending = join_until(at.sessions, at.patience, end);
    co_await ending;
    at.connections.end({cause_kind::shutdown});
    auto breaking = at.sessions.join(always);
    co_await breaking;
    at.abandoned.end({cause_kind::shutdown});
    at.housekeeping.end({cause_kind::shutdown});
    auto leaving = at.leftovers.join(always);
    co_await leaving;
}

std::size_t worker::answers_held() const noexcept {
    return state_->answers_held;
}

std::size_t worker::bodies_held() const noexcept {
    return state_->bodies_held;
}

void worker::hurry() noexcept {
    state_->patience.end({cause_kind::shutdown});
}

void worker::count(snapshot& into, std::vector<times_of_route>& times) const {
    const worker_state& at = *state_;
    into.connections += static_cast<std::uint32_t>(at.accepted.open);
    into.connections_accepted += at.accepted.accepted;
    into.connections_let_go += at.resting.let_go();
    into.bad_requests += at.bad_requests;
    for (std::size_t i = 0; i < at.by_place.size() && i < into.routes.size(); ++i) {
        if (at.by_place[i]) {
            into.routes[i].numbers.add_counts(*at.by_place[i]);
            times.push_back({i, at.by_place[i].get()});
        }
    }
    if (into.live.most() > 0) {
        at.live.for_each([&](const live_work& each) { into.live.add(each.describe(at.on.now())); });
    }
    for (std::size_t i = 0; i < at.current->pools.size(); ++i) {
        const std::size_t place = at.current->of->place_of(i).guards;
        if (place >= into.upstreams.size()) {
            continue;  // what it was filled from is older than this edition
        }
        upstream_snapshot& upstream = into.upstreams[place];
        at.current->pools[i]->describe(upstream.endpoints);
        upstream.up =
            upstream.up && std::ranges::any_of(upstream.endpoints, &endpoint_snapshot::reachable);
    }
}

}  // namespace curfew::gateway
