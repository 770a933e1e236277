#include <curfew/policy/suggest.hpp>
#include <curfew/preflight/simulation.hpp>

#include <algorithm>

namespace curfew::preflight {

namespace {

constexpr std::string_view everything = "infrastructure-pressure";
constexpr std::size_t kinds_max = 100;

policy::text_problem no_kind(std::string_view word) {
    if (word == everything) {
        return {"`" + std::string{everything} + "` stands alone", "leave the other kinds out"};
    }
    std::vector<std::string_view> known{everything};
    std::string all;
    for (const auto kind : policy::all_kinds) {
        known.push_back(to_string(kind));
        all += (all.empty() ? "" : ", ") + std::string{to_string(kind)};
    }
    const auto near = policy::closest(word, known);
    return {
        "there is no kind of failure `" + std::string{word.substr(0, 80)} + "`",
        near ? "did you mean `" + std::string{*near} + "`?" : "the kinds are " + all
    };
}

std::string_view without_spaces(std::string_view word) noexcept {
    word.remove_prefix(std::min(word.find_first_not_of(' '), word.size()));
    return word.substr(0, word.find_last_not_of(' ') + 1);
}

}  // namespace

std::expected<simulation, policy::text_problem> read_simulation(std::string_view text) {
    if (text == everything) {
        return simulation{{}, true};
    }
    simulation made;
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(','));
        const auto kind = policy::kind_named(without_spaces(word));
        if (!kind) {
            return std::unexpected{no_kind(without_spaces(word))};
        }
        if (made.failed.size() == kinds_max) {
            return std::unexpected{
                policy::text_problem{"more than 100 failures are not simulated", {}}
            };
        }
        made.failed.push_back(*kind);
        const bool more = word.size() < text.size();
        text.remove_prefix(word.size() + (more ? 1 : 0));
        if (more && text.empty()) {
            return std::unexpected{no_kind("")};
        }
    }
    return made;
}

std::vector<simulated> simulate_all(std::span<const environment_rules> environments, bool told) {
    std::vector<simulated> all;
    for (const auto& [environment, rules] : environments) {
        for (const auto kind : policy::all_kinds) {
            for (std::uint32_t count = 0; count <= simulated_most; ++count) {
                const std::vector<failure_kind> failed(count, kind);
                all.push_back(
                    {environment, kind, count, decide(failed, rules, told, environment).made}
                );
            }
        }
    }
    return all;
}

}  // namespace curfew::preflight
