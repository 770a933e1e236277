#pragma once

#include "watch_text.hpp"
#include <curfew/admin/terminal_text.hpp>
#include <curfew/admin/watch_view.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace curfew::admin {

/// A column of a table on the screen.
struct table_column {
    std::string title;
    std::size_t width = 0;  ///< in cells; 0: what the others leave, for the one that has a name
    align to = align::right;
    int rank = 0;  ///< where the room is too small, the highest goes first
};

/// One cell: clean text.
struct table_cell {
    std::string text;
    paint with = paint::plain;
};

/// A table that fits itself to a width: drops columns until the one without a width of its own has
/// at least `name_cells`.
class screen_table {
  public:
    screen_table(std::vector<table_column> columns, std::size_t width, screen_style style);

    [[nodiscard]] std::string head() const;
    /// `cells`: one for each column, dropped ones too.
    [[nodiscard]] std::string line(const std::vector<table_cell>& cells, bool marked = false) const;

    static constexpr std::size_t name_cells = 16;
    static constexpr std::size_t hidden = 100'000;  ///< the width of a column that is not wanted

  private:
    [[nodiscard]] std::size_t room_for_name() const noexcept;

    std::vector<table_column> columns_;
    std::vector<bool> dropped_;
    std::size_t width_;
    screen_style style_;
};

}  // namespace curfew::admin
