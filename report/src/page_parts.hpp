#pragma once

#include <curfew/report/summary.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace curfew::report {

/// The look of the bars, beside load::page_style.
extern const std::string_view stack_style;

/// An HTML table; cells are escaped here. The first column names the row.
class table {
  public:
    explicit table(const std::vector<std::string>& heads);

    void add(const std::vector<std::string>& cells);

    [[nodiscard]] std::string markup() const;

  private:
    std::string rows_;
};

[[nodiscard]] std::string section(const std::string& title, const std::string& content);

/// "and 3 more", or nothing.
[[nodiscard]] std::string left_out(std::size_t all, std::size_t shown);

/// Where time went, as one stacked bar that says its shares to who cannot see it.
[[nodiscard]] std::string account_stack(const ledger::stage_times& spent);

/// What the colours of the bars mean, of the stages that occur.
[[nodiscard]] std::string stage_key(const summary& of);

}  // namespace curfew::report
