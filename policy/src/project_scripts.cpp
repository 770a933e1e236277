#include "project_files.hpp"

#include <algorithm>
#include <array>

namespace curfew::policy::detail {

namespace {

void skip_blank(std::string_view& rest) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
}

bool take(std::string_view& rest, char wanted) {
    skip_blank(rest);
    if (!rest.starts_with(wanted)) return false;
    rest.remove_prefix(1);
    return true;
}

/// A JSON string, of whose escapes only quote and backslash are undone.
std::optional<std::string> take_string(std::string_view& rest) {
    if (!take(rest, '"')) return std::nullopt;
    std::string text;
    while (!rest.empty() && rest.front() != '"') {
        if (rest.front() == '\\' && rest.size() > 1) rest.remove_prefix(1);
        text += rest.front();
        rest.remove_prefix(1);
    }
    if (!take(rest, '"')) return std::nullopt;
    return text;
}

/// What `scripts.start` of a package.json says. Scripts are strings, so nothing is nested.
std::optional<std::string> start_script(std::string_view json) {
    constexpr std::string_view section = "\"scripts\"";
    for (auto at = json.find(section); at != json.npos; at = json.find(section, at + 1)) {
        auto rest = json.substr(at + section.size());
        if (!take(rest, ':') || !take(rest, '{')) continue;
        do {
            const auto name = take_string(rest);
            if (!name || !take(rest, ':')) break;
            auto line = take_string(rest);
            if (!line) break;
            if (*name == "start") return line;
        } while (take(rest, ','));
    }
    return std::nullopt;
}

struct usual_port {
    std::string_view word;
    std::uint16_t port;
};

std::uint16_t usual_port_of(std::string_view script) {
    constexpr std::array<usual_port, 4> known{
        {{"vite preview", 4173}, {"vite", 5173}, {"ng serve", 4200}, {"astro", 4321}}
    };
    const auto found = std::ranges::find_if(known, [&](const usual_port& which) {
        return mentions(script, which.word);
    });
    return found == known.end() ? std::uint16_t{3000} : found->port;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
    return text;
}

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// A line that means the same to a shell and to us is split into words; any other is left to one.
std::vector<std::string> command_of(const std::string& line) {
    const auto first = line.substr(0, line.find(' '));
    if (line.find_first_of("\"'\\$`&|;<>()*?[]{}~#!") != line.npos || mentions(first, "=")) {
        return {"sh", "-c", line};
    }
    std::vector<std::string> words;
    for (std::string_view rest = line; !rest.empty();) {
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
        const auto word = rest.substr(0, rest.find_first_of(" \t"));
        rest.remove_prefix(word.size());
        if (!word.empty()) words.emplace_back(word);
    }
    return words;
}

std::string_view web_process(std::string_view procfile) {
    while (!procfile.empty()) {
        const auto line = trimmed(next_line(procfile));
        if (line.starts_with("web:")) return trimmed(line.substr(4));
    }
    return {};
}

}  // namespace

bool detect_procfile(const place& in, project& to) {
    if (!in.has("Procfile")) return false;
    const auto text = in.text("Procfile");
    const auto web = web_process(text);
    if (web.empty() || !is_printable(web)) return false;
    auto line = with_defaults(web);
    const bool takes_port = mentions(line, "$PORT") || mentions(line, "${PORT}");
    const auto port = std::to_string(to.port);
    line = replaced(replaced(line, "${PORT}", port), "$PORT", port);
    const auto said = port_in_command(line);
    to.port = said.value_or(to.port);
    to.port_known = said.has_value() || takes_port;
    to.command = command_of(line);
    to.findings.push_back({"Procfile", "its web process"});
    if (!to.port_known) {
        to.unknown.emplace_back("whether it takes its port from PORT, which nobody sets here");
    }
    return true;
}

bool detect_node(const place& in, project& to) {
    const auto script = start_script(in.text("package.json"));
    if (!script) return false;
    constexpr std::array<std::array<std::string_view, 2>, 3> runners{
        {{"pnpm-lock.yaml", "pnpm"}, {"yarn.lock", "yarn"}, {"package.json", "npm"}}
    };
    const auto runner =
        std::ranges::find_if(runners, [&](const auto& which) { return in.has(which[0]); });
    to.command = {std::string{(*runner)[1]}, "start"};
    const auto said = port_in_command(*script);
    to.port = said.value_or(usual_port_of(*script));
    to.port_known = said.has_value();
    to.findings.push_back({"package.json", "a Node.js project with a start script"});
    return true;
}

}  // namespace curfew::policy::detail
