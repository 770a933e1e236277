#include "key.hpp"
#include <curfew/core/expects.hpp>
#include <curfew/policy/transition.hpp>

#include <algorithm>

namespace curfew::policy {

namespace {

/// The keys of the policy itself, then those of each record of both policies.
std::vector<std::pair<const key*, std::string>> paths_of(
    const policy& before, const policy& after
) {
    std::vector<std::pair<const key*, std::string>> all;
    for (const key& which : keys()) {
        if (!which.is_named()) all.emplace_back(&which, "");
    }
    for (const auto* kind : record_kinds) {
        auto names = record_names(after, *kind);
        for (const auto name : record_names(before, *kind)) {
            if (std::ranges::find(names, name) == names.end()) names.push_back(name);
        }
        for (const auto name : names) {
            for (const key& which : keys()) {
                if (which.kind() == kind) all.emplace_back(&which, name);
            }
        }
    }
    return all;
}

std::optional<std::string> text_in(const policy& of, const key& which, std::string_view name) {
    const auto place = place_in(of, {&which, name});
    return place ? std::optional{print(*place)} : std::nullopt;
}

/// What a key of that record would be if nobody said anything.
std::string unsaid_in(const policy& of, const key& which) {
    const auto* parent = which.inherits.empty() ? nullptr : find_key(which.inherits);
    return parent == nullptr ? default_text(which) : *text_in(of, *parent, "");
}

std::optional<std::string> shown(const key& which, const std::optional<std::string>& text) {
    return text ? std::optional{which.shown(*text)} : text;
}

class comparison {
  public:
    comparison(const policy& running, const loading& asked) : running_{running}, asked_{asked} {}

    [[nodiscard]] std::vector<change> changes() const {
        std::vector<change> all;
        for (const auto& [which, name] : paths_of(running_, *asked_.snapshot)) {
            if (auto found = compare(*which, name)) all.push_back(std::move(*found));
        }
        return all;
    }

  private:
    [[nodiscard]] std::optional<change> compare(const key& which, const std::string& name) const {
        const auto before = text_in(running_, which, name);
        const auto after = text_in(*asked_.snapshot, which, name);
        if (before == after) return std::nullopt;
        const bool was_unsaid = !before || *before == unsaid_in(running_, which);
        change made;
        made.key = concrete_path(which, name);
        made.before = shown(which, before);
        made.after = shown(which, after);
        made.origin = "built-in";
        const bool comes_or_goes = !before || !after;
        const bool is_inherited = comes_or_goes || !which.inherits.empty();
        bool is_said = false;
        if (after) {
            const auto why = asked_.explain(made.key);
            if (why && !why->statements.empty()) {
                made.said_by = why->statements.back().said_by;
                made.origin = why->statements.back().origin;
                is_said = made.said_by > (is_inherited ? layer::derived : layer::builtin);
            }
        }
        // What is inherited is told where it is set; a record that comes or goes by what it says.
        if (!is_said && was_unsaid && is_inherited) {
            return std::nullopt;
        }
        made.after_restart = which.needs_restart();
        return made;
    }

    const policy& running_;
    const loading& asked_;
};

void mark(std::vector<change>& changes, std::string_view key) {
    for (change& each : changes) {
        if (each.key.starts_with(key)) each.after_restart = true;
    }
}

/// Where the supervised backend answers: it was started with that.
void keep_backend(policy& made, const policy& running, std::vector<change>& changes) {
    if (running.backend.command.empty()) return;
    const upstream_policy& first = running.upstreams.front();
    const auto found = std::ranges::find(made.upstreams, first.name, &upstream_policy::name);
    if (found == made.upstreams.end()) {
        made.upstreams.insert(made.upstreams.begin(), first);
        return mark(changes, "upstream." + first.name + '.');
    }
    found->urls = first.urls;
    std::rotate(made.upstreams.begin(), found, found + 1);
    mark(changes, "upstream." + first.name + ".urls");
}

}  // namespace

transition plan_transition(const policy& running, const loading& asked) {
    expects(asked.snapshot != nullptr, "only a valid policy can be in force");
    transition plan;
    plan.changes = comparison{running, asked}.changes();
    auto made = std::make_shared<policy>(*asked.snapshot);
    auto old = running;
    for (const key& which : keys()) {
        if (!which.needs_restart()) continue;
        copy(which.place({&old}), which.place({made.get()}));
    }
    made->environment = running.environment;
    keep_backend(*made, running, plan.changes);
    if (!is_loopback(made->server.admin) && made->server.admin_token.empty()) {
        made->server.admin_token = running.server.admin_token;
        mark(plan.changes, "server.admin_token");
    }
    plan.next = std::move(made);
    return plan;
}

}  // namespace curfew::policy
