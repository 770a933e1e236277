#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace curfew::admin {

/// How many cells of a terminal a character takes: 0 for combining ones, 2 for wide ones (East
/// Asian, emoji), else 1. `text` begins with it.
[[nodiscard]] std::size_t cells_of_first(std::string_view text) noexcept;

/// How many cells `text` takes; it is clean.
[[nodiscard]] std::size_t cells(std::string_view text) noexcept;

/// Foreign text made harmless for a terminal: control characters (C0, DEL, C1, which some terminals
/// obey in UTF-8 too), line and paragraph separators, what turns the direction of writing, what
/// takes no place and what is no UTF-8 become `?`.
[[nodiscard]] std::string terminal_text(std::string_view foreign);

enum class align : bool { left, right };

/// Exactly `width` cells: clean text cut, with `…` (in ASCII `~`) for what is left out, or filled
/// up.
[[nodiscard]] std::string fit(
    std::string_view clean, std::size_t width, align to = align::left, bool unicode = true
);

}  // namespace curfew::admin
