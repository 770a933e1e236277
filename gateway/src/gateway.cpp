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

limiter_config limiter_of(const policy::limiter_policy& from) {
    limiter_config made;
    made.start = from.initial;
    made.floor = from.floor;
    made.ceiling = from.ceiling;
    made.route_share_percent = static_cast<std::uint32_t>(from.route_share * 100);
    made.tolerance_percent = static_cast<std::uint32_t>(from.tolerance * 100);
    return made;
}

breaker_config breaker_of(const policy::breaker_policy& from) {
    const auto percent = [](const std::optional<double>& rate) {
        return rate ? static_cast<std::uint32_t>(*rate * 100) : 0U;
    };
    breaker_config made;
    made.consecutive_failures = from.consecutive_failures;
    made.reset = from.reset;
    made.reset_max = std::max(made.reset_max, from.reset);
    made.reset_min = std::min(made.reset_min, from.reset);
    made.window.span = from.window;
    made.failure_rate = {percent(from.failure_rate), from.min_calls};
    made.slow_rate = {percent(from.slow_rate), from.min_calls};
    made.probes = from.half_open_permits;
    made.probe_results = from.half_open_permits;
    made.probe_lease = from.probe_lease;
    return made;
}

}  // namespace

gateway::gateway(std::shared_ptr<const policy::policy> rules, event_sink& events, time_point now)
    : rules_{std::move(rules)},
      events_{events},
      routes_{rules_of(*rules_), {.routes_max = rules_->gateway.routes_max}},
      guards_{{rules_->gateway.in_flight, rules_->gateway.observe, routes_.capacity()}} {
    for (const policy::upstream_policy& each : rules_->upstreams) {
        guards_.add_upstream(each.name, limiter_of(rules_->limiter), now);
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

void gateway::prepare(route_index route, time_point now) {
    if (guards_.has_route(route)) {
        return;
    }
    const policy::route_limits& of = limits(route);
    const route_config made{of.in_flight, of.queue, breaker_of(of.breaker)};
    guards_.add_route(route, routes_.name(route), upstream(route), made, now);
}

}  // namespace curfew::gateway
