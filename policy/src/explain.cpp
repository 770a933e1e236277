#include "building.hpp"
#include <curfew/core/expects.hpp>
#include <curfew/policy/load.hpp>
#include <curfew/policy/suggest.hpp>

#include <algorithm>

namespace curfew::policy {

namespace {

std::unexpected<problem> unknown(std::string_view path, const policy& of) {
    std::vector<std::string> names;
    for (const auto& which : keys()) {
        const auto add = [&](const auto& records) {
            for (const auto& each : records) {
                names.push_back(concrete_path(which, each.name));
            }
        };
        if (which.of_upstream()) add(of.upstreams);
        if (which.of_route()) add(of.routes);
        if (which.of_alert()) add(of.alerts);
        if (which.of_sink()) add(of.sinks);
        if (!which.is_named()) names.emplace_back(which.path);
    }
    const std::vector<std::string_view> views{names.begin(), names.end()};
    problem what;
    what.origin = "--explain";
    what.sentence = "the policy has no key `" + std::string{path} + '`';
    std::string inside;
    for (const auto view : views) {
        if (view.starts_with(path) && view.size() > path.size() && view[path.size()] == '.') {
            (inside += inside.empty() ? "" : ", ") += view;
        }
    }
    if (!inside.empty()) {
        what.hint = "its section has: " + inside;
    } else if (const auto near = closest(path, views)) {
        what.hint = "did you mean `" + std::string{*near} + "`?";
    } else {
        what.hint = "`curfew help policy` lists them all";
    }
    return std::unexpected{std::move(what)};
}

/// What docs/policy.md lists, of a record that nobody has declared: `route.timeout`, and
/// `upstream.main.urls` where there is no upstream.
const key* undeclared(std::string_view path, const policy& of) {
    for (const auto& which : keys()) {
        if (!which.is_named()) continue;
        const std::string record = std::string{which.kind()} + '.';
        if (path.starts_with(record) && path.substr(record.size()) == which.tail()) return &which;
    }
    const auto resolved = resolve(path);
    if (!resolved) return nullptr;
    const auto& which = *resolved->which;
    const bool none = which.of_upstream() ? of.upstreams.empty()
                      : which.of_route()  ? of.routes.empty()
                      : which.of_alert()  ? of.alerts.empty()
                                          : of.sinks.empty();
    return none || resolved->name == "*" ? &which : nullptr;
}

explanation describe(const key& which, std::string_view name) {
    blank fresh;
    const auto place = which.place(fresh.all());
    explanation why;
    why.key = which.path;
    why.default_value =
        which.inherits.empty() ? default_text(which) : "as " + std::string{which.inherits};
    why.value = why.default_value;
    why.range = print_range(place, which.allowed);
    why.written = how_written(place);
    why.variable = variable_name(which, name);
    why.documentation = which.documentation;
    why.statements.push_back({layer::builtin, "built-in", why.default_value});
    return why;
}

}  // namespace

std::vector<std::string> loading::set_keys() const {
    expects(snapshot && origins, "only a valid policy is explained");
    std::vector<std::string> keys;
    for (const auto& [path, said] : origins->said) {
        if (said.back().where.said_by >= layer::file) keys.push_back(path);
    }
    return keys;
}

std::expected<explanation, problem> loading::explain(std::string_view path) const {
    expects(snapshot && origins, "only a valid policy is explained");
    const auto resolved = resolve(path);
    const auto place = resolved ? place_in(*snapshot, *resolved) : std::nullopt;
    if (!place) {
        const auto* general = undeclared(path, *snapshot);
        if (general == nullptr) return unknown(path, *snapshot);
        return describe(*general, resolved ? resolved->name : "NAME");
    }
    const auto& which = *resolved->which;
    auto why = describe(which, resolved->name);
    why.key = path;
    why.value = print_of(which, *place);
    if (!which.inherits.empty()) why.statements.clear();
    if (const auto found = origins->said.find(path); found != origins->said.end()) {
        for (const auto& [where, told, value] : found->second) {
            why.statements.push_back({where.said_by, told, value});
        }
    }
    return why;
}

}  // namespace curfew::policy
