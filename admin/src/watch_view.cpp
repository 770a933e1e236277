#include "watch_parts.hpp"

#include <algorithm>
#include <array>

namespace curfew::admin {

namespace {

using lines = std::vector<std::string>;

void append(lines& to, const lines& more) {
    to.insert(to.end(), more.begin(), more.end());
}

constexpr std::size_t everything = 1'000'000;

/// How the rows of the body are shared: each part gets its share, what one does not need goes to
/// the others, the first one first. A part that would get its head only gets nothing.
std::array<std::size_t, 3> share_rows(std::size_t rows, const std::array<std::size_t, 3>& wanted) {
    constexpr std::array<std::size_t, 3> weight{9, 6, 5};
    std::array<std::size_t, 3> given{};
    std::size_t parts = rows >= 11 ? 3 : rows >= 5 ? 2 : 1;
    std::size_t all = 0;
    for (std::size_t i = 0; i < parts; ++i) {
        all += weight[i];
    }
    std::size_t left = rows;
    for (std::size_t i = 0; i < parts; ++i) {
        given[i] = std::min({wanted[i], rows * weight[i] / all, left});
        left -= given[i];
    }
    for (std::size_t i = 0; i < parts; ++i) {
        const std::size_t more = std::min(left, wanted[i] - given[i]);
        given[i] += more;
        left -= more;
    }
    return given;
}

void append_body(lines& to, const view_frame& frame, std::size_t rows) {
    // One row between two parts.
    const std::size_t gaps = rows >= 13 ? 2 : rows >= 7 ? 1 : 0;
    const lines routes = draw_routes(frame, everything);
    const lines calls = draw_calls(frame, everything);
    const lines ends = draw_ends(frame, everything);
    const auto given = share_rows(rows - gaps, {routes.size(), calls.size(), ends.size()});
    append(to, draw_routes(frame, given[0]));
    if (given[1] > 0) {
        to.insert(to.end(), gaps > 0 ? 1 : 0, std::string(frame.width, ' '));
        append(to, draw_calls(frame, given[1]));
    }
    if (given[2] > 0) {
        to.insert(to.end(), gaps > 1 ? 1 : 0, std::string(frame.width, ' '));
        append(to, draw_ends(frame, given[2]));
    }
}

}  // namespace

std::vector<std::string> draw_watch(
    const watch_picture& picture,
    const watch_settings& settings,
    screen_size size,
    screen_style style,
    time_point now
) {
    const live_state state = combined(picture, settings.process);
    const view_frame frame{picture, settings, state, size.columns, style, now};
    lines made;
    const std::size_t foot = size.rows >= 6 ? 1 : 0;
    const std::size_t for_head = size.rows / 3;
    append(made, draw_head(frame, std::max<std::size_t>(for_head, 1)));
    if (size.rows >= 16) {
        made.emplace_back(size.columns, ' ');
    }
    made.resize(std::min(made.size(), size.rows));
    const std::size_t rows = size.rows - made.size() - std::min(foot, size.rows - made.size());
    if (settings.help) {
        append(made, draw_help(frame, rows));
    } else {
        append_body(made, frame, rows);
    }
    made.resize(size.rows - foot, std::string(size.columns, ' '));
    if (foot > 0) {
        made.push_back(draw_foot(frame));
    }
    return made;
}

std::string render_watch(const watch_picture& picture, std::size_t columns, screen_style style) {
    watch_settings settings;
    if (picture.processes.size() == 1) {
        settings.process = 0;
    }
    const live_state state = combined(picture, settings.process);
    const view_frame frame{picture, settings, state, columns, style, {}, false};
    lines made = draw_head(frame, everything);
    made.pop_back();  // one state has no history
    made.emplace_back();
    append(made, draw_routes(frame, everything));
    made.emplace_back();
    append(made, draw_calls(frame, everything));
    std::string text;
    for (const std::string& each : made) {
        const std::size_t end = each.find_last_not_of(' ');
        text += each.substr(0, end == each.npos ? 0 : end + 1) + '\n';
    }
    return text;
}

}  // namespace curfew::admin
