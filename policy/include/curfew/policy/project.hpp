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
    bool port_known = false;           ///< a file or the command says it; else it is what is usual
    std::vector<std::string> unknown;  ///< what the files do not tell, each half a sentence

    [[nodiscard]] std::string url() const;
};

/// Looks at the names of well-known files in `directory`, of Python modules up to two folders below
/// it (32 folders at most), and into some of them (at most 1 MiB each). Nothing is executed. What
/// it does not know is an empty project; what it cannot know it says in `unknown`.
[[nodiscard]] project detect_project(const std::string& directory);

/// A short commented curfew.toml for it; load() accepts it.
[[nodiscard]] std::string starter_policy(const project& of);

}  // namespace curfew::policy
