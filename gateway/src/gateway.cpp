#include "guard_configs.hpp"
#include <curfew/gateway/gateway.hpp>

#include <algorithm>

namespace curfew::gateway {

namespace {

std::size_t places_for(const policy::policy& rules) noexcept {
    constexpr std::size_t least = 4096;
    constexpr std::size_t most = 60'000;
    const std::size_t wanted = 4 * (rules.routes.size() + rules.gateway.routes_max + 1);
    return std::clamp(wanted, least, most);
}

}  // namespace

gateway::gateway(std::shared_ptr<const policy::policy> rules, time_point now)
    : connections{rules->server.connections_max},
      supervises_first_{!rules->backend.command.empty()},
      places_max_{places_for(*rules)},
      guards_{{rules->gateway.in_flight, rules->gateway.observe, places_max_}} {
    current_ = make_edition(std::move(rules), now);
    place_all(*current_, now);
}

std::size_t gateway::earlier_in_use() noexcept {
    std::erase_if(earlier_, [](const auto& each) { return each.expired(); });
    return earlier_.size();
}

std::expected<std::shared_ptr<const edition>, obstacle> gateway::adopt(
    std::shared_ptr<const policy::policy> rules, time_point now
) {
    if (earlier_in_use() >= editions_max) {
        return std::unexpected{obstacle::editions_in_use};
    }
    if (!has_names_for(*rules)) {
        return std::unexpected{obstacle::names_used_up};
    }
    guards_.reconfigure({rules->gateway.in_flight, rules->gateway.observe});
    generation_.fetch_add(1);
    auto next = make_edition(std::move(rules), now);
    place_all(*next, now);
    guards_.tick(now);
    earlier_.emplace_back(std::exchange(current_, next));
    return next;
}

/// Whether there are places for what the policy names; its `other`s are the last to be refused one.
bool gateway::has_names_for(const policy::policy& rules) {
    std::size_t strange = 0;
    for (const policy::upstream_policy& each : rules.upstreams) {
        strange += static_cast<std::size_t>(std::ranges::count(upstream_names_, each.name) == 0);
    }
    const std::scoped_lock hold{placing_};
    const std::size_t routes = std::max<std::size_t>(rules.routes.size(), 1);
    return upstream_names_.size() + strange <= upstreams_max &&
           places_.size() + routes <= places_max_;
}

std::shared_ptr<const edition> gateway::make_edition(
    std::shared_ptr<const policy::policy> rules, time_point now
) {
    std::vector<upstream_place> upstreams;
    for (const policy::upstream_policy& each : rules->upstreams) {
        const auto at = guards_.add_upstream(each.name, limiter_of(rules->limiter), now);
        if (at == idle_.size()) {
            idle_.push_back(std::make_unique<idle_release>());
            upstream_names_.push_back(each.name);
        }
        upstreams.push_back(
            {at, idle_[at].get(), names_.keep("upstream." + each.name + ".connect_timeout")}
        );
    }
    auto found_by = rules_of(*rules);
    const bool as_before = current_ != nullptr && rules_of(current_->rules()) == found_by &&
                           current_->rules().gateway.routes_max == rules->gateway.routes_max;
    auto table =
        as_before ? current_->table()
                  : std::make_shared<route_table>(
                        std::move(found_by), route_options{.routes_max = rules->gateway.routes_max}
                    );
    return std::make_shared<const edition>(
        std::move(rules), std::move(upstreams), std::move(table), names_, generation_.load()
    );
}

/// Routes that are known already get their limits now, the others when they are first used.
void gateway::place_all(const edition& of, time_point now) {
    const std::size_t known = of.routes().size();
    for (std::size_t route = 0; route < known; ++route) {
        static_cast<void>(give_place(of, static_cast<route_index>(route), now));
    }
}

route_index gateway::prepare(const edition& under, route_index route, time_point now) {
    const auto known = under.place(route);
    return known ? *known : give_place(under, route, now);
}

route_index gateway::give_place(const edition& under, route_index route, time_point now) {
    const std::scoped_lock hold{placing_};
    if (const auto known = under.place(route)) {
        return *known;
    }
    const std::size_t upstream = under.place_of(under.upstream(route)).guards;
    const route_name name{upstream, under.routes().name(route)};
    const auto found = places_.find(name);
    const auto rule = static_cast<route_index>(under.routes().rule(route));
    const bool is_late = under.generation() != generation_.load();
    const bool has_room = found != places_.end() || places_.size() < places_max_;
    if (const auto others = under.place(rule); others && (is_late || !has_room)) {
        const auto at = found == places_.end() ? *others : found->second;
        under.set_place(route, at);
        return at;
    }
    const auto at =
        found == places_.end() ? static_cast<route_index>(places_.size()) : found->second;
    const policy::route_limits& of = under.limits(route);
    const breaker_config breaker = breaker_of(of.breaker, under.rules().request.slow);
    const route_config its{
        of.in_flight, of.queue, breaker, of.adaptive, adaptive_timeout_of(of), under.names(route)
    };
    guards_.add_route(at, name.second, upstream, its, now);
    places_.emplace(name, at);
    under.set_place(route, at);
    return at;
}

void gateway::heard_from_backend(time_point now) noexcept {
    constexpr duration often_enough = std::chrono::milliseconds{100};
    // All workers share it, so most answers only look.
    if (now >= add_saturated(backend_heard_at(), often_enough))
        heard_at_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
}

}  // namespace curfew::gateway
