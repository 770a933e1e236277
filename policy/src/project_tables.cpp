#include "project_files.hpp"

#include <algorithm>
#include <span>

namespace curfew::policy::detail {

namespace {

/// A kind of project that is known by one file, a word in it, and perhaps a second file.
struct kind {
    std::string_view file;
    std::string_view word;  ///< in lower case; empty: any content
    std::string_view also;  ///< another file that is there; empty: none
    std::string_view meaning;
    std::span<const std::string_view> command;
    std::uint16_t port;
    bool port_known;           ///< the command says it
    std::string_view unknown;  ///< what the files do not tell; empty: nothing
};

constexpr std::string_view development =
    "how it runs in production; this is the server for "
    "development";

// Of several lines that fit, the first counts.
constexpr std::string_view rails[]{
    "bin/rails", "server", "--binding", "127.0.0.1", "--port", "3000"
};
constexpr std::string_view bundled_rails[]{
    "bundle", "exec", "rails", "server", "--binding", "127.0.0.1", "--port", "3000"
};
constexpr std::string_view rack[]{
    "bundle", "exec", "rackup", "--host", "127.0.0.1", "--port", "9292"
};
constexpr std::string_view laravel[]{"php", "artisan", "serve", "--host=127.0.0.1", "--port=8000"};
constexpr std::string_view phoenix[]{"mix", "phx.server"};
constexpr std::string_view go[]{"go", "run", "."};
constexpr std::string_view cargo[]{"cargo", "run", "--release"};
constexpr std::string_view mvnw[]{"./mvnw", "spring-boot:run"};
constexpr std::string_view mvn[]{"mvn", "spring-boot:run"};
constexpr std::string_view gradlew[]{"./gradlew", "bootRun"};

constexpr kind frameworks[] = {
    {"Gemfile", "rails", "bin/rails", "a Rails project", rails, 3000, true, ""},
    {"Gemfile", "rails", "", "a Rails project", bundled_rails, 3000, true, ""},
    {"config.ru", "", "Gemfile", "a Rack project", rack, 9292, true, ""},
    {"artisan", "", "", "a Laravel project", laravel, 8000, true, development},
    {"mix.exs", "phoenix", "", "a Phoenix project", phoenix, 4000, false, ""},
};

constexpr std::string_view which_package =
    "which package is the server; name it: command = [\"go\", \"run\", \"./cmd/NAME\"]";
constexpr std::string_view which_binary =
    "which binary is the server; name it: command = [\"cargo\", \"run\", \"--release\", "
    "\"--bin\", \"NAME\"]";

constexpr kind languages[] = {
    {"go.mod", "", "main.go", "a Go project", go, 8080, false, ""},
    {"go.mod", "", "", "a Go project", {}, 8080, false, which_package},
    {"Cargo.toml", "", "src/main.rs", "a Rust project", cargo, 3000, false, ""},
    {"Cargo.toml", "", "", "a Rust project", {}, 3000, false, which_binary},
    {"pom.xml", "spring-boot", "mvnw", "a Spring Boot project", mvnw, 8080, false, ""},
    {"pom.xml", "spring-boot", "", "a Spring Boot project", mvn, 8080, false, ""},
    {"pom.xml", "", "", "a Maven project", {}, 8080, false, ""},
    {"build.gradle",
     "springframework.boot",
     "gradlew",
     "a Spring Boot project",
     gradlew,
     8080,
     false,
     ""},
    {"build.gradle.kts",
     "springframework.boot",
     "gradlew",
     "a Spring Boot project",
     gradlew,
     8080,
     false,
     ""},
    {"CMakeLists.txt", "", "", "a CMake project", {}, 8000, false, ""},
    {"package.json", "", "", "a Node.js project without a start script", {}, 3000, false, ""},
};

bool detect_in(std::span<const kind> known, const place& in, project& to) {
    const auto fits = [&](const kind& which) {
        return in.has(which.file) && (which.also.empty() || in.has(which.also)) &&
               (which.word.empty() || mentions(lower(in.text(which.file)), which.word));
    };
    const auto found = std::ranges::find_if(known, fits);
    if (found == known.end()) return false;
    to.findings.push_back({std::string{found->file}, std::string{found->meaning}});
    to.command.assign(found->command.begin(), found->command.end());
    to.port = found->port;
    to.port_known = found->port_known;
    if (!found->unknown.empty()) to.unknown.emplace_back(found->unknown);
    return true;
}

}  // namespace

bool detect_framework(const place& in, project& to) {
    return detect_in(frameworks, in, to);
}

bool detect_language(const place& in, project& to) {
    return detect_in(languages, in, to);
}

}  // namespace curfew::policy::detail
