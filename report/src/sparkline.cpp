#include "sparkline.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace curfew::report {
namespace {

constexpr std::array<std::string_view, 8> heights{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

std::string_view column(const std::optional<double>& value, double highest) {
    if (!value) {
        return " ";
    }
    if (*value <= 0) {
        return "·";
    }
    const auto step = static_cast<std::size_t>(*value / highest * heights.size());
    return heights[std::min(step, heights.size() - 1)];
}

}  // namespace

std::string sparkline(std::span<const std::optional<double>> values, std::size_t columns) {
    const std::size_t wide = std::min(values.size(), columns);
    std::vector<std::optional<double>> joined;
    double highest = 0;
    for (std::size_t i = 0; i < wide; ++i) {
        const std::size_t begin = i * values.size() / wide;
        const std::size_t end = (i + 1) * values.size() / wide;
        // Nothing is less than any value.
        joined.push_back(*std::ranges::max_element(values.subspan(begin, end - begin)));
        highest = std::max(highest, joined.back().value_or(0));
    }
    std::string text;
    for (const auto& value : joined) {
        text += column(value, highest);
    }
    return text;
}

}  // namespace curfew::report
