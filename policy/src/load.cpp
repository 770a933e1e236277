#include "building.hpp"
#include "outside.hpp"
#include "safe_text.hpp"
#include <curfew/policy/load.hpp>
#include <curfew/policy/suggest.hpp>

#include <algorithm>
#include <array>

namespace curfew::policy {

namespace {

constexpr std::array<std::string_view, 3> known_environments{
    "development", "staging", "production"
};

file_sheets read_file(const sources& from, diagnosis& wrong) {
    const auto document = parse_document(from.file_text);
    if (document) return read_sheets(*document, wrong);
    const auto& [at, sentence] = document.error();
    // The parser quotes the byte it stumbled over, whatever it is.
    wrong.add(at, "this is not TOML: " + safe_text(sentence, 0, 200).text);
    return {};
}

// Without a file any name will do: there is nothing it could be a misspelling of.
void check_environment(const std::string& name, const file_sheets& file, diagnosis& wrong) {
    std::vector<std::string_view> names{known_environments.begin(), known_environments.end()};
    for (const auto& [environment, its] : file.environments) {
        names.push_back(environment);
    }
    if (std::ranges::find(names, name) != names.end()) return;
    const auto near = closest(name, names);
    wrong.add(
        origin{layer::flag, "environment", {}},
        "there is no environment `" + name + "`",
        near ? "did you mean `" + std::string{*near} + "`?"
             : "define it in the file: a section such as [env." + name + ".request]"
    );
}

}  // namespace

loading load(const sources& from) {
    diagnosis wrong{from.file_name, from.file_text};
    const auto file = read_file(from, wrong);
    building made{wrong};
    made.made.environment = from.environment.empty() ? "development" : from.environment;
    check_environment(made.made.environment, file, wrong);
    made.apply_environment_defaults();
    made.apply(file.common);
    loading result;
    for (const auto& [environment, its] : file.environments) {
        result.environments.push_back(environment);
        if (environment == made.made.environment) made.apply(its);
    }
    made.apply(read_variables(from, made.made, wrong));
    made.apply(read_flags(from, wrong));
    // What a broken layer left out must not be reported as a contradiction.
    if (wrong.empty()) check_rules(made);
    if (wrong.empty()) {
        result.snapshot = std::make_shared<const policy>(std::move(made.made));
        result.origins = std::make_shared<const provenance>(std::move(made.origins));
    }
    wrong.move_to(result);
    return result;
}

}  // namespace curfew::policy
