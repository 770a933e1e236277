#include "outside.hpp"

#include <curfew/core/expects.hpp>
#include <curfew/policy/suggest.hpp>

#include <algorithm>
#include <map>

namespace curfew::policy {

namespace {

bool is_list(const key& which) {
    blank fresh;
    return std::visit(
        []<class T>(const T&) {
            return std::is_same_v<T, std::vector<std::string>*> ||
                   std::is_same_v<T, std::vector<http_url>*> ||
                   std::is_same_v<T, std::vector<network>*>;
        },
        which.place(fresh.all())
    );
}

using known_variables = std::map<std::string, key_path, std::less<>>;

known_variables variables_for(const policy& of) {
    known_variables known;
    for (const auto& which : keys()) {
        if (which.is_listed()) continue;
        const auto* kind = which.kind();
        auto names = kind == nullptr ? std::vector{std::string_view{}} : record_names(of, *kind);
        if (kind != nullptr && !kind->usual.empty()) names.push_back(kind->usual);
        for (const auto name : names) {
            known.emplace(variable_name(which, name), key_path{&which, name});
        }
    }
    return known;
}

bool begins_like_a_section(std::string_view name) {
    return std::ranges::any_of(sections(), [&](const section& s) {
        const auto path = s.path.substr(0, s.path.find('.'));
        const auto* kind = find_kind(path);
        std::string prefix = "CURFEW_";
        for (const char c : path) {
            prefix += static_cast<char>(c - 'a' + 'A');
        }
        return (kind == nullptr || !kind->is_listed) && name.starts_with(prefix + '_');
    });
}

void refuse_unknown(std::string_view name, const known_variables& known, diagnosis& wrong) {
    std::vector<std::string_view> candidates;
    for (const auto& [candidate, path] : known) {
        candidates.push_back(candidate);
    }
    const auto near = closest(name, candidates);
    const bool slip = name.starts_with("CURFEW_") && near && edit_distance(name, *near) <= 2;
    if (!slip && !begins_like_a_section(name)) return;
    wrong.add(
        origin{layer::variable, std::string{name}, {}},
        "this variable sets no key of the policy",
        near ? "did you mean " + std::string{*near} + '?' : "unset it, or see `curfew help policy`"
    );
}

literal value_of(const flag_setting& flag, const key& which) {
    if (!is_list(which)) return {literal::kind::untyped, flag.values.back(), {}, {}};
    literal list{literal::kind::list, {}, {}, {}};
    for (const auto& value : flag.values) {
        list.items.push_back({literal::kind::untyped, value, {}, {}});
    }
    return list;
}

}  // namespace

sheet read_variables(const sources& from, const policy& of, diagnosis& wrong) {
    sheet said;
    const auto known = variables_for(of);
    for (const auto& [name, text] : from.variables) {
        const auto found = known.find(name);
        if (found == known.end()) {
            refuse_unknown(name, known, wrong);
            continue;
        }
        const auto& [which, record] = found->second;
        literal value{literal::kind::untyped, text, {}, {}};
        const origin where{layer::variable, name, {}};
        take_setting({which, std::string{record}, std::move(value), where}, said, wrong);
    }
    return said;
}

sheet read_flags(const sources& from, diagnosis& wrong) {
    sheet said;
    for (const auto& flag : from.flags) {
        const auto path = resolve(flag.key);
        expects(path && !flag.values.empty(), "a flag sets a key of the policy to something");
        const origin where{layer::flag, flag.flag, {}};
        take_setting(
            {path->which, std::string{path->name}, value_of(flag, *path->which), where}, said, wrong
        );
    }
    return said;
}

}  // namespace curfew::policy
