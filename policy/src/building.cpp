#include "building.hpp"

#include <curfew/core/expects.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace curfew::policy {

void building::apply_environment_defaults() {
    for (const auto& [environment, path, text] : environment_defaults()) {
        if (environment != made.environment) continue;
        const auto wrong =
            assign(place(path), {}, literal{literal::kind::untyped, std::string{text}, {}, {}});
        expects(!wrong, "a default of an environment is valid");
        derive(path, "built-in for " + made.environment);
    }
}

void building::apply(const sheet& layer) {
    for (const auto& [name, at] : layer.upstreams) {
        (void)upstream(name, {layer::file, {}, at});
    }
    for (const auto& [name, at] : layer.routes) {
        (void)route(name, {layer::file, {}, at});
    }
    for (const auto& [name, at] : layer.alerts) {
        (void)alert(name, {layer::file, {}, at});
    }
    for (const auto& [name, at] : layer.sinks) {
        (void)sink(name, {layer::file, {}, at});
    }
    for (const auto& [which, name, value, where] : layer.settings) {
        if (which->of_upstream()) (void)upstream(name, where);
        const auto to = place(key_path{which, name});
        const auto wrong = assign(to, which->allowed, value);
        expects(!wrong, "a setting was checked when it was read");
        origins.said[concrete_path(*which, name)].push_back(
            {where, wrong_.describe(where), print_of(*which, to)}
        );
    }
}

void building::inherit() {
    for (auto& route : made.routes) {
        for (const auto& which : keys()) {
            if (which.inherits.empty()) continue;
            const auto path = concrete_path(which, route.name);
            if (is_set(path)) continue;
            copy(place(which.inherits), place(key_path{&which, route.name}));
            derive(path, "as " + std::string{which.inherits});
        }
        if (route.upstream.empty() && made.upstreams.size() == 1) {
            route.upstream = made.upstreams[0].name;
            derive("route." + route.name + ".upstream", "the only upstream");
        }
        name_limits(route);
    }
}

void building::name_limits(route_policy& of) const {
    constexpr std::array<std::pair<std::string_view, std::string route_limit_keys::*>, 5> named{{
        {".timeout", &route_limit_keys::timeout},
        {".body_idle", &route_limit_keys::body_idle},
        {".in_flight", &route_limit_keys::in_flight},
        {".queue", &route_limit_keys::queue},
        {".breaker.reset", &route_limit_keys::reset},
    }};
    for (const auto& [tail, name] : named) {
        const std::string own = ("route." + of.name).append(tail);
        if (is_set(own)) of.keys.*name = own;
    }
}

void building::derive(std::string_view path, std::string told) {
    const bool environment = told.starts_with("built-in");
    const origin where{environment ? layer::builtin : layer::derived, {}, {}};
    origins.said[std::string{path}].push_back({where, std::move(told), print(place(path))});
}

slot building::place(const key_path& path) {
    record of{&made};
    if (path.which->of_upstream()) {
        const auto found = upstream_index_.find(path.name);
        expects(found != upstream_index_.end(), "the upstream was declared");
        of.upstream = &made.upstreams[found->second];
    } else if (path.which->of_route()) {
        const auto found = route_index_.find(path.name);
        expects(found != route_index_.end(), "the route was declared");
        of.route = &made.routes[found->second];
    } else if (path.which->of_alert()) {
        of.alert = &alert(std::string{path.name}, {});
    } else if (path.which->of_sink()) {
        of.sink = &sink(std::string{path.name}, {});
    }
    return path.which->place(of);
}

slot building::place(std::string_view path) {
    const auto resolved = resolve(path);
    expects(resolved.has_value(), "the path names a key");
    return place(*resolved);
}

bool building::is_set(std::string_view path) const {
    const auto found = origins.said.find(path);
    return found != origins.said.end() && std::ranges::any_of(found->second, [](const auto& e) {
               return e.where.said_by >= layer::file;
           });
}

origin building::setter(std::string_view path) const {
    const auto found = origins.said.find(path);
    return found == origins.said.end() ? origin{} : found->second.back().where;
}

origin building::declared(const std::string& record) const {
    const auto found = declared_.find(record);
    return found == declared_.end() ? origin{} : found->second;
}

upstream_policy& building::upstream(const std::string& name, const origin& where) {
    const auto [found, is_new] = upstream_index_.try_emplace(name, made.upstreams.size());
    if (is_new) {
        made.upstreams.emplace_back().name = name;
        declared_.emplace("upstream." + name, where);
    }
    return made.upstreams[found->second];
}

route_policy& building::route(const std::string& name, const origin& where) {
    const auto [found, is_new] = route_index_.try_emplace(name, made.routes.size());
    if (is_new) {
        made.routes.emplace_back().name = name;
        declared_.emplace("route." + name, where);
    }
    return made.routes[found->second];
}

alert_policy& building::alert(const std::string& name, const origin& where) {
    const auto found = std::ranges::find(made.alerts, name, &alert_policy::name);
    if (found != made.alerts.end()) return *found;
    made.alerts.emplace_back().name = name;
    declared_.emplace("alert." + name, where);
    return made.alerts.back();
}

sink_policy& building::sink(const std::string& name, const origin& where) {
    const auto found = std::ranges::find(made.sinks, name, &sink_policy::name);
    if (found != made.sinks.end()) return *found;
    made.sinks.emplace_back().name = name;
    declared_.emplace("sink." + name, where);
    return made.sinks.back();
}

}  // namespace curfew::policy
