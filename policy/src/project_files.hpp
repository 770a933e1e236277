#pragma once

#include <curfew/policy/project.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::policy::detail {

/// A directory that is looked at: names below it are relative, files are read as `read_file` does.
class place {
  public:
    /// So many sub-folders are looked into at most, in the order of their names.
    static constexpr std::size_t folders_max = 32;

    explicit place(std::string directory) : directory_{std::move(directory)} {}

    [[nodiscard]] bool has(std::string_view file) const;
    /// Empty for what is not there, cannot be read, or is larger than a policy may be.
    [[nodiscard]] std::string text(std::string_view file) const;
    /// Names of the folders in `folder` ("" for the directory itself) that can be Python packages.
    [[nodiscard]] std::vector<std::string> packages(std::string_view folder) const;

  private:
    [[nodiscard]] std::string path(std::string_view name) const;

    std::string directory_;
};

// Detectors: each knows one kind of project, and says whether this is one.
bool detect_procfile(const place& in, project& to);
bool detect_django(const place& in, project& to);
bool detect_framework(const place& in, project& to);  ///< Rails, Rack, Laravel, Phoenix
bool detect_node(const place& in, project& to);
bool detect_python(const place& in, project& to);
bool detect_language(const place& in, project& to);  ///< Go, Rust, JVM, CMake, and Node's rest

// What runs around a project, of whatever kind: they refine what is known.
void refine_by_dockerfile(const place& in, project& to);
void refine_by_compose(const place& in, project& to);

// Reading text.
[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] std::string_view trimmed(std::string_view text);
/// Takes the first line off `rest`.
[[nodiscard]] std::string_view next_line(std::string_view& rest);
[[nodiscard]] bool mentions(std::string_view text, std::string_view word);

// Ports.
[[nodiscard]] std::optional<std::uint16_t> read_port(std::string_view text);
/// The port that a command line says: `--port 4000`, `-p=4000`, `PORT=4000`, `--bind 0.0.0.0:4000`;
/// the last one counts. `${PORT:-4000}` is 4000.
[[nodiscard]] std::optional<std::uint16_t> port_in_command(std::string_view line);
/// With each `${NAME:-value}` replaced by its value.
[[nodiscard]] std::string with_defaults(std::string_view text);
/// Of what a backend uses (a database, a broker), not of a backend.
[[nodiscard]] bool is_infrastructure(std::uint16_t port);

}  // namespace curfew::policy::detail
