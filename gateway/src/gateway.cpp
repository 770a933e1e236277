#include "guard_configs.hpp"
#include <curfew/gateway/gateway.hpp>

#include <algorithm>

namespace curfew::gateway {

namespace {

std::vector<route_rule> rules_of(const policy::policy& from) {
    std::vector<route_rule> rules;
    for (const policy::route_policy& route : from.routes) {
        route_rule& made = rules.emplace_back();
        made.name = route.name;
        made.host = route.host;
        made.prefix = route.path;
        for (const std::string& method : route.methods) {
            made.methods.add(http1::find_method_id(method));
        }
    }
    if (rules.empty()) {
        rules.emplace_back().derive = true;
    }
    return rules;
}

}  // namespace

gateway::gateway(std::shared_ptr<const policy::policy> rules, time_point now)
    : connections{rules->server.connections_max},
      rules_{std::move(rules)},
      routes_{rules_of(*rules_), {.routes_max = rules_->gateway.routes_max}},
      guards_{{rules_->gateway.in_flight, rules_->gateway.observe, routes_.capacity()}} {
    for (const policy::upstream_policy& each : rules_->upstreams) {
        guards_.add_upstream(each.name, limiter_of(rules_->limiter), now);
        idle_.push_back(std::make_unique<idle_release>());
    }
    for (const policy::route_policy& route : rules_->routes) {
        const auto named =
            std::ranges::find(rules_->upstreams, route.upstream, &policy::upstream_policy::name);
        const auto position = static_cast<std::size_t>(named - rules_->upstreams.begin());
        by_rule_.push_back({route.limits, position});
    }
    if (by_rule_.empty()) {
        by_rule_.push_back({rules_->default_limits(), 0});
    }
}

const policy::route_limits& gateway::limits(route_index route) const noexcept {
    return by_rule_[routes_.rule(route)].limits;
}

std::size_t gateway::upstream(route_index route) const noexcept {
    return by_rule_[routes_.rule(route)].upstream;
}

void gateway::heard_from_backend(time_point now) noexcept {
    constexpr duration often_enough = std::chrono::milliseconds{100};
    // All workers share it, so most answers only look.
    if (now >= add_saturated(backend_heard_at(), often_enough))
        heard_at_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
}

void gateway::prepare(route_index route, time_point now) {
    if (guards_.has_route(route)) {
        return;
    }
    const policy::route_limits& of = limits(route);
    const route_config made{of.in_flight, of.queue, breaker_of(of.breaker, rules_->request.slow)};
    guards_.add_route(route, routes_.name(route), upstream(route), made, now);
}

}  // namespace curfew::gateway
