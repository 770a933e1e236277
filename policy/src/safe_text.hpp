#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace curfew::policy {

/// One character of UTF-8; `code` is U+FFFD where the bytes are none (then one byte is consumed).
struct decoded {
    std::uint32_t code;
    std::size_t bytes;
};

/// `text` must not be empty. Strict: no overlong forms, no surrogates, nothing past U+10FFFF.
[[nodiscard]] decoded decode_utf8(std::string_view text) noexcept;

struct shown_text {
    std::string text;
    std::size_t characters = 0;
};

/// `width` characters from the one at `from`, fit for a terminal: valid UTF-8, a space for a tab,
/// '?' for what is no text or would move the cursor or turn the direction.
[[nodiscard]] shown_text safe_text(
    std::string_view text, std::size_t from = 0, std::size_t width = 100
);

}  // namespace curfew::policy
