#include "output.hpp"
#include "policy_sources.hpp"
#include "verbs.hpp"
#include <curfew/core/failure.hpp>
#include <curfew/policy/json_text.hpp>
#include <curfew/preflight/simulation.hpp>

#include <array>
#include <cstdlib>
#include <expected>
#include <string_view>

namespace curfew::cli {

namespace {

using policy::json_text;
using namespace preflight;

constexpr std::array<std::string_view, 3> environments{"development", "staging", "production"};

bypass_rules rules_of(const policy::policy& of) {
    return {of.startup.bypass, of.startup.passed_over, of.startup.bypass_failures};
}

std::expected<policy::policy, int> load_policy(
    const invocation& line, const policy::sources& from
) {
    const auto loaded = policy::load(from);
    if (!loaded.snapshot) {
        return std::unexpected{complain(line, loaded)};
    }
    return *loaded.snapshot;
}

std::string ruling_json(
    const ruling& made, std::span<const policy::failure_kind> failed, const policy::policy& of
) {
    json_text to;
    to.object().member("environment", of.environment).member("decision", to_string(made.made));
    to.member("reason", made.why).member("simulated", true).key("failures").array();
    for (const auto kind : failed) {
        to.object().member("kind", to_string(kind)).end();
    }
    to.end().key("bypass").object().member("allowed", of.startup.bypass).key("kinds").array();
    for (const auto kind : of.startup.passed_over) {
        to.value(to_string(kind));
    }
    to.end().member("failures_max", std::uint64_t{of.startup.bypass_failures});
    to.member("told", made.told).end();
    return to.end().take();
}

int tell(
    const invocation& line,
    std::span<const policy::failure_kind> failed,
    const policy::policy& of,
    bool told
) {
    const auto made = decide(failed, rules_of(of), told, of.environment);
    if (made.told) {
        std::fprintf(
            stderr,
            "curfew: warning: %s is true: the checks of the start are passed over\n",
            std::string{override_variable}.c_str()
        );
    }
    if (line.has("--json")) {
        print(ruling_json(made, failed, of));
    } else if (!line.has("--quiet")) {
        print(std::string{to_string(made.made)} + "  (" + of.environment + ": " + made.why + ")\n");
    }
    return exit_code_of(made.made);
}

std::string table_json(const std::vector<simulated>& table) {
    json_text to;
    to.object().member("simulated", true).key("table").array();
    for (const auto& [environment, kind, count, made] : table) {
        to.object().member("environment", environment).member("kind", to_string(kind));
        to.member("count", std::uint64_t{count}).member("decision", to_string(made)).end();
    }
    return to.end().end().take();
}

/// A line for each environment and kind, a column for each count.
std::string table_text(const std::vector<simulated>& table) {
    constexpr std::size_t name_width = 20;
    constexpr std::size_t column_width = 16;
    const auto pad = [](std::string text, std::size_t width) {
        text.resize(std::max(text.size() + 1, width), ' ');
        return text;
    };
    std::string text = pad("", 2 * name_width - 6);
    for (std::uint32_t count = 0; count <= simulated_most; ++count) {
        text += pad("x" + std::to_string(count), column_width);
    }
    for (const auto& [environment, kind, count, made] : table) {
        if (count == 0) {
            text.erase(text.find_last_not_of(' ') + 1);
            text += '\n' + pad(environment, name_width - 6);
            text += pad(std::string{to_string(kind)}, name_width);
        }
        text += pad(std::string{to_string(made)}, column_width);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text + '\n';
}

int tell_all(const invocation& line, policy::sources from, bool told) {
    std::vector<environment_rules> all;
    for (const auto name : environments) {
        from.environment = name;
        const auto of = load_policy(line, from);
        if (!of) {
            return of.error();
        }
        all.push_back({std::string{name}, rules_of(*of)});
    }
    const auto table = simulate_all(all, told);
    if (line.has("--json")) {
        print(table_json(table));
    } else if (!line.has("--quiet")) {
        print(table_text(table));
    }
    return 0;
}

}  // namespace

int preflight(const invocation& line) {
    if (!line.has("--simulate")) {
        return complain(usage_problem{
            "no check is built yet: this decides what is simulated",
            "curfew preflight --env staging --simulate vpc_connector,database_timeout"
        });
    }
    const auto asked = read_simulation(line.value("--simulate"));
    if (!asked) {
        return complain(usage_problem{"--simulate: " + asked.error().sentence, asked.error().hint});
    }
    const char* said = std::getenv(std::string{override_variable}.c_str());
    const auto told = read_override(said == nullptr ? "" : said);
    if (!told) {
        return complain(usage_problem{
            std::string{override_variable} + " is neither true nor false",
            "unset it, or write true: then the service starts whatever fails"
        });
    }
    auto from = policy_sources(line);
    if (!from) {
        complain(line, from.error());
        return describe(errc::policy_invalid).exit_code;
    }
    if (asked->all_of_it) {
        return tell_all(line, *std::move(from), *told);
    }
    const auto of = load_policy(line, *from);
    return of ? tell(line, asked->failed, *of, *told) : of.error();
}

}  // namespace curfew::cli
