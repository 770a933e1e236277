#include "demo_result.hpp"

#include <algorithm>

namespace curfew::demo {
namespace {

constexpr std::size_t columns = std::size(column_names);
constexpr std::size_t left_aligned = 2;  // the names of operation and run

std::string padded(std::string_view text, std::size_t width, bool left) {
    const std::string space(width - std::min(width, text.size()), ' ');
    return left ? std::string{text} + space : space + std::string{text};
}

std::string line_of(
    const std::vector<std::string_view>& cells, const std::vector<std::size_t>& widths
) {
    std::string line;
    for (std::size_t i = 0; i < columns; ++i) {
        line += (i == 0 ? "" : "  ") + padded(cells[i], widths[i], i < left_aligned);
    }
    return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string table(const demo_result& of) {
    const auto rows = table_of(of);
    std::vector<std::size_t> widths;
    for (const auto name : column_names) {
        widths.push_back(name.size());
    }
    for (const auto& row : rows) {
        const auto cells = cells_of(row);
        for (std::size_t i = 0; i < columns; ++i) {
            widths[i] = std::max(widths[i], cells[i].size());
        }
    }
    std::string text = line_of({std::begin(column_names), std::end(column_names)}, widths);
    for (const auto& row : rows) {
        text += line_of(cells_of(row), widths);
    }
    return text;
}

}  // namespace

std::string write_text(const demo_result& of) {
    std::string text = "generator, direct  " + generator_sentence(of.direct) + "\n" +
                       "generator, curfew  " + generator_sentence(of.curfew) + "\n\n" + table(of);
    text +=
        "\nTimes count from when a request was due. P50 to P99: of answers and time-outs, the "
        "latter"
        "\nwhen the client gave up (5 s); refusals (429, 503) and failures are counted apart. "
        "Outage:"
        "\nlongest time without a success within 1 s. After: until 2 s with 99 % of those began; "
        "the crashed "
        "shop"
        "\nwas started again after 5 s by hand in the direct run, by Curfew in the other.\n";
    text += of.direct.name + ": " + fault_sentence(of.direct) + "\n" + of.curfew.name + ": " +
            fault_sentence(of.curfew) + "\n\n";
    for (const auto& made : of.claims) {
        text += (made.holds ? "PASS  " : "FAIL  ") + made.text + "\n      " + made.measured + "\n";
    }
    return text + "\n" + std::string{to_string(of.conclusion())} + "\n";
}

}  // namespace curfew::demo
