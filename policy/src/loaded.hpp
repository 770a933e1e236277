#pragma once

#include <curfew/policy/load.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace curfew::policy {

// For tests: what loading a text as curfew.toml gives.

inline loading load_text(std::string_view text, std::string_view environment = {}) {
    sources from;
    from.file_name = "curfew.toml";
    from.file_text = text;
    from.environment = environment;
    return load(from);
}

/// "3:11: sentence"
inline std::vector<std::string> sentences(const loading& result) {
    std::vector<std::string> all;
    for (const auto& what : result.problems) {
        all.push_back(
            std::to_string(what.line) + ':' + std::to_string(what.column) + ": " + what.sentence
        );
    }
    return all;
}

}  // namespace curfew::policy
