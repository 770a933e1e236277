#pragma once

#include <curfew/admin/watch_model.hpp>

#include <string>
#include <vector>

namespace curfew::admin {

struct screen_size {
    std::size_t columns = 80;
    std::size_t rows = 24;

    friend bool operator==(const screen_size&, const screen_size&) = default;
};

struct screen_style {
    bool colour = false;   ///< SGR sequences, and no other
    bool unicode = false;  ///< block characters and the ellipsis
};

/// The screen of `curfew watch`: `size.rows` lines, each of them `size.columns` cells. All that
/// came from a process has been cleaned (terminal_text). A function of its arguments: `now` only
/// tells how long it is to the next try.
///
/// From the top: who is watched and how it goes, the last minutes as sparklines, the routes, what
/// runs and hangs now by the nearest deadline, what ended notably. The narrower the screen, the
/// fewer columns; the lower, the fewer rows, and the last parts give way first.
[[nodiscard]] std::vector<std::string> draw_watch(
    const watch_picture& picture,
    const watch_settings& settings,
    screen_size size,
    screen_style style,
    time_point now
);

/// One picture of everything as plain text, however long, in lines of at most `columns` cells.
[[nodiscard]] std::string render_watch(
    const watch_picture& picture, std::size_t columns, screen_style style
);

}  // namespace curfew::admin
