#include "watch_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

namespace curfew::admin {

namespace {

constexpr std::array<std::string_view, 8> blocks{
    "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"
};
constexpr std::array<std::string_view, 8> letters{"_", ".", ":", "-", "=", "+", "*", "#"};

std::string decimal(double number, int digits) {
    std::array<char, 64> room;
    const auto end = std::to_chars(
        room.data(), room.data() + room.size(), number, std::chars_format::fixed, digits
    );
    return {room.data(), end.ptr};
}

std::string two_digits(std::int64_t number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
}

}  // namespace

std::string short_time(duration time) {
    using namespace std::chrono_literals;
    const double seconds = std::chrono::duration<double>(time).count();
    const auto whole = time / 1s + (time % 1s >= 500ms ? 1 : 0);
    if (seconds <= 0) {
        return "0ms";
    }
    if (seconds < 0.00005) {
        return "<0.1ms";
    }
    if (seconds < 0.00995) {
        return decimal(seconds * 1000, 1) + "ms";
    }
    if (seconds < 0.9995) {
        return decimal(seconds * 1000, 0) + "ms";
    }
    if (seconds < 9.995) {
        return decimal(seconds, 2) + 's';
    }
    if (whole < 60) {
        return std::to_string(whole) + 's';
    }
    if (whole < 3600) {
        return std::to_string(whole / 60) + 'm' + two_digits(whole % 60) + 's';
    }
    if (whole < 86'400) {
        return std::to_string(whole / 3600) + 'h' + two_digits(whole / 60 % 60) + 'm';
    }
    return std::to_string(std::min<std::int64_t>(whole / 86'400, 99'999)) + 'd';
}

std::string short_number(double number) {
    if (!(number > 0)) {
        return "0";
    }
    if (number < 0.05) {
        return ">0";
    }
    if (number < 99.95) {
        return decimal(number, 1);
    }
    if (number < 9999.5) {
        return decimal(number, 0);
    }
    if (number < 99'950) {
        return decimal(number / 1e3, 1) + 'k';
    }
    if (number < 999'500) {
        return decimal(number / 1e3, 0) + 'k';
    }
    return decimal(std::min(number / 1e6, 999.0), 1) + 'M';
}

std::string sparkline(std::span<const double> values, std::size_t width, bool unicode) {
    const auto& marks = unicode ? blocks : letters;
    values = values.last(std::min(values.size(), width));
    const double most = values.empty() ? 0 : std::ranges::max(values);
    std::string line(width - values.size(), ' ');
    for (const double value : values) {
        const double share = most > 0 ? std::clamp(value / most, 0.0, 1.0) : 0;
        line += marks[static_cast<std::size_t>(std::lround(share * 7))];
    }
    return line;
}

std::string painted(std::string_view text, paint with, bool colour) {
    if (!colour || with == paint::plain) {
        return std::string{text};
    }
    constexpr std::array<std::string_view, 7> codes{"0", "1", "2", "32", "33", "1;31", "7"};
    std::string made{"\033["};
    made.append(codes[static_cast<std::size_t>(with)]).append("m").append(text);
    return made.append("\033[0m");
}

}  // namespace curfew::admin
