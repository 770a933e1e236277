#include "output.hpp"
#include "policy_sources.hpp"
#include "pressure_flag.hpp"
#include "startup_checks.hpp"
#include "verbs.hpp"
#include <curfew/core/failure.hpp>
#include <curfew/policy/json_text.hpp>
#include <curfew/preflight/simulation.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <expected>
#include <string_view>

namespace curfew::cli {

namespace {

using policy::json_text;
using namespace preflight;

constexpr std::array<std::string_view, 3> environments{"development", "staging", "production"};

std::expected<policy::policy, int> load_policy(
    const invocation& line, const policy::sources& from
) {
    const auto loaded = policy::load(from);
    if (!loaded.snapshot) {
        return std::unexpected{complain(line, loaded)};
    }
    return *loaded.snapshot;
}

constexpr int void_exit = 4;

/// Also where nothing fails: what was meant for one start is not to be forgotten.
void warn_if_told(bool told) {
    if (!told) return;
    std::fprintf(
        stderr,
        "curfew: warning: %s is true: the checks of the start are passed over\n",
        std::string{override_variable}.c_str()
    );
}

int tell(
    const invocation& line,
    std::span<const policy::failure_kind> failed,
    const policy::policy& of,
    bool told
) {
    const auto made = decide(failed, bypass_rules_of(of), told, of.environment);
    warn_if_told(told);
    if (line.has("--json")) {
        print(to_json(made, failed, report_frame_of(of, {})));
    } else if (!line.has("--quiet")) {
        print(to_text(made, of.environment));
    }
    return exit_code_of(made.made);
}

int look_around(const invocation& line, const policy::policy& of, bool told) {
    const auto pressure = read_pressure(line.values("--pressure"), of);
    if (!pressure) {
        return complain(pressure.error());
    }
    if (of.checks.empty()) {
        complain(usage_problem{
            "nothing was checked: the policy has no [check.NAME]",
            "write one (docs/preflight.md), or decide without: curfew preflight --simulate KINDS"
        });
        return void_exit;
    }
    constexpr auto ends_it = hangup_while_examining::ends_it;
    const bool shows = !line.has("--json") && !line.has("--quiet");
    const auto width = name_width(of.checks);
    const auto frame = report_frame_of(of, *pressure);
    const auto done = examine_surroundings(of, *pressure, told, ends_it, [&](const look& each) {
        if (shows) print(to_text(each, width, frame));
    });
    if (!done) {
        return 128 + done.error();
    }
    warn_if_told(told);
    leave_in_ledger(of, frame, *done);
    if (line.has("--json")) {
        print(to_json(*done, frame));
    } else if (shows) {
        print(to_text(done->made, of.environment));
    }
    return exit_code_of(done->made.made);
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
    std::vector<std::string> names{environments.begin(), environments.end()};
    const bool is_own =
        !from.environment.empty() && std::ranges::find(names, from.environment) == names.end();
    if (is_own) names.push_back(from.environment);
    std::vector<environment_rules> all;
    for (const auto& name : names) {
        from.environment = name;
        const auto of = load_policy(line, from);
        if (!of) {
            return of.error();
        }
        all.push_back({name, bypass_rules_of(*of)});
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
    const bool simulates = line.has("--simulate");
    for (const auto* flag : {"--budget", "--pressure"}) {
        if (!simulates || !line.has(flag)) continue;
        return complain(usage_problem{
            std::string{flag} + " means nothing with --simulate, which looks at nothing",
            "leave one of them out"
        });
    }
    const auto asked = simulates ? read_simulation(line.value("--simulate")) : simulation{};
    if (!asked) {
        return complain(usage_problem{"--simulate: " + asked.error().sentence, asked.error().hint});
    }
    const auto told = told_to_start();
    if (!told) {
        return complain(told.error());
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
    if (!of) {
        return of.error();
    }
    return simulates ? tell(line, asked->failed, *of, *told) : look_around(line, *of, *told);
}

}  // namespace curfew::cli
