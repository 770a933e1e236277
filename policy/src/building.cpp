#include "building.hpp"

#include <curfew/core/expects.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace curfew::policy {

void building::apply_environment_defaults() {
    for (const auto& [environment, path, text] : environment_defaults()) {
        if (!environment.empty() && environment != made.environment) continue;
        const auto to = resolve(path);
        expects(to.has_value(), "a default is of a key");
        if (const auto* kind = to->which->kind()) declare(*kind, std::string{to->name}, {});
        const literal value{literal::kind::untyped, std::string{text}, {}, {}};
        const auto wrong = assign(place(*to), to->which->allowed, value);
        expects(!wrong, "a default of an environment is valid");
        derive(path, environment.empty() ? "built-in" : "built-in for " + made.environment);
    }
}

void building::apply(const sheet& layer) {
    for (const auto& [kind, name, at] : layer.declarations) {
        declare(*kind, name, {layer::file, {}, at});
    }
    for (const auto& [which, name, value, where] : layer.settings) {
        if (const auto* kind = which->kind()) declare(*kind, name, where);
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
    constexpr std::array<std::pair<std::string_view, std::string route_limit_keys::*>, 6> named{{
        {".timeout", &route_limit_keys::timeout},
        {".body_idle", &route_limit_keys::body_idle},
        {".in_flight", &route_limit_keys::in_flight},
        {".queue", &route_limit_keys::queue},
        {".adaptive", &route_limit_keys::adaptive},
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
    const auto* kind = path.which->kind();
    if (kind == nullptr) return path.which->place({&made});
    const auto* declared = find(*kind, path.name);
    expects(declared != nullptr, "the record was declared");
    return path.which->place({&made, declared->index});
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

origin building::declared(std::string_view record) const {
    const auto* kind = kind_of(record);
    expects(kind != nullptr, "a record is told with its kind");
    const auto* found = find(*kind, record.substr(kind->name.size() + 1));
    return found == nullptr ? origin{} : found->where;
}

void building::declare(const record_kind& kind, const std::string& name, const origin& where) {
    if (find(kind, name) != nullptr) return;
    declared_[&kind].emplace(name, declaration{add_record(made, kind, name), where});
}

const building::declaration* building::find(const record_kind& kind, std::string_view name) const {
    const auto all = declared_.find(&kind);
    if (all == declared_.end()) return nullptr;
    const auto found = all->second.find(name);
    return found == all->second.end() ? nullptr : &found->second;
}

}  // namespace curfew::policy
