#include <curfew/load/figures.hpp>

#include <cmath>
#include <cstdio>

namespace curfew::load {
namespace {

std::string number(const char* format, double value) {
    char text[48];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

}  // namespace

std::string time_figure(duration value) {
    const double milliseconds = std::chrono::duration<double, std::milli>{value}.count();
    if (value == duration::zero()) return "0";
    if (milliseconds < 0.995) return number("%.2f ms", milliseconds);
    if (milliseconds < 9.95) return number("%.1f ms", milliseconds);
    if (milliseconds < 999.5) return number("%.0f ms", milliseconds);
    return number(milliseconds < 9995 ? "%.2f s" : "%.1f s", milliseconds / 1000);
}

std::string share_figure(double share) {
    return number("%.2f %%", std::floor(share * 10'000 + 1e-9) / 100);
}

std::string count_figure(std::uint64_t count) {
    std::string text = std::to_string(count);
    for (std::size_t at = text.size(); at > 3; at -= 3) {
        text.insert(at - 3, 1, ' ');
    }
    return text;
}

std::string quantile_figure(const tally& of, double q) {
    if (!carries_quantile(of.waited(), q)) {
        return "-";
    }
    const auto found = of.response_quantile(q);
    return (found.at_least ? ">= " : "") + time_figure(found.value);
}

std::string escape_markup(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '"':
                safe += "&quot;";
                break;
            default:
                safe += c;
        }
    }
    return safe;
}

}  // namespace curfew::load
