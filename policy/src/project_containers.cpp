#include "project_files.hpp"

#include <algorithm>

namespace curfew::policy::detail {

namespace {

// The value of `ENV PORT=80`, `ENV PORT 80` or `ARG PORT=80`.
std::string_view docker_variable(std::string_view dockerfile, std::string_view name) {
    while (!dockerfile.empty()) {
        auto line = trimmed(next_line(dockerfile));
        if (!line.starts_with("ENV ") && !line.starts_with("ARG ")) continue;
        line = trimmed(line.substr(4));
        if (!line.starts_with(name)) continue;
        line.remove_prefix(name.size());
        if (line.starts_with('=') || line.starts_with(' ')) return trimmed(line.substr(1));
    }
    return {};
}

// The first port of an EXPOSE that is a backend's own.
std::optional<std::uint16_t> exposed_port(std::string_view dockerfile) {
    for (auto rest = dockerfile; !rest.empty();) {
        const auto line = with_defaults(trimmed(next_line(rest)));
        if (!lower(line).starts_with("expose ")) continue;
        for (auto words = trimmed(std::string_view{line}.substr(7)); !words.empty();) {
            auto word = words.substr(0, words.find(' '));
            words = trimmed(words.substr(word.size()));
            word = word.substr(0, word.find('/'));
            if (word.starts_with("${")) {
                word = docker_variable(dockerfile, word.substr(2, word.find('}') - 2));
            } else if (word.starts_with('$')) {
                word = docker_variable(dockerfile, word.substr(1));
            }
            const auto port = read_port(word);
            if (port && !is_infrastructure(*port)) return port;
        }
    }
    return std::nullopt;
}

std::string_view unquoted(std::string_view text) {
    text = text.substr(0, text.find_first_of(" \t\r#/"));
    while (!text.empty() && (text.front() == '"' || text.front() == '\''))
        text.remove_prefix(1);
    return text.substr(0, text.find_first_of("\"'"));
}

/// Reads the lines of a compose file for the ports of the host that lead to a backend.
class published_ports {
  public:
    void read(std::string_view raw) {
        const auto line = with_defaults(raw);
        auto text = trimmed(line);
        if (text.starts_with('-')) {
            text = trimmed(text.substr(1));
            target_.reset();
            short_form(unquoted(text));
        }
        // The long form has a line each, in any order.
        if (text.starts_with("target:")) target_ = read_port(unquoted(trimmed(text.substr(7))));
        if (text.starts_with("published:")) {
            add(read_port(unquoted(trimmed(text.substr(10)))), target_);
        }
    }

    [[nodiscard]] const std::vector<std::uint16_t>& found() const noexcept { return found_; }

    [[nodiscard]] bool has_variable() const noexcept { return has_variable_; }

  private:
    // "8000:80" or "127.0.0.1:8000:80": the last but one number is the host's.
    void short_form(std::string_view mapping) {
        const auto last = mapping.rfind(':');
        if (last == mapping.npos) return;
        const auto target = read_port(mapping.substr(last + 1));
        const auto host = mapping.substr(0, last);
        const auto port = host.substr(host.rfind(':') + 1);
        has_variable_ = has_variable_ || (target && port.starts_with('$'));
        if (target) add(read_port(port), target);
    }

    void add(std::optional<std::uint16_t> port, std::optional<std::uint16_t> target) {
        if (!port || is_infrastructure(*port) || (target && is_infrastructure(*target))) return;
        if (std::ranges::find(found_, *port) == found_.end()) found_.push_back(*port);
    }

    std::vector<std::uint16_t> found_;
    std::optional<std::uint16_t> target_;
    bool has_variable_ = false;
};

void take_published(const std::string& file, const published_ports& from, project& to) {
    const auto port = from.found().front();
    to.port = port;
    to.port_known = true;
    to.command.clear();
    to.unknown.clear();
    to.findings.push_back({file, "a service published on port " + std::to_string(port)});
    if (from.found().size() > 1) {
        to.unknown.push_back(
            "which service is the backend; " + std::to_string(from.found()[1]) + " is published too"
        );
    }
}

}  // namespace

void refine_by_dockerfile(const place& in, project& to) {
    if (!in.has("Dockerfile")) return;
    const auto port = exposed_port(in.text("Dockerfile"));
    if (!port || to.port_known) return;
    to.port = *port;
    to.port_known = true;
    to.findings.push_back({"Dockerfile", "it exposes port " + std::to_string(*port)});
    if (to.command.empty()) {
        to.unknown.push_back(
            "on which port of this machine the container is published; as if by docker run "
            "--publish " +
            std::to_string(*port) + ':' + std::to_string(*port)
        );
    }
}

void refine_by_compose(const place& in, project& to) {
    for (const auto* file :
         {"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}) {
        if (!in.has(file)) continue;
        const auto text = in.text(file);
        published_ports ports;
        for (std::string_view rest = text; !rest.empty();) {
            ports.read(next_line(rest));
        }
        if (!ports.found().empty()) return take_published(file, ports, to);
        if (ports.has_variable()) {
            to.unknown.push_back(std::string{file} + " publishes a port that a variable decides");
        }
        return;
    }
}

}  // namespace curfew::policy::detail
