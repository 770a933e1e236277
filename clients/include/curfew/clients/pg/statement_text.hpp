#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace curfew::pg {

/// A statement as it may be shown: literals of every kind (quoted, escaped, dollar-quoted, bit
/// strings, numbers) are `?`, comments are gone, white space is one space, and at most `most` bytes
/// are kept, whole characters only. What does not end (a string, a comment) counts to the end, so
/// that nothing of a literal is ever shown, however the text is malformed. Names are kept, also
/// quoted ones unless they hold a quote or a line break. One pass; lexical rules as in PostgreSQL
/// 15's scanner: a backslash escapes in E'...'. Where another literal has one before a quote, it
/// depends on the server's standard_conforming_strings where that ends: nothing behind it is shown.
[[nodiscard]] std::string without_literals(std::string_view statement, std::size_t most = 100);

/// Its first word in capitals: `SELECT`; `?` if it does not begin with one.
[[nodiscard]] std::string verb_of(std::string_view statement);

}  // namespace curfew::pg
