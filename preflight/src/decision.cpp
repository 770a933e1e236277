#include <curfew/preflight/decision.hpp>

#include <algorithm>

namespace curfew::preflight {

namespace {

std::string count(std::size_t number, std::string_view what) {
    return std::to_string(number) + ' ' + std::string{what} + (number == 1 ? "" : "s");
}

/// Why the rules let nobody by; nothing where they do.
std::optional<std::string> objection(
    std::span<const failure_kind> failed, const bypass_rules& rules, std::string_view environment
) {
    if (!rules.allowed) {
        return std::string{environment} + " starts only when every check passes";
    }
    const auto other = std::ranges::find_if(failed, [&](failure_kind kind) {
        return std::ranges::find(rules.kinds, kind) == rules.kinds.end();
    });
    if (other != failed.end()) {
        return "a failure of the kind " + std::string{to_string(*other)} +
               " is none of the infrastructure";
    }
    if (failed.size() > rules.failures_max) {
        return "that is more than the " + std::to_string(rules.failures_max) +
               " failures of the infrastructure that may be passed over";
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(decision made) noexcept {
    switch (made) {
        case decision::start:
            return "start";
        case decision::start_degraded:
            return "start_degraded";
        case decision::block:
            break;
    }
    return "block";
}

int exit_code_of(decision made) noexcept {
    return made == decision::block ? 1 : 0;
}

ruling decide(
    std::span<const failure_kind> failed,
    const bypass_rules& rules,
    bool told,
    std::string_view environment
) {
    if (failed.empty()) {
        return {decision::start, false, "every check passed"};
    }
    const auto checks = count(failed.size(), "check") + " failed: ";
    auto against = objection(failed, rules, environment);
    if (!against) {
        return {
            decision::start_degraded,
            false,
            checks + "every failure is of the infrastructure, and " + std::string{environment} +
                " passes over at most " + std::to_string(rules.failures_max)
        };
    }
    if (told) {
        return {
            decision::start_degraded,
            true,
            checks + *against + "; but " + std::string{override_variable} + " is true"
        };
    }
    return {decision::block, false, checks + *against};
}

std::optional<bool> read_override(std::string_view value) noexcept {
    const auto is = [&](std::string_view word) {
        return std::ranges::equal(value, word, [](char a, char b) {
            return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
        });
    };
    if (is("true")) return true;
    if (is("false") || value.empty()) return false;
    return std::nullopt;
}

}  // namespace curfew::preflight
