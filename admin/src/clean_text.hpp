#pragma once

#include <string>
#include <string_view>

namespace curfew::admin {

/// `text` as valid UTF-8 on one line: U+FFFD for each invalid byte and each control character.
[[nodiscard]] std::string clean_text(std::string_view text);

}  // namespace curfew::admin
