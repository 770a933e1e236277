#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::pg {

/// What a statement answered, as text. Bounded by who collects it (`session_options`).
/// Thread rule: one thread at a time.
class rows {
  public:
    [[nodiscard]] std::size_t size() const noexcept {
        return names_.empty() ? 0 : cells_.size() / names_.size();
    }

    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    [[nodiscard]] std::size_t columns() const noexcept { return names_.size(); }

    /// Valid as long as these rows; nothing where it is NULL.
    [[nodiscard]] std::optional<std::string_view> at(std::size_t row, std::size_t column)
        const noexcept;

    [[nodiscard]] const std::string& name(std::size_t column) const noexcept;

    /// Which column has that name, the first of several.
    [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const noexcept;

    /// Inserted, updated, deleted or returned; 0 for a statement that counts nothing.
    [[nodiscard]] std::uint64_t affected() const noexcept { return affected_; }

    /// What the values take, without the bookkeeping.
    [[nodiscard]] std::size_t bytes() const noexcept { return text_.size(); }

    // What a session fills them with.
    void add_column(std::string name) { names_.push_back(std::move(name)); }

    void add_value(std::string_view value);

    void add_null() { cells_.push_back({0, null}); }

    void set_affected(std::uint64_t count) noexcept { affected_ = count; }

  private:
    static constexpr auto null = std::numeric_limits<std::uint32_t>::max();

    struct cell {
        std::uint32_t offset;
        std::uint32_t size;
    };

    std::vector<std::string> names_;
    std::vector<cell> cells_;
    std::string text_;
    std::uint64_t affected_ = 0;
};

}  // namespace curfew::pg
