#include "watch_table.hpp"

#include <algorithm>

namespace curfew::admin {

screen_table::screen_table(std::vector<table_column> columns, std::size_t width, screen_style style)
    : columns_{std::move(columns)}, dropped_(columns_.size(), false), width_{width}, style_{style} {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        dropped_[i] = columns_[i].width == hidden;
    }
    while (room_for_name() < name_cells) {
        std::size_t victim = columns_.size();
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const bool can_go = !dropped_[i] && columns_[i].width > 0;
            if (can_go && (victim == columns_.size() || columns_[i].rank > columns_[victim].rank)) {
                victim = i;
            }
        }
        if (victim == columns_.size()) {
            return;
        }
        dropped_[victim] = true;
    }
}

std::size_t screen_table::room_for_name() const noexcept {
    std::size_t used = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        used += dropped_[i] || columns_[i].width == 0 ? 0 : columns_[i].width + 1;
    }
    return width_ - std::min(used, width_);
}

std::string screen_table::head() const {
    std::vector<table_cell> titles;
    for (const table_column& each : columns_) {
        titles.push_back({each.title, paint::bold});
    }
    return line(titles);
}

std::string screen_table::line(const std::vector<table_cell>& cells, bool marked) const {
    std::string made;
    std::size_t used = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const table_column& column = columns_[i];
        if (dropped_[i]) {
            continue;
        }
        const std::string gap(used > 0 && used < width_ ? 1 : 0, ' ');
        const std::size_t wanted = column.width == 0 ? room_for_name() : column.width;
        const std::size_t width = std::min(wanted, width_ - used - gap.size());
        const auto text = fit(cells[i].text, width, column.to, style_.unicode);
        made += gap + (marked ? text : painted(text, cells[i].with, style_.colour));
        used += width + gap.size();
    }
    made += std::string(width_ - used, ' ');
    return marked ? painted(made, paint::marked, style_.colour) : made;
}

}  // namespace curfew::admin
