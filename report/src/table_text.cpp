#include "table_text.hpp"

#include <algorithm>
#include <utility>

namespace curfew::report {
namespace {

constexpr std::size_t cell_most = 48;

std::size_t width_of(const std::string& text) noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    }));
}

}  // namespace

table_text::table_text(std::vector<std::string> heads, std::size_t left) : left_{left} {
    rows_.push_back(std::move(heads));
}

void table_text::add(std::vector<std::string> cells) {
    if (cells.front().size() > cell_most) {
        cells.front() = cells.front().substr(0, cell_most - 3) + "...";
    }
    rows_.push_back(std::move(cells));
}

std::string table_text::text() const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], width_of(row[i]));
        }
    }
    std::string out;
    for (const auto& row : rows_) {
        std::string line = " ";
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string gap(widths[i] - width_of(row[i]), ' ');
            line += ' ' + (i < left_ ? row[i] + gap : gap + row[i]) + ' ';
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + '\n';
    }
    return out;
}

std::string more(std::size_t all, std::size_t shown) {
    return all > shown ? "  and " + std::to_string(all - shown) + " more\n" : "";
}

}  // namespace curfew::report
