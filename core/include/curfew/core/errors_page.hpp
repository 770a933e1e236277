#pragma once

#include <string>

namespace curfew {

/// docs/errors.md: the table of `failure.hpp` for people, one row a code with its exit code, HTTP
/// status, SQLSTATE and remedy. A test keeps the page equal to this text.
[[nodiscard]] std::string render_errors_markdown();

}  // namespace curfew
