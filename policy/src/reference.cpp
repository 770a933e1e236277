#include "key.hpp"
#include "orders.hpp"
#include "sensor.hpp"
#include <curfew/policy/reference.hpp>

#include <algorithm>
#include <string_view>

namespace curfew::policy {

namespace {

constexpr std::string_view introduction = R"(# curfew.toml

Made from the table of keys in `policy/` by `curfew help policy`; do not edit.

**Where a value comes from**, the stronger last: built-in default, file, section of the
environment, `CURFEW_*` variable, flag. `curfew check --explain KEY` tells which one won and what
the others said.

**Which file**: `--config FILE`, else the first `curfew.toml` from the working directory upward,
else none.

**Environments**: `--env NAME` or `CURFEW_ENV`; `development` where neither is given, `staging`,
`production`, and any other the file defines. A section `[env.NAME]` holds the same keys as the
file: `[env.staging.request]`, `[env.production.upstream.main]`, `[[env.production.route]]`. A
route or an alert there changes the one of the same name, or is a new one.

**How values are written**: durations `"250ms"`, `"5s"`, `"2m"`, `"1h30m"`; sizes `"512B"`,
`"64KiB"`, `"8MiB"`; what can be absent is `"off"`. In variables there are no quotes, and the
elements of a list stand between spaces.

**What is refused**: unknown keys, values out of range, and two limits that were both set and
contradict each other: an inner one that is not within the outer. A built-in default never
contradicts anything, it gives way, whichever of the two was set: with `request.timeout = "1s"`,
`request.slow` becomes half of it; with `request.slow = "40s"`, `request.timeout` becomes twice it
(just as much, where the two may be equal). `curfew check --explain KEY` then names what the default
gave way to. [Limits within limits](#limits-within-limits) lists the pairs.

**When it holds**: a reload (SIGHUP, `POST /-/reload`) puts a changed file in force, but for the
keys that are read at the start only. See [operate.md](operate.md).
)";

slot place_of(const key& which) {
    static blank fresh;
    return which.place(fresh.all());
}

std::string heading(const section& of) {
    const auto* kind = kind_of(of.path);
    if (kind == nullptr) return '[' + std::string{of.path} + ']';
    const std::string name{kind->name};
    if (of.is_inner()) return '[' + name + std::string{of.path.substr(name.size() + 2)} + ']';
    return kind->is_listed ? "[[" + name + "]]" : '[' + name + ".NAME]";
}

bool belongs(const key& which, const section& to) {
    const auto end = which.path.rfind('.');
    return which.path.substr(0, end) == to.path;
}

std::string default_of(const key& which) {
    if (!which.inherits.empty()) return '`' + std::string{which.inherits} + '`';
    auto text = '`' + default_text(which) + '`';
    std::string_view previous;
    for (const auto& [environment, path, other] : environment_defaults()) {
        if (path != which.path) continue;
        text += previous == other ? " and " : "; `" + std::string{other} + "` in ";
        text += environment;
        previous = other;
    }
    return text;
}

std::string row(const key& which) {
    const auto place = place_of(which);
    auto type = std::string{type_name(place)};
    const auto allowed = print_range(place, which.allowed);
    if (!allowed.empty()) type += ", " + allowed;
    const auto variable = variable_name(which, "NAME");
    const auto name = which.path.substr(which.path.rfind('.') + 1);
    return "| `" + std::string{name} + "` | " + type + " | " + default_of(which) + " | " +
           (variable.empty() ? "" : '`' + variable + '`') + " | " +
           std::string{which.documentation} +
           (which.needs_restart() ? " Read at the start only." : "") + " |\n";
}

std::string pair_rows() {
    std::string rows;
    const auto add = [&](const order& pair) {
        if (!pair.between.empty()) return;
        rows += "- `" + std::string{pair.inner} +
                "`: " + (pair.may_be_equal ? "at most `" : "less than `") +
                std::string{pair.outer} + "`\n";
    };
    std::ranges::for_each(orders(), add);
    std::ranges::for_each(route_orders(), add);
    return rows;
}

std::string built_in_rows(std::string_view kind) {
    std::string rows;
    for (const auto& [environment, path, text] : environment_defaults()) {
        const auto of = *resolve(path);
        if (!environment.empty() || of.which->kind() != find_kind(kind)) continue;
        rows += "- `" + std::string{of.name} + "`: `" + std::string{of.which->tail()} + "` is `" +
                std::string{text} + "`\n";
    }
    return rows;
}

std::string sensor_rows() {
    std::string rows;
    for (const auto& each : sensors()) {
        rows += "- `" + std::string{each.name} + "`: " + std::string{each.documentation};
        if (each.unit != measure::nothing) {
            rows += " From " + std::string{each.begins} + " to " + std::string{each.full} + '.';
        }
        rows += '\n';
    }
    return rows;
}

/// The records of that kind that there are without being declared; a usual name where there are
/// none.
std::vector<std::string_view> names_without_file(const record_kind& kind) {
    std::vector<std::string_view> names;
    for (const auto& each : environment_defaults()) {
        const auto of = *resolve(each.path);
        if (of.which->kind() != &kind) continue;
        if (std::ranges::find(names, of.name) == names.end()) names.push_back(of.name);
    }
    if (names.empty()) names.emplace_back("main");
    return names;
}

}  // namespace

std::string reference_page() {
    std::string page{introduction};
    for (const auto& of : sections()) {
        page += "\n## " + heading(of) + "\n\n" + std::string{of.documentation} + "\n\n";
        page += "| key | type | default | variable | meaning |\n|---|---|---|---|---|\n";
        for (const auto& which : keys()) {
            if (belongs(which, of)) page += row(which);
        }
    }
    page +=
        "\n## Limits within limits\n\nOf two that were set, the inner one is within the outer; "
        "a default gives way. What a route inherits gives way to what it sets.\n\n";
    page += pair_rows();
    page +=
        "\n## Built-in signals\n\nThey need no declaration; a section of such a name, or a "
        "variable, changes one.\n\n" +
        built_in_rows("signal");
    page += "\n## Built-in kinds\n\nLikewise.\n\n" + built_in_rows("kind");
    return page +=
           "\n## Sensors\n\nWhat a signal is read from, and the readings at which its value "
           "is 0 and 1 where it says none.\n\n" +
           sensor_rows();
}

std::vector<std::string> key_paths() {
    std::vector<std::string> paths;
    for (const auto& which : keys()) {
        if (which.is_listed()) continue;
        const auto* kind = which.kind();
        for (const auto name :
             kind == nullptr ? std::vector{std::string_view{}} : names_without_file(*kind)) {
            paths.push_back(concrete_path(which, name));
        }
    }
    return paths;
}

}  // namespace curfew::policy
