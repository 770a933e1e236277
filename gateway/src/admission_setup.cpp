#include "admission_guards.hpp"
#include <curfew/core/expects.hpp>
#include <curfew/gateway/admission.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace curfew::gateway {

admission::admission(const admission_config& config)
    : total_{{.cap = config.in_flight}},
      config_{config},
      routes_max_{config.routes},
      by_index_{std::make_unique<std::atomic<guards*>[]>(config.routes)} {
    all_routes_.reserve(config.routes);
}

admission::~admission() = default;

std::size_t admission::add_upstream(
    std::string_view name, const limiter_config& config, time_point now
) {
    const auto known = std::ranges::find(upstreams_, name, [](const auto& each) {
        return std::string_view{each->name};
    });
    const auto index = static_cast<std::size_t>(known - upstreams_.begin());
    if (known != upstreams_.end()) {
        const std::scoped_lock lock{lock_};
        (*known)->limiter.reconfigure(config, now);
        (*known)->generation = generation_;
        return index;
    }
    auto added = std::make_unique<upstream_guards>(name, config);
    const std::scoped_lock lock{lock_};
    added->generation = generation_;
    upstreams_.push_back(std::move(added));
    return index;
}

void admission::add_route(
    route_index route,
    std::string_view name,
    std::size_t upstream,
    const route_config& config,
    time_point now
) {
    expects(route < routes_max_, "route indexes stay below admission_config::routes");
    auto& on = *upstreams_[upstream];
    auto made = std::make_unique<guards>(name, on, config);
    const std::scoped_lock lock{lock_};
    const auto known = std::ranges::find(on.routes, name, [](const guards* each) {
        return std::string_view{each->name};
    });
    if (known != on.routes.end()) {
        auto& kept = **known;
        by_index_[route].store(&kept, std::memory_order_release);
        if (std::exchange(kept.generation, generation_) == generation_) return;
        kept.breaker.reconfigure(config.breaker, now);
        kept.names = config.names;
        kept.reset = config.breaker.reset;
        kept.failures_to_open = config.breaker.consecutive_failures;
        kept.slow_after.store(guards::slow_after_of(config.breaker), std::memory_order_relaxed);
        kept.cap.reconfigure({.cap = config.in_flight});
        kept.queue.set_bound(config.queue);
        kept.adapt(config);
        return;
    }
    expects(!has_route(route), "an index means one route for ever");
    made->generation = generation_;
    on.routes.push_back(made.get());
    on.waiting.reserve(on.routes.capacity());
    by_index_[route].store(made.get(), std::memory_order_release);
    all_routes_.push_back(std::move(made));
}

bool admission::has_route(route_index route) const noexcept {
    return route < routes_max_ && by_index_[route].load(std::memory_order_acquire) != nullptr;
}

void admission::reconfigure(const admission_config& config) {
    const std::scoped_lock lock{lock_};
    total_.reconfigure({.cap = config.in_flight});
    config_ = config;
    ++generation_;
}

namespace {

// What is copied under the lock: plain numbers into room that is there.

void copy_numbers(const detail::upstream_guards& of, upstream_snapshot& view) noexcept {
    const auto limit = of.limiter.status();
    view.limit = limit.limit;
    view.in_flight = of.holding + of.given.working + of.left_behind.working;
    view.abandoned = of.abandoned + of.given.abandoned + of.left_behind.abandoned;
    view.gave_way = of.given.working;
    view.left_behind = of.left_behind.working;
    view.detached = of.detached;
    view.route_cap = of.limiter.share();
    view.up = of.state == upstream_state::up;
    view.limit_reason = to_string(limit.last.why);
}

void copy_numbers(
    const detail::route_guards& of, bool observe, time_point now, route_snapshot& view
) noexcept {
    const auto breaker = of.breaker.status(now);
    view.breaker = breaker.state;
    view.retry_after = breaker.retry_after;
    view.breaker_opened = breaker.totals.opened;
    view.held_back = breaker.state == breaker_state::open && of.suspicion.is_convicted(now);
    view.suspect = of.suspicion.is_suspect(now);
    view.times_held_back = of.times_held_back;
    view.in_flight = of.in_flight;
    view.abandoned = of.abandoned + of.given.abandoned + of.left_behind.abandoned;
    view.hanging = of.hanging;
    view.queued = static_cast<std::uint32_t>(of.queue.size());
    view.usual = of.usual.p95();
    view.would_refuse = of.would_refuse;
    view.would_refuse_by_breaker = of.would_refuse_by_breaker;
    view.would_queue = of.would_queue;
    const auto adapts = of.adapts.load(std::memory_order_relaxed);
    if (adapts != policy::adaptive_mode::off) {
        const bool cuts = adapts == policy::adaptive_mode::on && !observe;
        view.adaptive = {cuts, of.adaptive->status()};
    }
}

}  // namespace

void admission::describe(snapshot& out, time_point now) const {
    {
        const std::scoped_lock lock{lock_};
        out.observe = config_.observe;
        out.draining = draining_;
        out.in_flight_cap = config_.in_flight;
    }
    out.in_flight = in_flight();
    out.queued = waiting();
    out.upstreams.assign(upstreams_.size(), {});
    for (std::size_t i = 0; i < upstreams_.size(); ++i) {
        out.upstreams[i].name = upstreams_[i]->name;
        const std::scoped_lock lock{lock_};
        copy_numbers(*upstreams_[i], out.upstreams[i]);
        out.upstreams[i].retired = upstreams_[i]->generation != generation_;
    }
    std::size_t routes = routes_max_;
    while (routes > 0 && !has_route(static_cast<route_index>(routes - 1)))
        --routes;
    out.routes = std::vector<route_snapshot>(routes);
    for (std::size_t i = 0; i < routes; ++i) {
        const auto* route = by_index_[i].load(std::memory_order_acquire);
        if (route == nullptr) continue;
        route_snapshot& view = out.routes[i];
        view.name = route->name;
        view.upstream = route->upstream.name;
        {
            const std::scoped_lock lock{lock_};
            copy_numbers(*route, config_.observe, now, view);
            view.retired = route->generation != generation_;
        }
        const auto its = std::ranges::find(out.upstreams, view.upstream, &upstream_snapshot::name);
        its->queued += view.queued;
    }
}

bool admission::has_hanging_work(std::size_t upstream) const noexcept {
    const std::scoped_lock lock{lock_};
    const upstream_guards& its = *upstreams_[upstream];
    return its.stuck > 0 ||
           std::ranges::any_of(its.routes, [](const guards* each) { return each->hanging > 0; });
}

bool admission::is_idle(std::size_t upstream) const noexcept {
    const std::scoped_lock lock{lock_};
    return std::ranges::all_of(upstreams_[upstream]->routes, [](const guards* each) {
        return each->in_flight == 0;
    });
}

}  // namespace curfew::gateway
