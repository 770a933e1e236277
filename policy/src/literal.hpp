#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace curfew::policy {

/// A place in the file, from 1; 0: not in the file.
struct position {
    std::size_t line = 0;
    std::size_t column = 0;
};

/// A value as it was written, before anybody knows what it should be.
struct literal {
    enum class kind : std::uint8_t { untyped, string, integer, real, boolean, date, list, table };

    kind what = kind::untyped;  ///< untyped: text of a variable or flag, which has no quotes
    std::string text;           ///< of a scalar
    std::vector<literal> items;
    position at{};
};

}  // namespace curfew::policy
