#include "output.hpp"
#include "verbs.hpp"
#include <curfew/policy/file.hpp>
#include <curfew/policy/json_text.hpp>
#include <curfew/policy/project.hpp>

namespace curfew::cli {

namespace {

std::string to_json(const std::string& file, const policy::project& found) {
    policy::json_text to;
    to.object().member("file", file).key("found").array();
    for (const auto& [evidence, meaning] : found.findings) {
        to.object().member("file", evidence).member("meaning", meaning).end();
    }
    to.end().member("upstream", found.url()).key("command").array();
    for (const auto& word : found.command) {
        to.value(word);
    }
    to.end().key("unknown").array();
    for (const auto& what : found.unknown) {
        to.value(what);
    }
    return to.end().end().take();
}

std::string to_text(const std::string& file, const policy::project& found) {
    std::string text;
    if (found.findings.empty()) {
        text = "found no project that is known here; the backend is a guess\n";
    }
    for (const auto& [evidence, meaning] : found.findings) {
        text += "found " + evidence + ": " + meaning + '\n';
    }
    for (const auto& what : found.unknown) {
        text += "not known: " + what + '\n';
    }
    return text + "wrote " + file + "; see that " + found.url() +
           " is where the backend answers, then: curfew check\n";
}

}  // namespace

int init(const invocation& line) {
    const auto directory = line.arguments.empty() ? std::string{"."} : line.arguments[0];
    const auto file = directory == "." ? "curfew.toml" : directory + "/curfew.toml";
    const auto found = policy::detect_project(directory);
    if (const auto problem = policy::write_new_file(file, policy::starter_policy(found))) {
        return complain(line, *problem);
    }
    if (line.has("--json")) {
        print(to_json(file, found));
    } else if (!line.has("--quiet")) {
        print(to_text(file, found));
    }
    return 0;
}

}  // namespace curfew::cli
