#include <curfew/policy/file.hpp>
#include <curfew/policy/project.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

namespace curfew::policy {

namespace {

/// A directory that is looked at.
class place {
  public:
    explicit place(const std::string& directory) : directory_{directory} {}

    [[nodiscard]] bool has(std::string_view name) const {
        struct stat status{};
        return ::stat(path(name).c_str(), &status) == 0 && S_ISREG(status.st_mode);
    }

    [[nodiscard]] std::string text(std::string_view name) const {
        return read_file(path(name)).value_or(std::string{});
    }

  private:
    [[nodiscard]] std::string path(std::string_view name) const {
        return (directory_ + '/') += name;
    }

    std::string directory_;
};

bool mentions(std::string_view text, std::string_view word) {
    return text.find(word) != text.npos;
}

bool detect_node(const place& in, project& to) {
    if (!in.has("package.json")) return false;
    to.port = 3000;
    const bool starts = mentions(in.text("package.json"), "\"start\"");
    if (starts) to.command = {"npm", "start"};
    to.findings.push_back(
        {"package.json", starts ? "a Node.js project with a start script" : "a Node.js project"}
    );
    return true;
}

std::optional<std::string> asgi_module(const place& in) {
    constexpr std::array<std::array<std::string_view, 2>, 4> places{{
        {"main.py", "main:app"},
        {"app.py", "app:app"},
        {"app/main.py", "app.main:app"},
        {"src/main.py", "src.main:app"},
    }};
    for (const auto& [file, module] : places) {
        if (in.has(file)) return std::string{module};
    }
    return std::nullopt;
}

void detect_asgi(const place& in, std::string_view file, project& to) {
    const auto module = asgi_module(in);
    if (module) to.command = {"python3", "-m", "uvicorn", *module, "--port", "8000"};
    to.findings.push_back(
        {std::string{file},
         module ? "a Python project for uvicorn, its application in " + *module
                : std::string{"a Python project for uvicorn, whose application is not where it is "
                              "looked for"}}
    );
}

bool detect_python(const place& in, project& to) {
    for (const auto* file : {"pyproject.toml", "requirements.txt"}) {
        if (!in.has(file)) continue;
        const auto text = in.text(file);
        if (mentions(text, "uvicorn") || mentions(text, "fastapi")) {
            detect_asgi(in, file, to);
        } else if (in.has("manage.py")) {
            to.command = {"python3", "manage.py", "runserver", "--noreload", "127.0.0.1:8000"};
            to.findings.push_back({"manage.py", "a Django project"});
        } else if (mentions(text, "flask") || mentions(text, "Flask")) {
            to.command = {"python3", "-m", "flask", "run", "--port", "5000"};
            to.port = 5000;
            to.findings.push_back({file, "a Flask project"});
        } else {
            to.findings.push_back({file, "a Python project"});
        }
        return true;
    }
    return false;
}

bool detect_compiled(const place& in, project& to) {
    if (in.has("go.mod")) {
        to.port = 8080;
        to.command = {"go", "run", "."};
        to.findings.push_back({"go.mod", "a Go project"});
    } else if (in.has("Cargo.toml")) {
        to.port = 3000;
        to.command = {"cargo", "run", "--release"};
        to.findings.push_back({"Cargo.toml", "a Rust project"});
    } else if (in.has("pom.xml")) {
        to.port = 8080;
        to.findings.push_back({"pom.xml", "a Maven project"});
        if (mentions(in.text("pom.xml"), "spring-boot")) {
            to.command = {in.has("mvnw") ? "./mvnw" : "mvn", "spring-boot:run"};
        }
    } else if (in.has("CMakeLists.txt")) {
        to.findings.push_back({"CMakeLists.txt", "a CMake project"});
    } else {
        return false;
    }
    return true;
}

// Ports that belong to what a backend uses, not to a backend.
bool is_infrastructure(unsigned port) {
    constexpr std::array<unsigned, 12> known{
        1025, 2181, 3306, 4222, 5432, 5672, 6379, 8086, 9090, 9092, 9200, 27017
    };
    return std::ranges::find(known, port) != known.end();
}

std::optional<std::uint16_t> read_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, port);
    const bool whole = read.ec == std::errc{} && read.ptr == end && port > 0;
    return whole ? std::optional{port} : std::nullopt;
}

// A line like `- "8000:80"` or `- 127.0.0.1:8000:80`: the last but one number is the host's.
std::optional<std::uint16_t> published_port(std::string_view line) {
    const auto begin = line.find_first_not_of(" \t");
    if (begin == line.npos || line[begin] != '-') return std::nullopt;
    const auto first = line.find_first_of("0123456789", begin);
    if (first == line.npos || line.find_first_not_of(" \t\"'", begin + 1) != first) {
        return std::nullopt;
    }
    auto mapping = line.substr(first);
    mapping = mapping.substr(0, mapping.find_first_of("\"'/ \t\r#"));
    const auto last = mapping.rfind(':');
    if (last == mapping.npos || !read_port(mapping.substr(last + 1))) return std::nullopt;
    mapping = mapping.substr(0, last);
    const auto port = read_port(mapping.substr(mapping.rfind(':') + 1));
    return port && !is_infrastructure(*port) ? port : std::nullopt;
}

void detect_compose(const place& in, project& to) {
    for (const auto* file : {"compose.yaml", "compose.yml", "docker-compose.yml"}) {
        if (!in.has(file)) continue;
        const auto text = in.text(file);
        for (std::string_view rest = text; !rest.empty();) {
            const auto line = rest.substr(0, rest.find('\n'));
            rest.remove_prefix(std::min(line.size() + 1, rest.size()));
            if (const auto port = published_port(line)) {
                to.port = *port;
                to.command.clear();
                to.findings.push_back({file, "a service published on port " + std::to_string(*port)}
                );
                return;
            }
        }
    }
}

std::string list(const std::vector<std::string>& words) {
    std::string text = "[";
    for (const auto& word : words) {
        text += (text.size() > 1 ? ", \"" : "\"") + word + '"';
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
    const place in{directory};
    project found;
    if (!detect_node(in, found) && !detect_python(in, found)) detect_compiled(in, found);
    detect_compose(in, found);
    return found;
}

std::string starter_policy(const project& of) {
    std::string text =
        "# The policy of Curfew. All keys and their defaults: curfew help policy\n"
        "# Is it right? curfew check. Who set a key? curfew check --explain request.timeout\n";
    for (const auto& [file, meaning] : of.findings) {
        text += "# Found " + file + ": " + meaning + ".\n";
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
