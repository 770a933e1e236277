#include "project_files.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace curfew::policy::detail {

namespace {

/// What a project says it needs, in lower case and without comments.
struct requirements {
    std::string text;
    std::vector<std::string_view> files;

    [[nodiscard]] bool name(std::string_view package) const { return mentions(text, package); }
};

requirements read_requirements(const place& in) {
    requirements found;
    for (const auto* file :
         {"pyproject.toml", "requirements.txt", "Pipfile", "setup.cfg", "setup.py"}) {
        if (!in.has(file)) continue;
        found.files.emplace_back(file);
        const auto text = lower(in.text(file));
        for (std::string_view rest = text; !rest.empty();) {
            const auto line = next_line(rest);
            (found.text += line.substr(0, line.find('#'))) += '\n';
        }
    }
    return found;
}

/// Where an application object is.
struct application {
    std::string file;    ///< "src/shop/main.py"
    std::string folder;  ///< to import from: "" or "src"
    std::string module;  ///< "shop.main"
    std::string name;    ///< "app", or "create_app" of a factory
    bool is_factory = false;

    [[nodiscard]] std::string target() const { return module + ':' + name; }
};

std::string_view identifier_at(std::string_view line) {
    const auto end = std::ranges::find_if_not(line, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
    return line.substr(0, static_cast<std::size_t>(end - line.begin()));
}

// `app = FastAPI(`, `app: Flask = flask.Flask(`, `api = create_app()`, at the top level.
bool makes_application(std::string_view line, std::string_view framework) {
    const auto name = identifier_at(line);
    const auto rest = trimmed(line.substr(name.size()));
    const auto equals = rest.find('=');
    if (name.empty() || equals == rest.npos || (equals > 0 && rest.front() != ':')) return false;
    auto made = trimmed(rest.substr(equals + 1));
    made = made.substr(0, made.find('('));
    made = made.substr(made.rfind('.') + 1);
    return made == framework || made == "create_app" || made == "make_app";
}

// The name in `text` under which an application is found; empty if there is none.
void find_name(std::string_view text, std::string_view framework, application& to) {
    while (!text.empty()) {
        const auto line = next_line(text);
        if (makes_application(line, framework)) {
            to.name = identifier_at(line);
            to.is_factory = false;
            return;
        }
        if (line.starts_with("def create_app(")) {
            to.name = "create_app";
            to.is_factory = true;
        }
    }
}

constexpr std::array<std::string_view, 6> modules{"main", "app", "wsgi", "asgi", "server", "api"};

/// All that lie where applications usually do: in the folder or in `src`, then one level deeper.
class search {
  public:
    search(const place& in, std::span<const std::string_view> frameworks)
        : in_{in}, frameworks_{frameworks} {}

    std::vector<application> run() {
        // Of a folder that is a package itself, the modules are imported from outside.
        const std::string source = in_.has("src/__init__.py") ? "" : "src";
        look("", "");
        source.empty() ? look("", "src") : look("src", "");
        for (const auto& package : in_.packages("")) {
            if (package != "src") look("", package);
        }
        for (const auto& package : in_.packages("src")) {
            source.empty() ? look("", "src/" + package) : look("src", package);
        }
        return std::move(found_);
    }

  private:
    void look(const std::string& folder, const std::string& package) {
        const auto directory =
            folder + (folder.empty() ? "" : "/") + package + (package.empty() ? "" : "/");
        auto dotted = package;
        std::ranges::replace(dotted, '/', '.');
        for (const auto module : modules) {
            const auto file = directory + std::string{module} + ".py";
            read(
                {file, folder, dotted + (dotted.empty() ? "" : ".") + std::string{module}, "", false
                }
            );
        }
        if (!package.empty()) read({directory + "__init__.py", folder, dotted, "", false});
    }

    void read(application candidate) {
        if (!in_.has(candidate.file)) return;
        const auto text = in_.text(candidate.file);
        for (const auto framework : frameworks_) {
            if (candidate.name.empty() || candidate.is_factory) {
                find_name(text, framework, candidate);
            }
        }
        if (!candidate.name.empty()) found_.push_back(std::move(candidate));
    }

    const place& in_;
    std::span<const std::string_view> frameworks_;
    std::vector<application> found_;
};

std::vector<std::string> gunicorn(const std::string& folder, const std::string& target) {
    std::vector<std::string> command{"gunicorn", "--bind", "127.0.0.1:8000"};
    if (!folder.empty()) command.insert(command.end(), {"--chdir", folder});
    command.push_back(target);
    return command;
}

std::vector<std::string> uvicorn(
    const std::string& folder, const std::string& target, bool is_factory = false
) {
    std::vector<std::string> command{"python3", "-m", "uvicorn"};
    if (!folder.empty()) command.insert(command.end(), {"--app-dir", folder});
    command.push_back(target);
    if (is_factory) command.emplace_back("--factory");
    command.insert(command.end(), {"--port", "8000"});
    return command;
}

constexpr std::string_view development =
    "how it runs in production: gunicorn is not among its requirements, so this is the server "
    "for development";

void start_asgi(const application& what, const requirements&, project& to) {
    to.command = uvicorn(what.folder, what.target(), what.is_factory);
}

void start_flask(const application& what, const requirements& needs, project& to) {
    if (needs.name("gunicorn")) {
        to.command = gunicorn(what.folder, what.target() + (what.is_factory ? "()" : ""));
        return;
    }
    const auto import = what.folder.empty() ? what.target() : what.file + ':' + what.name;
    to.command = {"python3", "-m", "flask", "--app", import, "run", "--port", "5000"};
    to.port = 5000;
    to.unknown.emplace_back(development);
}

/// A framework of which the requirements tell, and how what is made with it is started.
struct framework {
    std::string_view package;
    std::string_view meaning;
    std::array<std::string_view, 2> makers;  ///< the class of an application object
    std::uint16_t port;                      ///< what is usual
    void (*start)(const application&, const requirements&, project&);
};

constexpr framework frameworks[] = {
    {"fastapi", "a FastAPI project", {"FastAPI", "Starlette"}, 8000, start_asgi},
    {"starlette", "a Starlette project", {"Starlette", "FastAPI"}, 8000, start_asgi},
    {"quart", "a Quart project", {"Quart", "Quart"}, 5000, start_asgi},
    {"flask", "a Flask project", {"Flask", "Flask"}, 5000, start_flask},
    {"uvicorn", "a project for uvicorn", {"FastAPI", "Starlette"}, 8000, start_asgi},
};

// The file that names `package` first: what was read of all of them is one text.
std::string evidence(const place& in, const requirements& needs, std::string_view package) {
    const auto file = std::ranges::find_if(needs.files, [&](std::string_view name) {
        return mentions(lower(in.text(name)), package);
    });
    return std::string{file == needs.files.end() ? needs.files.front() : *file};
}

void start(const place& in, const framework& with, const requirements& needs, project& to) {
    const auto found = search{in, with.makers}.run();
    auto meaning = std::string{with.meaning};
    if (found.empty()) {
        to.port = with.port;
        to.unknown.emplace_back(
            "where its application object is: no module where one usually lies makes one"
        );
    } else {
        meaning += ", its application in " + found.front().file;
        to.port_known = true;
        with.start(found.front(), needs, to);
    }
    if (found.size() > 1) {
        to.unknown.push_back(
            "whether that is the application; " + found[1].file + " makes one too"
        );
    }
    to.findings.push_back({evidence(in, needs, with.package), meaning});
}

// The package of the settings that manage.py names: "shop" of "shop.settings.local".
std::string settings_package(std::string_view text) {
    constexpr std::string_view variable = "DJANGO_SETTINGS_MODULE";
    const auto at = text.find(variable);
    if (at == text.npos) return {};
    text.remove_prefix(at + variable.size() + 1);
    const auto quote = text.find_first_of("\"'");
    if (quote == text.npos) return {};
    text.remove_prefix(quote + 1);
    return std::string{identifier_at(text)};
}

}  // namespace

bool detect_django(const place& in, project& to) {
    if (!in.has("manage.py")) return false;
    const auto needs = read_requirements(in);
    const auto package = settings_package(in.text("manage.py"));
    to.port_known = true;
    to.findings.push_back({"manage.py", "a Django project"});
    if (needs.name("gunicorn") && in.has(package + "/wsgi.py")) {
        to.command = gunicorn("", package + ".wsgi");
    } else if (needs.name("uvicorn") && in.has(package + "/asgi.py")) {
        to.command = uvicorn("", package + ".asgi:application");
    } else {
        to.command = {"python3", "manage.py", "runserver", "--noreload", "127.0.0.1:8000"};
        to.unknown.emplace_back(development);
    }
    return true;
}

bool detect_python(const place& in, project& to) {
    const auto needs = read_requirements(in);
    if (needs.files.empty()) return false;
    const auto with = std::ranges::find_if(frameworks, [&](const framework& which) {
        return needs.name(which.package);
    });
    if (with != std::end(frameworks)) {
        start(in, *with, needs, to);
    } else {
        to.findings.push_back({std::string{needs.files.front()}, "a Python project"});
    }
    return true;
}

}  // namespace curfew::policy::detail
