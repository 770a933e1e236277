#include "sheet.hpp"

#include "safe_text.hpp"
#include <curfew/policy/suggest.hpp>

#include <algorithm>
#include <set>

namespace curfew::policy {

namespace {

constexpr std::string_view name_rule =
    "a name has lower-case letters, digits, '-' and '_', at most 64";

std::string code(std::string_view text) {
    return '`' + safe_text(text, 0, 80).text + '`';
}

std::string shown(const literal& value) {
    switch (value.what) {
        case literal::kind::list:
            return "a list";
        case literal::kind::table:
            return "a table";
        case literal::kind::string:
        case literal::kind::untyped:
            return '"' + safe_text(value.text, 0, 40).text + '"';
        default:
            return safe_text(value.text, 0, 40).text;
    }
}

bool begins(std::string_view path, std::string_view prefix) {
    return path.starts_with(prefix) && path.size() > prefix.size() && path[prefix.size()] == '.';
}

bool is_section(std::string_view pattern) {
    return std::ranges::any_of(keys(), [&](const key& k) { return begins(k.path, pattern); });
}

std::string join(std::string_view prefix, std::string_view name) {
    return prefix.empty() ? std::string{name} : (std::string{prefix} += '.') += name;
}

// What may stand directly below a pattern: "request" -> timeout, body_idle, slow.
std::vector<std::string_view> members_of(std::string_view pattern) {
    std::vector<std::string_view> names;
    for (const auto& k : keys()) {
        if (!pattern.empty() && !begins(k.path, pattern)) continue;
        auto rest = k.path.substr(pattern.empty() ? 0 : pattern.size() + 1);
        rest = rest.substr(0, rest.find('.'));
        if (std::ranges::find(names, rest) == names.end()) names.push_back(rest);
    }
    if (pattern.empty()) names.push_back("env");
    return names;
}

std::string list(const std::vector<std::string_view>& names) {
    std::string text;
    for (const auto name : names) {
        (text += text.empty() ? "" : ", ") += name;
    }
    return text;
}

std::string hint_for(std::string_view pattern, std::string_view name) {
    const auto members = members_of(pattern);
    if (const auto near = closest(name, members)) return "did you mean " + code(*near) + '?';
    for (const auto& k : keys()) {
        if (k.path.substr(k.path.rfind('.') + 1) == name && !k.is_named()) {
            return "did you mean " + code(k.path) + '?';
        }
    }
    return (pattern.empty() ? "the sections are " : "known here: ") + list(members);
}

std::string derived_name(const node& route) {
    std::string methods;
    std::string match;
    for (const auto field : {"host", "path"}) {
        const auto found = std::ranges::find(route.children, field, &node::name);
        if (found != route.children.end()) match += found->value.text;
    }
    const auto found = std::ranges::find(route.children, "methods", &node::name);
    if (found != route.children.end()) {
        for (const auto& method : found->value.items) {
            methods += (methods.empty() ? "" : ",") + method.text;
        }
        methods += ' ';
    }
    return methods + (match.empty() ? "/" : match);
}

class reader {
  public:
    reader(sheet& to, layer which, diagnosis& wrong) : to_{to}, layer_{which}, wrong_{wrong} {}

    void read_root(const node& root, bool is_environment) {
        for (const auto& child : root.children) {
            if (child.name == "env" && !is_environment) continue;
            read_member(child, "", "");
        }
    }

  private:
    void read_member(const node& child, const std::string& parent, const std::string& name) {
        const auto pattern = join(parent, child.name);
        if (const auto* found = find_key(pattern)) return read_value(*found, child, name);
        if (const auto* kind = find_kind(pattern)) return read_records(child, *kind);
        if (child.name == "*" || !is_section(pattern)) return refuse(child, parent);
        if (child.what != node::shape::table) {
            wrong_.add(
                child.name_at,
                code(pattern) + " is a section, not a value",
                "write a line [" + pattern + "], and the keys below it"
            );
            return;
        }
        for (const auto& member : child.children) {
            read_member(member, pattern, name);
        }
    }

    void refuse(const node& child, const std::string& parent) {
        const auto known_here = parent.empty() ? "there is no section or key " : "there is no key ";
        const auto in = parent.empty() ? std::string{} : " in " + code(parent);
        wrong_.add(child.name_at, known_here + code(child.name) + in, hint_for(parent, child.name));
    }

    void read_value(const key& which, const node& child, const std::string& name) {
        auto value = child.value;
        if (child.what == node::shape::table) value.what = literal::kind::table;
        if (child.what == node::shape::tables) value.what = literal::kind::table;
        if (value.at.line == 0) value.at = child.name_at;
        const origin where{layer_, {}, value.at};
        take_setting({&which, name, std::move(value), where}, to_, wrong_);
    }

