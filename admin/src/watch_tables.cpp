#include "watch_parts.hpp"

#include <algorithm>

namespace curfew::admin {

namespace {

constexpr std::size_t trace_cells = 32;
constexpr std::size_t hidden = screen_table::hidden;

std::string time_or_none(const std::optional<duration>& time) {
    return time ? short_time(*time) : "-";
}

std::string whole_number(std::uint64_t count) {
    return count < 100'000 ? std::to_string(count) : short_number(static_cast<double>(count));
}

table_cell count_cell(std::uint64_t count, paint when_any) {
    return {count > 0 ? whole_number(count) : "-", count > 0 ? when_any : paint::dim};
}

std::string held_of(const live_route& route) {
    const std::string held = whole_number(route.in_flight);
    return route.limit ? held + '/' + whole_number(*route.limit) : held;
}

table_cell breaker_cell(const live_route& route) {
    if (route.breaker == "open" && route.retry_after) {
        return {"open " + short_time(*route.retry_after), paint::bad};
    }
    const bool closed = route.breaker.empty() || route.breaker == "closed";
    const paint with = closed ? paint::dim : route.breaker == "open" ? paint::bad : paint::warning;
    return {terminal_text(route.breaker), with};
}

bool has_adaptive(const live_state& state) {
    return std::ranges::any_of(state.routes, [](const live_route& each) {
        return !each.adaptive.empty();
    });
}

/// Where the adaptive limit cuts; in brackets where it only would.
table_cell adaptive_cell(const live_route& route) {
    if (route.adaptive.empty() || !route.adaptive_limit) {
        return {"-", paint::dim};
    }
    if (route.adaptive_state == "cold") {
        return {"cold", paint::dim};
    }
    const std::string limit = short_time(*route.adaptive_limit);
    const bool is_wide = route.adaptive_state == "widened";
    return {
        route.adaptive == "on" ? limit : '(' + limit + ')', is_wide ? paint::warning : paint::plain
    };
}

std::string window_of(const live_state& state) {
    return state.since_start ? "in all" : "in " + short_time(state.window);
}

screen_table table_of_routes(const view_frame& frame) {
    const std::string title =
        "ROUTES " + std::to_string(frame.state.routes.size()) + ' ' + window_of(frame.state);
    return {
        {
            {title, 0, align::left},
            {"req/s", 6, align::right, 3},
            {"P50", 6, align::right, 9},
            {"P95", 6, align::right, 2},
            {"P99", 6, align::right, 11},
            {"timeout", 7, align::right, 4},
            {"failed", 6, align::right, 8},
            {"refused", 7, align::right, 5},
            {"in flight", 9, align::right, 1},
            {"queue", 5, align::right, 7},
            {"hang", 5, align::right, 6},
            {"cut at", has_adaptive(frame.state) ? 7 : hidden, align::right, 10},
            {"breaker", 10, align::left, 0},
        },
        frame.width,
        frame.style,
    };
}

std::vector<table_cell> cells_of(const live_route& route) {
    const bool hangs = route.hanging > 0 || route.breaker == "open";
    return {
        {terminal_text(route.name), hangs ? paint::bad : paint::plain},
        {short_number(route.rate)},
        {time_or_none(route.p50)},
        {time_or_none(route.p95)},
        {time_or_none(route.p99)},
        count_cell(route.timeouts, paint::bad),
        count_cell(route.failures, paint::bad),
        count_cell(route.refused, paint::warning),
        {held_of(route)},
        count_cell(route.queued, paint::warning),
        count_cell(std::max(route.hanging, route.abandoned), paint::bad),
        adaptive_cell(route),
        breaker_cell(route),
    };
}

std::string what_it_does(const live_call& call) {
    if (call.abandoned) {
        return "given up";
    }
    std::string stage = terminal_text(call.stage);
    return call.attempt > 0 ? stage + ' ' + std::to_string(call.attempt) : stage;
}

table_cell kind_of(const live_end& end) {
    if (end.near_miss) {
        return {"near miss", paint::warning};
    }
    if (end.surface == "supervisor") {
        return {"backend", end.outcome == "failure" ? paint::bad : paint::plain};
    }
    if (end.cause == "shed" || end.cause == "breaker_open") {
        return {"refused", paint::warning};
    }
    if (end.outcome == "ignored") {
        return {terminal_text(end.cause), paint::dim};
    }
    return {terminal_text(end.outcome), paint::bad};
}

std::string why_of(const live_end& end) {
    if (!end.said.empty()) {
        return terminal_text(end.said);
    }
    const std::string& decided = end.reason.empty() ? end.cause : end.reason;
    const std::string cause = end.near_miss ? "near its limit" : decided;
    const std::string& more = end.limit_name.empty() ? end.error : end.limit_name;
    return terminal_text(more.empty() ? cause : cause + ' ' + more);
}

/// "12:03:05" of an RFC 3339 time.
std::string clock_of(const std::string& timestamp) {
    return terminal_text(timestamp.size() >= 19 ? timestamp.substr(11, 8) : timestamp);
}

}  // namespace

std::vector<std::string> draw_routes(const view_frame& frame, std::size_t rows) {
    const screen_table table = table_of_routes(frame);
    std::vector<live_route> routes = frame.state.routes;
    sort_routes(routes, frame.settings.order);
    std::vector<std::string> lines{table.head()};
    const std::size_t room = rows > 0 ? rows - 1 : 0;
    const std::size_t marked = std::min(frame.settings.row, routes.empty() ? 0 : routes.size() - 1);
    const std::size_t first = marked >= room ? marked - room + 1 : 0;
    for (std::size_t i = first; i < routes.size() && i < first + room; ++i) {
        const bool stands_out = frame.scrolls && i == marked && frame.settings.row > 0;
        lines.push_back(table.line(cells_of(routes[i]), stands_out));
    }
    if (routes.empty() && room > 0) {
        lines.push_back(fit("  no request has come yet", frame.width));
    }
    lines.resize(std::min(lines.size(), rows));
    return lines;
}

std::vector<std::string> draw_calls(const view_frame& frame, std::size_t rows) {
    std::vector<live_call> calls = frame.state.calls;
    sort_calls(calls);
    const bool wide = frame.width >= 120;
    const screen_table table{
        {
            {"RUNS NOW " + std::to_string(frame.state.calls_count) + ", nearest deadlines",
             0,
             align::left},
            {"does", 11, align::left, 2},
            {"age", 6, align::right, 1},
            {"left", 6, align::right, 0},
            {"", 7, align::left, 3},
            {"trace", wide ? trace_cells : hidden, align::left, 4},
        },
        frame.width,
        frame.style,
    };
    std::vector<std::string> lines{table.head()};
    for (const live_call& each : calls) {
        if (lines.size() >= rows) {
            break;
        }
        const bool near = each.left && *each.left < std::chrono::seconds{1} && !each.abandoned;
        lines.push_back(table.line({
            {terminal_text(each.route), each.hanging ? paint::bad : paint::plain},
            {what_it_does(each), each.abandoned ? paint::warning : paint::plain},
            {short_time(each.age)},
            {each.left ? short_time(*each.left) : "none", near ? paint::warning : paint::plain},
            {each.hanging ? "hangs" : "", paint::bad},
            {terminal_text(each.trace_id), paint::dim},
        }));
    }
    lines.resize(std::min(lines.size(), rows));
    return lines;
}

std::vector<std::string> draw_ends(const view_frame& frame, std::size_t rows) {
    const bool wide = frame.width >= 120;
    const screen_table table{
        {
            {"ended", 8, align::left, 3},
            {"ENDED BADLY, OR NEARLY", 0, align::left},
            {"", 9, align::left, 0},
            {"why",
             frame.width >= 160 ? 64U
             : wide             ? 40U
                                : 28U,
             align::left,
             2},
            {"took", 6, align::right, 1},
            {"trace", wide ? trace_cells : hidden, align::left, 4},
        },
        frame.width,
        frame.style,
    };
    std::vector<std::string> lines{table.head()};
    for (const watched_end& each : frame.picture.ends) {
        if (lines.size() >= rows) {
            break;
        }
        if (frame.settings.process && each.process != *frame.settings.process) {
            continue;
        }
        const live_end& end = each.what;
        lines.push_back(table.line({
            {clock_of(end.timestamp), paint::dim},
            {terminal_text(end.name)},
            kind_of(end),
            {why_of(end)},
            {short_time(end.took)},
            {terminal_text(end.trace_id), paint::dim},
        }));
    }
    if (lines.size() == 1) {
        lines.push_back(fit("  nothing since this view was opened", frame.width));
    }
    lines.resize(std::min(lines.size(), rows));
    return lines;
}

}  // namespace curfew::admin
