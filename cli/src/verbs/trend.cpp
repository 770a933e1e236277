#include "ledger_access.hpp"
#include "output.hpp"
#include "stretch.hpp"
#include "verbs.hpp"
#include <curfew/report/trend.hpp>

#include <charconv>
#include <chrono>

namespace curfew::cli {

namespace {

constexpr unsigned hours_most = 365 * 24;

std::expected<std::chrono::hours, usage_problem> hours_of(const std::string& text) {
    unsigned hours = 0;
    const char* end = text.data() + text.size();
    const auto [read, error] = std::from_chars(text.data(), end, hours);
    if (error != std::errc{} || read != end || hours == 0 || hours > hours_most) {
        return wrong(
            "--hours is a whole number from 1 to " + std::to_string(hours_most) + ", not `" + text +
                '`',
            "such as --hours 24, or --hours 168 for a week"
        );
    }
    return std::chrono::hours{hours};
}

}  // namespace

int trend(const invocation& line) {
    const auto hours = hours_of(line.value("--hours", "24"));
    if (!hours) {
        return complain(hours.error());
    }
    const auto where = surface_of(line.value("--surface"));
    if (!where) {
        return complain(where.error());
    }
    auto opened = open_ledger(line);
    if (!opened) {
        return opened.error();
    }
    const auto now = wall_now();
    auto made = report::find_trend(opened->book, {now - *hours, now, *where});
    if (!made) {
        return complain_about_ledger(*opened, made.error());
    }
    made->path = opened->path;
    print(line.has("--json") ? report::to_json(*made) : report::to_text(*made));
    return 0;
}

}  // namespace curfew::cli
