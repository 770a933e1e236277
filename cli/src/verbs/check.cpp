#include "output.hpp"
#include "policy_sources.hpp"
#include "pressure_flag.hpp"
#include "verbs.hpp"
#include <curfew/core/failure.hpp>
#include <curfew/policy/duration_text.hpp>
#include <curfew/policy/json_text.hpp>
#include <curfew/policy/load.hpp>
#include <curfew/policy/reference.hpp>
#include <curfew/policy/stretch.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>

namespace curfew::cli {

namespace {

using policy::json_text;

const int policy_invalid = describe(errc::policy_invalid).exit_code;

/// What the check of one or more environments found.
struct findings {
    std::string file;
    std::vector<std::string> environments;
    policy::loading first;  ///< of the first environment
    std::vector<policy::problem> problems;
    std::size_t left_out = 0;
    std::vector<policy::problem> warnings;
    std::vector<told_signal> pressure;  ///< of --pressure

    [[nodiscard]] bool ok() const { return problems.empty(); }

    [[nodiscard]] std::vector<policy::signal_value> signals() const {
        return signal_values(pressure);
    }
};

bool is_known(const std::vector<policy::problem>& problems, const policy::problem& what) {
    return std::ranges::any_of(problems, [&](const policy::problem& other) {
        return other.origin == what.origin && other.sentence == what.sentence;
    });
}

void add(findings& to, policy::loading&& from, const std::string& environment) {
    const bool is_first = to.environments.empty();
    to.environments.push_back(environment);
    to.left_out += is_first ? from.problems_left_out : 0;
    for (auto& what : from.problems) {
        if (is_known(to.problems, what)) continue;
        if (!is_first) what.sentence = "in " + environment + ": " + what.sentence;
        if (to.problems.size() == policy::problems_max) {
            ++to.left_out;
        } else {
            to.problems.push_back(std::move(what));
        }
    }
    for (auto& what : from.warnings) {
        const bool has_room = to.warnings.size() < policy::problems_max;
        if (has_room && !is_known(to.warnings, what)) to.warnings.push_back(std::move(what));
    }
    if (is_first) to.first = std::move(from);
}

findings check_all(policy::sources from) {
    findings found;
    found.file = from.file_name;
    const bool is_chosen = !from.environment.empty();
    if (!is_chosen) from.environment = "development";
    auto first = policy::load(from);
    const auto others = is_chosen ? std::vector<std::string>{} : first.environments;
    add(found, std::move(first), from.environment);
    for (const auto& environment : others) {
        if (environment == "development") continue;
        from.environment = environment;
        add(found, policy::load(from), environment);
    }
    return found;
}

std::string count(std::size_t number, const std::string& what) {
    return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

std::string ok_line(const findings& found) {
    std::string environments;
    for (const auto& name : found.environments) {
        environments += (environments.empty() ? "" : ", ") + name;
    }
    return "ok: " + (found.file.empty() ? "built-in defaults" : found.file) + " (" +
           count(found.first.snapshot->routes.size(), "route") + ", " +
           count(found.first.snapshot->upstreams.size(), "upstream") + ", env " + environments +
           ")\n";
}

// A key, its value and who said it.
std::string key_line(const policy::loading& of, const std::string& path) {
    const auto why = of.explain(path);
    const auto& won = why->statements.back();
    return path + " = " + why->value + "  (" + won.origin + ")\n";
}

// What was set, for --verbose: in the first environment.
std::string set_lines(const policy::loading& of) {
    std::string text;
    for (const auto& path : of.set_keys()) {
        text += "  " + key_line(of, path);
    }
    return text;
}

std::string figure(double number) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.4g", number);
    return text.data();
}

/// "database.connection = 1m52s500ms  (75s x1.5: vpc_connector_scaling)"
std::string limit_line(const policy::stretched_limit& of) {
    std::string signals;
    for (const auto& [name, value, multiplier] : of.pressure) {
        signals += (signals.empty() ? "" : ", ") + name;
        if (value < 1) signals += '=' + figure(value);
    }
    return of.key + " = " + policy::format_duration(of.effective) + "  (" +
           policy::format_duration(of.base) + " x" + figure(of.factor) + ": " + signals +
           (of.is_capped ? "; pressure.multiplier_max" : "") + ")\n";
}

std::string limit_lines(const findings& found) {
    const auto limits = policy::stretched_limits(*found.first.snapshot, found.signals());
    if (limits.empty()) return "no limit is stretched\n";
    const bool is_one_of_several = found.environments.size() > 1;
    std::string text;
    for (const auto& limit : limits) {
        if (is_one_of_several) text += "in " + found.environments.front() + ": ";
        text += limit_line(limit);
    }
    return text;
}

double seconds(duration of) {
    return std::chrono::duration<double>{of}.count();
}

void write(json_text& to, const policy::stretched_limit& what) {
    to.object().member("base_s", seconds(what.base)).member("effective_s", seconds(what.effective));
    to.key("pressure").array();
    for (const auto& [signal, value, multiplier] : what.pressure) {
        to.object().member("signal", signal).member("value", value);
        to.member("multiplier", multiplier).end();
    }
    to.end().end();
}

void write_database(json_text& to, const findings& found) {
    const std::string section = "database";
    const auto signals = found.signals();
    to.key(section).object().member("environment", found.environments.front());
    for (const auto& path : found.first.keys_below(section)) {
        if (!policy::is_stretchable(path)) continue;
        to.key(path.substr(section.size() + 1));
        write(to, policy::stretch_limit(*found.first.snapshot, path, signals));
    }
    to.end();
}

void write(json_text& to, const policy::problem& what) {
    to.object().member("origin", what.origin);
    if (!what.file.empty()) to.member("file", what.file);
    if (what.line > 0) {
        to.member("line", std::uint64_t{what.line}).member("column", std::uint64_t{what.column});
    }
    to.member("sentence", what.sentence).member("hint", what.hint).end();
}

std::string to_json(const findings& found) {
    json_text to;
    to.object().member("ok", found.ok()).key("file");
    found.file.empty() ? to.null() : to.value(found.file);
    to.key("environments").array();
    for (const auto& name : found.environments) {
        to.value(name);
    }
    to.end();
    if (found.ok()) {
        to.member("routes", std::uint64_t{found.first.snapshot->routes.size()});
        to.member("upstreams", std::uint64_t{found.first.snapshot->upstreams.size()});
        write_database(to, found);
    }
    to.key("problems").array();
    for (const auto& what : found.problems) {
        write(to, what);
    }
    to.end().member("problems_left_out", std::uint64_t{found.left_out}).key("warnings").array();
    for (const auto& what : found.warnings) {
        write(to, what);
    }
    return to.end().end().take();
}

int report(const invocation& line, const findings& found) {
    if (line.has("--json")) {
        print(to_json(found));
        return found.ok() ? 0 : policy_invalid;
    }
    for (const auto& what : found.problems) {
        complain(line, what);
    }
    if (found.left_out > 0) {
        complain(usage_problem{"and " + count(found.left_out, "further problem"), ""});
    }
    for (const auto& what : found.warnings) {
        warn(line, what);
    }
    if (found.ok() && !line.has("--quiet")) {
        print(ok_line(found));
        if (line.has("--pressure")) print(limit_lines(found));
    }
    if (found.ok() && line.has("--verbose")) print(set_lines(found.first));
    return found.ok() ? 0 : policy_invalid;
}

findings one_problem(policy::problem&& what) {
    findings found;
    found.file = what.file;
    found.problems.push_back(std::move(what));
    return found;
}

void write(json_text& to, const policy::explanation& why) {
    to.member("key", why.key).member("value", why.value);
    to.key("layers").array();
    for (const auto& [by, origin, value] : why.statements) {
        to.object().member("layer", policy::to_string(by)).member("origin", origin);
        to.member("value", value).end();
    }
    to.end().member("default", why.default_value).member("range", why.range);
    to.member("written", why.written).member("variable", why.variable);
    to.member("documentation", why.documentation);
}

std::string explain_json(const policy::explanation& why, const std::string& environment) {
    json_text to;
    to.object().member("environment", environment);
    write(to, why);
    return to.end().take();
}

std::string section_json(
    const policy::loading& of,
    std::string_view section,
    const std::vector<std::string>& keys,
    const std::string& environment
) {
    json_text to;
    to.object().member("section", section).member("environment", environment);
    to.key("keys").array();
    for (const auto& path : keys) {
        to.object();
        write(to, *of.explain(path));
        to.end();
    }
    return to.end().end().take();
}

std::string explain_text(const policy::explanation& why, const std::string& environment) {
    std::string text = why.key + " = " + why.value + '\n';
    text += "  " + why.documentation + "\n\n";
    text += "  who said what, the last one won (env " + environment + "):\n";
    for (const auto& [by, origin, value] : why.statements) {
        text += "    " + origin + ": " + value + '\n';
    }
    text += "\n  default   " + why.default_value + '\n';
    if (!why.range.empty()) text += "  range     " + why.range + '\n';
    text += "  written   " + why.written + '\n';
    if (!why.variable.empty()) text += "  variable  " + why.variable + '\n';
    return text;
}

int explain(const invocation& line, const policy::sources& from) {
    const auto loaded = policy::load(from);
    const std::string environment = from.environment.empty() ? "development" : from.environment;
    if (!loaded.snapshot) {
        findings found;
        found.file = from.file_name;
        add(found, policy::loading{loaded}, environment);
        return report(line, found);
    }
    const auto asked = line.value("--explain");
    if (const auto keys = loaded.keys_below(asked); !keys.empty()) {
        if (line.has("--json")) {
            print(section_json(loaded, asked, keys, environment));
        } else {
            for (const auto& path : keys) {
                print(key_line(loaded, path));
            }
        }
        return 0;
    }
    auto why = loaded.explain(asked);
    if (!why) return report(line, one_problem(std::move(why.error())));
    print(line.has("--json") ? explain_json(*why, environment) : explain_text(*why, environment));
    return 0;
}

int check_policy(const invocation& line, policy::sources from) {
    auto found = check_all(std::move(from));
    if (found.first.snapshot && line.has("--pressure")) {
        auto pressure = read_pressure(line.given.at("--pressure"), *found.first.snapshot);
        if (!pressure) return complain(pressure.error());
        found.pressure = *std::move(pressure);
    }
    return report(line, found);
}

}  // namespace

int check(const invocation& line) {
    if (line.has("--schema")) {
        print(policy::json_schema());
        return 0;
    }
    if (line.has("--explain") && line.has("--pressure")) {
        return complain(
            usage_problem{"--explain and --pressure do not go together", "leave one out"}
        );
    }
    auto from = policy_sources(line);
    if (!from) return report(line, one_problem(std::move(from.error())));
    return line.has("--explain") ? explain(line, *from) : check_policy(line, *std::move(from));
}

}  // namespace curfew::cli
