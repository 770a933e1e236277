#include "key.hpp"

#include <curfew/policy/store.hpp>

#include <algorithm>
#include <array>

namespace curfew::policy {

namespace {

std::string_view prefix_of(const key& which) {
    const auto star = which.path.find(".*.");
    return star == which.path.npos ? std::string_view{} : which.path.substr(0, star + 3);
}

std::string upper(std::string_view text) {
    std::string name;
    for (const char c : text) {
        const bool lower = c >= 'a' && c <= 'z';
        name += c == '.' || c == '-' ? '_' : lower ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return name;
}

}  // namespace

std::string_view key::tail() const noexcept {
    return path.substr(prefix_of(*this).size());
}

bool key::is_secret() const noexcept {
    const auto* rule = std::get_if<text_rule>(&allowed);
    return rule && (*rule == text_rule::secret || *rule == text_rule::store);
}

std::string key::shown(const std::string& printed) const {
    const auto* rule = std::get_if<text_rule>(&allowed);
    if (rule && *rule == text_rule::store) {
        const auto store = std::string_view{printed}.substr(1, printed.size() - 2);
        return is_database(store) ? '"' + shown_store(store) + '"' : printed;
    }
    return is_secret() && printed != "\"\"" ? "(hidden)" : printed;
}

bool key::needs_restart() const noexcept {
    constexpr std::array fixed{
        std::string_view{"server.listen"},
        std::string_view{"server.admin"},
        std::string_view{"server.workers"},
        std::string_view{"server.connections_max"},
        std::string_view{"server.log_format"},
    };
    return path.starts_with("backend.") || path.starts_with("ledger.") ||
           std::ranges::find(fixed, path) != fixed.end();
}

std::string print_of(const key& which, const slot& value) {
    return which.shown(print(value));
}

const key* find_key(std::string_view pattern) noexcept {
    const auto found = std::ranges::find(keys(), pattern, &key::path);
    return found == keys().end() ? nullptr : &*found;
}

// The name of a route may hold dots, so the tail is matched from the end.
std::optional<key_path> resolve(std::string_view path) noexcept {
    std::optional<key_path> best;
    for (const auto& candidate : keys()) {
        const auto prefix = prefix_of(candidate);
        if (prefix.empty()) {
            if (candidate.path == path) return key_path{&candidate, {}};
            continue;
        }
        const auto head = prefix.substr(0, prefix.size() - 2);
        const auto tail = candidate.tail();
        if (path.size() > head.size() + 1 + tail.size() && path.starts_with(head) &&
            path.ends_with(tail) && path[path.size() - tail.size() - 1] == '.' &&
            (!best || tail.size() > best->which->tail().size())) {
            const auto length = path.size() - head.size() - tail.size() - 1;
            best = key_path{&candidate, path.substr(head.size(), length)};
        }
    }
    return best && !best->name.empty() ? best : std::nullopt;
}

// A const policy is only read through it: a slot knows no const.
std::optional<slot> place_in(const policy& of, const key_path& path) {
    auto& root = const_cast<policy&>(of);
    const auto* kind = path.which->kind();
    const auto found = kind == nullptr ? 0 : find_record(of, *kind, path.name);
    return found ? std::optional{path.which->place({&root, *found})} : std::nullopt;
}

std::string concrete_path(const key& which, std::string_view name) {
    const auto prefix = prefix_of(which);
    if (prefix.empty()) return std::string{which.path};
    std::string path{prefix.substr(0, prefix.size() - 2)};
    return ((path += name) += '.') += which.tail();
}

std::string variable_name(const key& which, std::string_view name) {
    return which.is_listed() ? std::string{} : "CURFEW_" + upper(concrete_path(which, name));
}

std::string default_text(const key& which) {
    static blank fresh;
    return print(which.place(fresh.all()));
}

}  // namespace curfew::policy
