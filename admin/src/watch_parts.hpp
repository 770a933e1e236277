#pragma once

#include "watch_table.hpp"

#include <string>
#include <vector>

namespace curfew::admin {

/// What the parts of the screen are drawn from.
struct view_frame {
    const watch_picture& picture;
    const watch_settings& settings;
    const live_state& state;  ///< combined
    std::size_t width = 80;
    screen_style style{};
    time_point now{};
    bool scrolls = true;  ///< false: there is no screen, everything is shown
};

/// Who is watched, how it goes, and the sparklines: at most `rows` lines.
[[nodiscard]] std::vector<std::string> draw_head(const view_frame& frame, std::size_t rows);

/// The head of the table and at most `rows - 1` routes around the marked one.
[[nodiscard]] std::vector<std::string> draw_routes(const view_frame& frame, std::size_t rows);

[[nodiscard]] std::vector<std::string> draw_calls(const view_frame& frame, std::size_t rows);

[[nodiscard]] std::vector<std::string> draw_ends(const view_frame& frame, std::size_t rows);

[[nodiscard]] std::vector<std::string> draw_help(const view_frame& frame, std::size_t rows);

[[nodiscard]] std::string draw_foot(const view_frame& frame);

}  // namespace curfew::admin
