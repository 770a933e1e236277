#include "building.hpp"
#include <curfew/core/expects.hpp>
#include <curfew/policy/load.hpp>
#include <curfew/policy/suggest.hpp>

#include <algorithm>
#include <span>
#include <utility>

namespace curfew::policy {

namespace {

constexpr std::size_t names_listed = 10;

std::string code(std::string_view text) {
    return '`' + std::string{text} + '`';
}

/// What a route is called where it has no name: "GET,HEAD example.org/path".
std::string match_of(const route_policy& route) {
    std::string text;
    for (const auto& method : route.methods) {
        (text += text.empty() ? "" : ",") += method;
    }
    return (text.empty() ? text : text + ' ') + route.host + route.path;
}

bool is_at_or_below(std::string_view path, std::string_view record) {
    return path.starts_with(record) && (path.size() == record.size() || path[record.size()] == '.');
}

bool is_declared(std::string_view path, const policy& of) {
    return std::ranges::any_of(of.routes, [&](const route_policy& route) {
        return is_at_or_below(path.substr(std::string_view{"route."}.size()), route.name);
    });
}

/// The path with the name of the route that it tells by what the route matches.
std::string by_name(std::string_view path, const policy& of) {
    if (!path.starts_with("route.") || is_declared(path, of)) return std::string{path};
    std::string best{path};
    std::size_t longest = 0;
    for (const auto& route : of.routes) {
        const auto record = "route." + match_of(route);
        if (record.size() <= longest || !is_at_or_below(path, record)) continue;
        longest = record.size();
        best = "route." + route.name + std::string{path.substr(record.size())};
    }
    return best;
}

std::string listed(std::span<const std::string_view> names) {
    std::string text;
    for (const auto name : names.first(std::min(names.size(), names_listed))) {
        (text += text.empty() ? "" : ", ") += code(name);
    }
    if (names.size() <= names_listed) return text;
    return text + " and " + std::to_string(names.size() - names_listed) + " more";
}

problem not_there(std::string sentence, std::string hint) {
    problem what;
    what.origin = "--explain";
    what.sentence = std::move(sentence);
    what.hint = std::move(hint);
    return what;
}

/// Of a record that does not exist, by a key or a section that it would have.
std::optional<problem> unknown_record(std::string_view path, const policy& of) {
    const auto* kind = kind_of(path);
    if (kind == nullptr) return std::nullopt;
    const std::string what{kind->name};
    const auto resolved = resolve(path);
    const auto name = resolved ? resolved->name : path.substr(what.size() + 1);
    const auto names = record_names(of, *kind);
    if (name.empty() || names.empty() || std::ranges::find(names, name) != names.end())
        return std::nullopt;
    const auto tail = path.substr(what.size() + 1 + name.size());
    if (!resolved && name.find('.') != name.npos) return std::nullopt;
    const auto near = closest(name, names);
    return not_there(
        "the policy has no " + what + ' ' + code(name),
        near ? "did you mean " + code(what + '.' + std::string{*near} + std::string{tail}) + '?'
             : "there is: " + listed(names)
    );
}

std::unexpected<problem> unknown(std::string_view path, const policy& of) {
    if (auto what = unknown_record(path, of)) return std::unexpected{*std::move(what)};
    std::vector<std::string> names;
    for (const auto& which : keys()) {
        const auto* kind = which.kind();
        if (kind == nullptr) {
            names.emplace_back(which.path);
            continue;
        }
        for (const auto name : record_names(of, *kind)) {
            names.push_back(concrete_path(which, name));
        }
    }
    const std::vector<std::string_view> views{names.begin(), names.end()};
    const auto near = closest(path, views);
    return std::unexpected{not_there(
        "the policy has no key " + code(path),
        near ? "did you mean " + code(*near) + '?' : "`curfew help policy` lists them all"
    )};
}

/// What docs/policy.md lists, of a record that nobody has declared: `route.timeout`, and
/// `upstream.main.urls` where there is no upstream.
const key* undeclared(std::string_view path, const policy& of) {
    for (const auto& which : keys()) {
        if (!which.is_named()) continue;
        const std::string record = std::string{which.kind()->name} + '.';
        if (path.starts_with(record) && path.substr(record.size()) == which.tail()) return &which;
    }
    const auto resolved = resolve(path);
    if (!resolved) return nullptr;
    const auto& which = *resolved->which;
    const auto* kind = which.kind();
    const bool none = kind != nullptr && record_names(of, *kind).empty();
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

std::vector<std::string> loading::keys_below(std::string_view path) const {
    expects(snapshot && origins, "only a valid policy is explained");
    const auto section = by_name(path, *snapshot);
    std::vector<std::string> found;
    const bool every_record = find_kind(section) != nullptr;
    for (const auto& which : keys()) {
        if (which.is_named()) continue;
        if (is_at_or_below(which.path, section)) found.emplace_back(which.path);
    }
    const auto add_keys_of = [&](const record_kind& kind, std::string_view name) {
        const auto record = std::string{kind.name} + '.' + std::string{name};
        if (!every_record && !is_at_or_below(section, record)) return;
        for (const auto& which : keys()) {
            if (which.kind() != &kind) continue;
            const auto key = concrete_path(which, name);
            if (every_record ? is_told(key) : is_at_or_below(key, section)) found.push_back(key);
        }
    };
    for (const auto* kind : record_kinds) {
        if (!is_at_or_below(section, kind->name)) continue;
        const auto names = record_names(*snapshot, *kind);
        for (const auto name : names) {
            add_keys_of(*kind, name);
        }
        if (names.empty() && kind->is_implicit) add_keys_of(*kind, "*");
    }
    std::erase(found, section);
    return found;
}

bool loading::is_told(std::string_view key) const {
    const auto* kind = kind_of(key);
    if (kind != nullptr && key.substr(kind->name.size()).starts_with(".*.")) return true;
    const auto found = origins->said.find(key);
    return found != origins->said.end() && !found->second.back().told.starts_with("as ");
}

std::expected<explanation, problem> loading::explain(std::string_view asked) const {
    expects(snapshot && origins, "only a valid policy is explained");
    const auto path = by_name(asked, *snapshot);
    const auto resolved = resolve(path);
    const auto place = resolved ? place_in(*snapshot, *resolved) : std::nullopt;
    if (!place) {
        const auto* general = undeclared(path, *snapshot);
        if (general == nullptr) return unknown(asked, *snapshot);
        return describe(*general, resolved ? resolved->name : "NAME");
    }
    const auto& which = *resolved->which;
    auto why = describe(which, resolved->name);
    why.key = path;
    why.value = print_of(which, *place);
    if (!which.inherits.empty()) why.statements.clear();
    if (const auto found = origins->said.find(path); found != origins->said.end()) {
        for (const auto& [where, told, value] : found->second) {
            if (told == "built-in") {
                why.statements.clear();
                why.default_value = value;
            }
            why.statements.push_back({where.said_by, told, value});
        }
    }
    return why;
}

}  // namespace curfew::policy
