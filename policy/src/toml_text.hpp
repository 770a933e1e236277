#pragma once

#include "literal.hpp"

#include <cstddef>
#include <string_view>

namespace curfew::policy {

// Places in a text that is known to be TOML 1.0. All offsets are in bytes.

/// Where a place of the parser is: its columns count characters, from 1. A byte order mark is none.
[[nodiscard]] std::size_t offset_of(std::string_view text, position at) noexcept;

/// Behind the value that begins at `begin`: a string of any of the four kinds, an array or inline
/// table with whatever is in it, or a bare word (which ends at white space, a comma, a bracket or a
/// comment).
[[nodiscard]] std::size_t end_of_value(std::string_view text, std::size_t begin) noexcept;

/// Behind the line end of the line that `at` is in; the end of the text where there is none.
[[nodiscard]] std::size_t next_line(std::string_view text, std::size_t at) noexcept;

[[nodiscard]] std::size_t begin_of_line(std::string_view text, std::size_t at) noexcept;

}  // namespace curfew::policy
