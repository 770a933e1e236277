#include "simulated_stream.hpp"
#include <curfew/sim/world.hpp>

#include <algorithm>
#include <cerrno>

namespace curfew::sim {

world::world() : clock_{time_point{std::chrono::hours{1}}} {}

world::~world() = default;

bool world::run(runtime::loop& on, const std::function<bool()>& done) {
    stalled_ = false;
    for (int turns = 0; turns < turns_max; ++turns) {
        if (done()) {
            return true;
        }
        on.turn();
        if (stalled_) {
            return done();
        }
    }
    return false;
}

void world::reset_connections(std::uint16_t port) {
    const auto all = streams_;
    for (const auto& [number, each] : all) {
        if (each->port() == port) {
            each->reset();
        }
    }
}

void world::wait(deadline until) noexcept {
    if (happenings_.empty() && !until.reachable()) {
        stalled_ = true;
        return;
    }
    const bool event_first =
        !happenings_.empty() && (!until.reachable() || happenings_.top().at <= *until.point());
    if (event_first) {
        const time_point at = std::max(happenings_.top().at, clock_.now());
        clock_.advance_to(at);
        while (!happenings_.empty() && happenings_.top().at <= at) {
            const auto action = happenings_.top().action;
            happenings_.pop();
            action();
        }
    } else if (*until.point() > clock_.now()) {
        clock_.advance_to(*until.point());
    }
}

result<> world::watch(int, runtime::readiness&) noexcept {
    return fail(errc::local_resource, ENOSYS);
}

void world::unwatch(int) noexcept {}

result<std::unique_ptr<runtime::listener>> world::listen(
    const runtime::endpoint& at, bool
) noexcept {
    runtime::endpoint bound = at;
    if (at.port() == 0) {
        bound = *runtime::endpoint::of(at.host_text(), next_port_++);
    }
    if (listeners_.contains(bound.port())) {
        return fail(errc::address_in_use, EADDRINUSE);
    }
    auto made = std::make_unique<simulated_listener>(*this, bound);
    listeners_[bound.port()] = made.get();
    return made;
}

result<std::unique_ptr<runtime::stream>> world::begin_connect(const runtime::endpoint& to
) noexcept {
    const auto from = *runtime::endpoint::of("127.0.0.1", next_port_++);
    auto made = std::make_unique<simulated_stream>(*this, from, to, to.port());
    const link& way = link_to(to.port());
    if (way.black_hole) {
        return made;
    }
    later(2 * way.latency, [this, number = made->number(), from, to] {
        const auto still = streams_.find(number);
        if (still == streams_.end()) {
            return;
        }
        simulated_stream* near = still->second;
        const auto known = listeners_.find(to.port());
        if (known == listeners_.end()) {
            near->refuse({errc::connect_refused, ECONNREFUSED});
            return;
        }
        auto far = std::make_unique<simulated_stream>(*this, to, from, to.port());
        simulated_stream::join(*near, *far);
        near->ready().signal_writable();
        known->second->arrive(std::move(far));
    });
    return made;
}

void world::later(duration by, std::function<void()> action) {
    happenings_.push({add_saturated(clock_.now(), by), made_++, std::move(action)});
}

const link& world::link_to(std::uint16_t port) {
    return links_[port];
}

}  // namespace curfew::sim
