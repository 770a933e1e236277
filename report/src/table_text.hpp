#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace curfew::report {

/// Columns as wide as they need to be; the first `left` ones are flush left, the rest right (a
/// column after those whose cells are words too is the caller's to order).
class table_text {
  public:
    table_text(std::vector<std::string> heads, std::size_t left);

    void add(std::vector<std::string> cells);

    [[nodiscard]] std::string text() const;

  private:
    std::size_t left_;
    std::vector<std::vector<std::string>> rows_;
};

/// "  and 3 more"; nothing where all are shown.
[[nodiscard]] std::string more(std::size_t all, std::size_t shown);

}  // namespace curfew::report
