#include <curfew/clients/pg/rows.hpp>
#include <curfew/core/expects.hpp>

#include <algorithm>

namespace curfew::pg {

std::optional<std::string_view> rows::at(std::size_t row, std::size_t column) const noexcept {
    expects(column < names_.size() && row < size(), "a cell of these rows");
    const auto& one = cells_[row * names_.size() + column];
    if (one.size == null) return std::nullopt;
    return std::string_view{text_}.substr(one.offset, one.size);
}

const std::string& rows::name(std::size_t column) const noexcept {
    expects(column < names_.size(), "a column of these rows");
    return names_[column];
}

std::optional<std::size_t> rows::find(std::string_view name) const noexcept {
    const auto found = std::ranges::find(names_, name);
    if (found == names_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names_.begin());
}

void rows::add_value(std::string_view value) {
    cells_.push_back(
        {static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(value.size())}
    );
    text_ += value;
}

}  // namespace curfew::pg
