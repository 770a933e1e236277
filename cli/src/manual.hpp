#pragma once

#include "table.hpp"

#include <string>

namespace curfew::cli {

/// "curfew 0.1.0"
[[nodiscard]] std::string version_line();

/// What `curfew help` prints.
[[nodiscard]] std::string help_page();

/// What `curfew help VERB` prints.
[[nodiscard]] std::string help_page(const verb& which);

/// curfew(1), in roff (man macros).
[[nodiscard]] std::string man_page();

}  // namespace curfew::cli
