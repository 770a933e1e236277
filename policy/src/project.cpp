#include "project_files.hpp"
#include <curfew/policy/project.hpp>

#include <array>
#include <string_view>

namespace curfew::policy {

namespace {

// TOML's basic string.
std::string quoted(std::string_view word) {
    std::string text = "\"";
    for (const char c : word) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text += '"';
}

std::string list(const std::vector<std::string>& words) {
    std::string text = "[";
    for (const auto& word : words) {
        text += (text.size() > 1 ? ", " : "") + quoted(word);
    }
    return text += ']';
}

std::string backend_section(const project& of) {
    std::string text =
        "\n# Curfew can start the backend itself, restart it when it crashes or hangs, "
        "and\n# stop all of it.";
    if (!of.command.empty()) {
        return text + "\n[backend]\ncommand = " + list(of.command) +
               "\n# ready_path = \"/health\"  # by default: ready when it accepts a connection\n";
    }
    return text + " To have it do so:\n# [backend]\n# command = [\"./my-server\", \"--port\", \"" +
           std::to_string(of.port) + "\"]\n";
}

}  // namespace

std::string project::url() const {
    return "http://127.0.0.1:" + std::to_string(port);
}

project detect_project(const std::string& directory) {
    using detector = bool (*)(const detail::place&, project&);
    // In order: who says how it is started, who has one way to be started, and then the rest. A
    // Django or Rails project may well have a package.json for its pages.
    constexpr std::array<detector, 6> detectors{
        detail::detect_procfile,
        detail::detect_django,
        detail::detect_framework,
        detail::detect_node,
        detail::detect_python,
        detail::detect_language,
    };
    const detail::place in{directory};
    project found;
    for (const auto detect : detectors) {
        if (detect(in, found)) break;
    }
    detail::refine_by_dockerfile(in, found);
    detail::refine_by_compose(in, found);
    if (!found.port_known) {
        found.unknown.push_back(
            "on which port it listens; " + std::to_string(found.port) +
            (found.findings.empty() ? " is a guess" : " is what is usual")
        );
    }
    return found;
}

std::string starter_policy(const project& of) {
    std::string text =
        "# The policy of Curfew. All keys and their defaults: curfew help policy\n"
        "# Is it right? curfew check. Who set a key? curfew check --explain request.timeout\n";
    for (const auto& [file, meaning] : of.findings) {
        text += "# Found " + file + ": " + meaning + ".\n";
    }
    for (const auto& what : of.unknown) {
        text += "# Not known: " + what + ".\n";
    }
    if (of.port == 8080 || of.port == 9090) {
        text += "\n# The backend has the usual port, so Curfew takes the next.\n[server]\n";
        text += of.port == 8080 ? "listen = \"127.0.0.1:8081\"\n" : "admin = \"127.0.0.1:9091\"\n";
    }
    text += "\n# Where the backend answers.\n[upstream.main]\nurls = [\"" + of.url() + "\"]\n";
    text += backend_section(of);
    text +=
        "\n[request]\ntimeout = \"30s\"  # from the arrival of a request to its response headers\n"
        "\n# A route with limits of its own; what it leaves out is inherited.\n"
        "# [[route]]\n# path = \"/reports\"\n# timeout = \"2m\"\n";
    return text;
}

}  // namespace curfew::policy
