#pragma once

#include <curfew/clients/pg/rows.hpp>
#include <curfew/clients/pg/trouble.hpp>
#include <curfew/ledger/records.hpp>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace curfew::ledger {

/// An array as a parameter: `{1,2}`, `{"a","b"}`.
class postgres_array {
  public:
    void add(std::int64_t value);
    void add_text(std::string_view value);
    void add_bytes(std::string_view value);

    [[nodiscard]] std::string take() { return std::exchange(text_, "{") + "}"; }

  private:
    void begin_element();

    std::string text_ = "{";
};

/// Rows as COPY reads them: tabs between columns, a line a row.
class postgres_copy {
  public:
    void add(std::int64_t value);
    void add_bytes(std::string_view value);
    void end_row();

    [[nodiscard]] const std::string& whole() const noexcept { return text_; }

  private:
    void begin_column();

    std::string text_;
    bool row_begun_ = false;
};

/// `\x0a1b`, as PostgreSQL reads and writes bytes.
void append_hex(std::string& to, std::string_view bytes);
/// False for what is no such text.
[[nodiscard]] bool decode_hex(std::string_view text, std::string& to);

/// What PostgreSQL takes as text: each byte that is no part of UTF-8, or is zero, becomes a `?`.
[[nodiscard]] std::string storable(std::string_view text);

/// A statement of both stores with its two numbers where `$1` and `$2` stand.
[[nodiscard]] std::string with_numbers(std::string_view sql, std::int64_t a, std::int64_t b);

/// Zero where there is no row, or NULL.
[[nodiscard]] std::int64_t number_at(
    const pg::rows& of, std::size_t row, std::size_t column
) noexcept;

[[nodiscard]] std::unexpected<pg::trouble> damaged_ledger();

[[nodiscard]] constexpr std::int64_t nanoseconds_of(wall_time at) noexcept {
    return at.time_since_epoch().count();
}

}  // namespace curfew::ledger
