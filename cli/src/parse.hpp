#pragma once

#include "output.hpp"
#include "table.hpp"

#include <expected>
#include <string>
#include <vector>

namespace curfew::cli {

/// Understands a command line (without the program's name), or says in one sentence why not.
[[nodiscard]] std::expected<invocation, usage_problem> parse(std::vector<std::string> words);

}  // namespace curfew::cli
