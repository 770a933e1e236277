#pragma once

#include <cstddef>
#include <string_view>

namespace curfew {

/// Length in bytes of the UTF-8 sequence that `text` begins with, 1 to 4; 0 for an invalid or
/// truncated one, and for an empty text (RFC 3629: no overlong forms, no surrogates, nothing above
/// U+10FFFF). To skip an invalid byte, go on after one byte.
[[nodiscard]] std::size_t utf8_sequence(std::string_view text) noexcept;

}  // namespace curfew
