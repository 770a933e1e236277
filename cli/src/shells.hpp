#pragma once

#include <string>

namespace curfew::cli {

// Completion scripts, made from the table of verbs and flags.

[[nodiscard]] std::string bash_completions();
[[nodiscard]] std::string zsh_completions();
[[nodiscard]] std::string fish_completions();

}  // namespace curfew::cli