    void read_records(const node& group, const record_kind& kind) {
        if (group.children.size() > kind.most) {
            wrong_.add(
                group.name_at,
                "there are more than " + std::to_string(kind.most) + ' ' + std::string{kind.plural},
                std::string{kind.fewer}
            );
        } else if (kind.is_listed) {
            read_listed(group, kind);
        } else {
            read_named(group, kind);
        }
    }

    void read_named(const node& group, const record_kind& kind) {
        if (group.what != node::shape::table) return refuse_nameless(group.name_at, kind);
        for (const auto& each : group.children) {
            if (each.what != node::shape::table) {
                refuse_nameless(each.name_at, kind);
            } else if (!is_plain_name(each.name)) {
                refuse_name(each.name_at, each.name, kind);
            } else {
                read_record(each, kind, each.name);
            }
        }
    }

    void read_listed(const node& group, const record_kind& kind) {
        if (group.what != node::shape::tables) {
            wrong_.add(
                group.name_at,
                std::string{kind.plural} + " are a list of tables",
                "begin each one with a line [[" + std::string{kind.name} + "]]"
            );
            return;
        }
        std::set<std::string> names;
        for (const auto& each : group.children) {
            const auto given = std::ranges::find(each.children, "name", &node::name);
            const bool must_be_named = !kind.is_matched;
            if (must_be_named && given == each.children.end()) {
                refuse_nameless(each.name_at, kind);
                continue;
            }
            if (must_be_named && !is_plain_name(given->value.text)) {
                refuse_name(given->value.at, given->value.text, kind);
                continue;
            }
            const auto name = must_be_named ? given->value.text : route_name(each);
            if (names.insert(name).second) {
                read_record(each, kind, name);
                continue;
            }
            wrong_.add(
                must_be_named ? given->value.at : each.name_at,
                "two " + std::string{kind.plural} + " are called " + code(name),
                std::string{kind.distinct}
            );
        }
    }

    void read_record(const node& from, const record_kind& kind, const std::string& name) {
        to_.declarations.push_back({&kind, name, from.name_at});
        for (const auto& member : from.children) {
            read_member(member, std::string{kind.name} + ".*", name);
        }
    }

    void refuse_nameless(position at, const record_kind& kind) {
        wrong_.add(at, std::string{kind.one} + " has a name", std::string{kind.how_named});
    }

    void refuse_name(position at, const std::string& name, const record_kind& kind) {
        const auto says = " is no name for " + std::string{kind.one};
        wrong_.add(at, code(name) + says, std::string{name_rule});
    }

    sheet& to_;
    layer layer_;
    diagnosis& wrong_;
};

}  // namespace

std::string route_name(const node& route) {
    const auto given = std::ranges::find(route.children, "name", &node::name);
    const bool named = given != route.children.end() && !given->value.text.empty();
    return safe_text(named ? given->value.text : derived_name(route), 0, 128).text;
}

bool is_plain_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

void take_setting(setting what, sheet& to, diagnosis& wrong) {
    static thread_local blank fresh;
    const auto place = what.which->place(fresh.all());
    const auto trouble = assign(place, what.which->allowed, what.value);
    if (!trouble) {
        to.settings.push_back(std::move(what));
        return;
    }
    const auto path = code(concrete_path(*what.which, what.name));
    const auto& [why, culprit] = *trouble;
    if (culprit && culprit->at.line > 0) what.where.at = culprit->at;
    const auto says = culprit                   ? path + " cannot hold " + shown(*culprit)
                      : what.which->is_secret() ? path + " cannot be what it is"
                                                : path + " cannot be " + shown(what.value);
    wrong.add(what.where, says + ": " + why.sentence, why.hint);
}

file_sheets read_sheets(const node& document, diagnosis& wrong) {
    file_sheets sheets;
    reader{sheets.common, layer::file, wrong}.read_root(document, false);
    const auto env = std::ranges::find(document.children, "env", &node::name);
    if (env == document.children.end()) return sheets;
    if (env->what != node::shape::table) {
        wrong.add(env->name_at, "`env` is a section", "write a line such as [env.staging.request]");
        return sheets;
    }
    for (const auto& environment : env->children) {
        if (environment.what != node::shape::table || !is_plain_name(environment.name)) {
            wrong.add(
                environment.name_at,
                code(environment.name) + " is no environment",
                "write a line such as [env.staging.request]; " + std::string{name_rule}
            );
            continue;
        }
        auto& [name, its] = sheets.environments.emplace_back(environment.name, sheet{});
        reader{its, layer::environment, wrong}.read_root(environment, true);
    }
    return sheets;
}

}  // namespace curfew::policy
