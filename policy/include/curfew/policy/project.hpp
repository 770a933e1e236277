#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace curfew::policy {

/// What is known about a backend from the files of its project.
struct project {
    struct finding {
        std::string file;     ///< "package.json"
        std::string meaning;  ///< "a Node.js project with a start script"
    };

    std::vector<finding> findings;
    std::vector<std::string> command;  ///< empty: nothing that could be started with confidence
    std::uint16_t port = 8000;

    [[nodiscard]] std::string url() const;
};

/// Looks at the names of well-known files in `directory`, and into a few of them (at most 1 MiB
/// each). Nothing is executed. What it does not know is an empty project.
[[nodiscard]] project detect_project(const std::string& directory);

/// A short commented curfew.toml for it; load() accepts it.
[[nodiscard]] std::string starter_policy(const project& of);

}  // namespace curfew::policy
