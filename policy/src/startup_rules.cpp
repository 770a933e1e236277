#include "building.hpp"
#include "safe_text.hpp"
#include <curfew/policy/suggest.hpp>

#include <algorithm>

namespace curfew::policy {

namespace {

constexpr std::string_view path = "startup.bypass_kinds";

std::string code(std::string_view text) {
    return '`' + safe_text(text, 0, 80).text + '`';
}

std::string hint_for(std::string_view name) {
    std::vector<std::string_view> known;
    std::string all;
    for (const auto kind : all_kinds) {
        if (kind == failure_kind::unknown) continue;
        known.push_back(to_string(kind));
        all += (all.empty() ? "" : ", ") + std::string{to_string(kind)};
    }
    const auto near = closest(name, known);
    return near ? "did you mean " + code(*near) + '?' : "the kinds are " + all;
}

}  // namespace

void check_startup(building& of) {
    auto& startup = of.made.startup;
    for (const auto& name : startup.bypass_kinds) {
        const auto kind = kind_named(name);
        if (kind == failure_kind::unknown) {
            of.wrong().add(
                of.setter(path),
                code(path) + " cannot have `unknown`: a failure that nobody understands blocks",
                "name the kinds that may be passed over"
            );
        } else if (!kind) {
            of.wrong().add(
                of.setter(path),
                code(path) + ": there is no kind of failure " + code(name),
                hint_for(name)
            );
        } else if (std::ranges::find(startup.passed_over, *kind) == startup.passed_over.end()) {
            startup.passed_over.push_back(*kind);
        }
    }
}

}  // namespace curfew::policy
