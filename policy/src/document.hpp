#pragma once

#include "literal.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::policy {

/// A TOML document as named nodes in the order of the file, free of the parser's types.
struct node {
    enum class shape : std::uint8_t { value, table, tables };

    std::string name;  ///< empty for the elements of an array of tables
    position name_at{};
    position at{};  ///< where it begins: its value, its header, its brace, its dotted key
    shape what = shape::table;
    literal value;               ///< of a value
    std::vector<node> children;  ///< of a table: its members; of tables: the tables
};

struct syntax_problem {
    position at;
    std::string sentence;
};

/// Reads TOML 1.0. Nesting is bounded: nothing in a policy is deeper than 16.
[[nodiscard]] std::expected<node, syntax_problem> parse_document(std::string_view text);

}  // namespace curfew::policy
